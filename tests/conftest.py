"""Tests run on JAX unless `KERAS_BACKEND` says otherwise; real data where it is at hand."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from unrolled.backend import prefer_jax

prefer_jax()

collect_ignore = ["saved", "fuzz"]  # models of every format; what `make fuzz` runs
hypothesis.settings.register_profile("patient", deadline=None, max_examples=50)
hypothesis.settings.load_profile("patient")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the real data in ../shared/data is not here")
    return SHARED
