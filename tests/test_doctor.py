"""The doctor says what runs here, and what it costs to have no native kernel."""

from __future__ import annotations

import keras
import pytest

from unrolled import kernels
from unrolled.doctor import report
from unrolled.errors import SettingError


def lines(text):
    return dict(line.split(maxsplit=1) for line in text.splitlines())


ON_JAX = pytest.mark.skipif(keras.backend.backend() != "jax", reason="only on JAX")


@ON_JAX
def test_what_runs_here(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    report_lines = lines(report())
    assert report_lines["backend"] == "jax on cpu"
    assert report_lines["kernel"].startswith(kernels.available()[0])
    assert ("threads" in report_lines) == ("native" in kernels.available())
    assert "keras 3." in report_lines["versions"]


@ON_JAX
def test_without_a_native_kernel(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    monkeypatch.setattr(kernels, "available", lambda: ("reference",))
    note = lines(report())["note"]
    assert note.startswith("there is no native kernel: LSTM and GRU train")
    assert "compiler" in note


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="only on torch")
def test_what_runs_on_torch(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    report_lines = lines(report())
    assert report_lines["backend"] == "torch on cpu"
    assert report_lines["kernel"] == ("native" if "native" in kernels.available() else "ATen")
    assert ("threads" in report_lines) == ("native" in kernels.available())
    monkeypatch.setenv(kernels.VARIABLE, "pure")
    assert lines(report())["kernel"] == "ATen"
    monkeypatch.setattr(kernels, "available", lambda: ("pure", "reference"))
    assert "compiler" in lines(report())["note"]


def test_a_kernel_can_be_named(monkeypatch):
    monkeypatch.setenv(kernels.VARIABLE, "reference")
    assert kernels.kernel().name == "reference"
    monkeypatch.setenv(kernels.VARIABLE, "referense")
    with pytest.raises(SettingError, match="Did you mean 'reference'"):
        kernels.kernel()
    monkeypatch.setenv(kernels.VARIABLE, "native")
    monkeypatch.setattr(kernels, "available", lambda: ("reference",))
    with pytest.raises(SettingError, match="is not available here"):
        kernels.kernel()
