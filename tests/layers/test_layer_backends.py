"""The same tests on the other backends, each in its own process."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ["test_layer_parity.py", "test_layer_properties.py", "test_layer_support.py"]
FILES += ["test_layer_bidirectional.py", "test_layer_fit.py", "../test_acceleration.py"]
FILES += ["test_layer_export.py", "../kernels/test_kernel_on_torch.py", "../test_doctor.py"]
SMALL = ["test_layer_support.py", "test_layer_fit.py::test_some_steps_are_equal[GRU-0.0]"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "kernel", "files"),
    [("torch", None, FILES), ("torch", "pure", FILES[:2]), ("tensorflow", None, SMALL)],
)
def test_on(backend, kernel, files):
    if os.environ.get("KERAS_BACKEND", "jax") != "jax":
        pytest.skip("this is one of the other backends")
    if not find_spec(backend):
        pytest.skip(f"{backend} is not installed")
    named = {} if kernel is None else {"UNROLLED_KERNEL": kernel}
    command = [sys.executable, "-m", "pytest", "-W", "ignore", *files]
    run = subprocess.run(
        command,
        cwd=HERE,
        env={**os.environ, "KERAS_BACKEND": backend, **named},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert " passed" in run.stdout
