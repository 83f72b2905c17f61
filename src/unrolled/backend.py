"""Keras, imported when it is first used, on JAX unless the user chose another backend."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


def prefer_jax() -> None:
    """Make JAX the backend of Keras unless `KERAS_BACKEND` is set; import nothing."""
    os.environ.setdefault("KERAS_BACKEND", "jax")


class LazyKeras:
    """The module `keras`, which is imported when one of its attributes is first read.

    Importing Keras takes seconds. Modules that only describe networks can therefore import this
    object and stay quick.
    """

    def __getattr__(self, name: str) -> Any:
        prefer_jax()
        return getattr(import_module("keras"), name)


keras: Any = LazyKeras()


@cache
def cache_compiled_programs() -> None:
    """Let JAX store compiled programs in the user's cache folder, so that a second run is quick.

    `JAX_COMPILATION_CACHE_DIR` names another folder; an empty value turns the cache off.
    """
    if keras.backend.backend() != "jax" or "JAX_COMPILATION_CACHE_DIR" in os.environ:
        return
    import jax

    jax.config.update("jax_compilation_cache_dir", str(_cache_folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


def _cache_folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("unrolled") / "jax"
