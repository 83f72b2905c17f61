"""The doctor says what runs here, and what is lost without a native kernel."""

from __future__ import annotations

import keras
import pytest

from unrolled import kernels
from unrolled.doctor import report
from unrolled.errors import SettingError


def lines(text):
    return dict(line.split(maxsplit=1) for line in text.splitlines())


ON_JAX = pytest.mark.skipif(keras.backend.backend() != "jax", reason="of the JAX backend")


@ON_JAX
def test_what_runs_here(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    found = lines(report())
    assert found["backend"] == "jax (cpu)"
    assert found["kernel"].startswith(kernels.available()[0])
    assert ("threads" in found) == ("native" in kernels.available())
    assert "keras 3." in found["versions"]


@ON_JAX
def test_without_a_native_kernel(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    monkeypatch.setattr(kernels, "available", lambda: ("reference",))
    note = lines(report())["note"]
    assert note.startswith("no native kernel: LSTM and GRU train")
    assert "compiler" in note


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="of the torch backend")
def test_what_runs_on_torch(monkeypatch):
    monkeypatch.delenv(kernels.VARIABLE, raising=False)
    found = lines(report())
    assert found["backend"] == "torch (cpu)"
    assert found["kernel"] == ("native" if "native" in kernels.available() else "ATen's")
    assert ("threads" in found) == ("native" in kernels.available())
    monkeypatch.setenv(kernels.VARIABLE, "pure")
    assert lines(report())["kernel"] == "ATen's"
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
    with pytest.raises(SettingError, match="is not there; use 'reference'"):
        kernels.kernel()
