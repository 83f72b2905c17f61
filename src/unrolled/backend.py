"""Keras, imported late, on JAX unless told otherwise, with compiled programs kept on disk."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any


def prefer_jax() -> None:
    """Make JAX Keras' backend unless `KERAS_BACKEND` says otherwise; imports nothing."""
    os.environ.setdefault("KERAS_BACKEND", "jax")


@cache
def keras() -> Any:
    """Import Keras on the chosen backend and return the module.

    On JAX, compiled programs are kept in the user's cache folder, so that a second run starts
    at once; `JAX_COMPILATION_CACHE_DIR` moves it, and an empty value turns it off.
    """
    prefer_jax()
    import keras as module

    if module.backend.backend() == "jax" and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        import jax

        jax.config.update("jax_compilation_cache_dir", str(_cache_folder()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    return module


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("unrolled") / "jax"
