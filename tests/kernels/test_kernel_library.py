"""The compiled library is used only if it is complete."""

import _ctypes
from types import SimpleNamespace

from unrolled.kernels import native


def test_a_library_without_our_functions_counts_as_none(monkeypatch):
    other = SimpleNamespace(origin=_ctypes.__file__)
    monkeypatch.setattr(native, "find_spec", lambda _: other)
    assert native.library.__wrapped__() is None


def test_a_file_that_is_no_library_counts_as_none(monkeypatch, tmp_path):
    (tmp_path / "_kernels.so").write_text("not a library")
    other = SimpleNamespace(origin=str(tmp_path / "_kernels.so"))
    monkeypatch.setattr(native, "find_spec", lambda _: other)
    assert native.library.__wrapped__() is None
