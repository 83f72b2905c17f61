"""Keras' backend: JAX unless `KERAS_BACKEND` says otherwise."""

from __future__ import annotations

import os


def prefer_jax() -> None:
    """Make JAX Keras' backend unless `KERAS_BACKEND` says otherwise; imports nothing."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
