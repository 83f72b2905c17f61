"""Keras, imported when it is first used, on JAX unless the user chose another backend."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from unrolled.errors import SettingError


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
        return getattr(_import_keras(), name)


keras: Any = LazyKeras()
BACKENDS = ("jax", "torch", "tensorflow")


@cache
def _import_keras() -> Any:
    """Return the module `keras`, once its backend works.

    Raises:
        SettingError: `KERAS_BACKEND` names a backend that is not installed, or `JAX_PLATFORMS` a
            device that is not here.
    """
    backend = os.environ.get("KERAS_BACKEND", "")
    if backend not in BACKENDS or find_spec(backend) is None:
        installed = [name for name in BACKENDS if find_spec(name) is not None]
        raise SettingError(
            f"The environment variable KERAS_BACKEND is '{backend}', which is"
            f" {'not installed' if backend in BACKENDS else 'no backend of Keras'}. Set it to"
            f" {' or '.join(installed)}, or unset it."
        )
    module = import_module("keras")
    if backend == "jax" and (platforms := os.environ.get("JAX_PLATFORMS")):
        try:
            import_module("jax").devices()
        except Exception as error:  # JAX raises an AssertionError where a plugin is missing
            reason = (str(error).splitlines() or ["no such device is here"])[0]
            raise SettingError(
                f"The environment variable JAX_PLATFORMS is '{platforms}', and JAX cannot use it"
                f" ({reason}). Unset it, or set it to cpu."
            ) from None
    return module


class _Defaults:
    """The settings of Keras that `keras_defaults` replaces, and how many callers need it to."""

    lock = Lock()
    callers = 0
    replaced = ("float32", "channels_last")


@contextmanager
def keras_defaults() -> Iterator[None]:
    """Use the numeric defaults of Keras, whatever the user or `keras.json` has set.

    Networks are built, trained and used in float32, with the features in the last axis: a model
    must not depend on settings that are not saved with it. Afterwards the settings are again those
    of the user. `floatx` and `image_data_format` belong to the process: while one thread needs the
    defaults, all threads see them. The dtype policy belongs to the thread.
    """
    config = keras.config
    policy = config.dtype_policy()
    with _Defaults.lock:
        if _Defaults.callers == 0:
            _Defaults.replaced = (config.floatx(), config.image_data_format())
            _set_numeric(config, "float32", "channels_last")
        _Defaults.callers += 1
    config.set_dtype_policy("float32")
    try:
        yield
    finally:
        config.set_dtype_policy(policy)
        with _Defaults.lock:
            _Defaults.callers -= 1
            if _Defaults.callers == 0:
                _set_numeric(config, *_Defaults.replaced)


def _set_numeric(config: Any, floatx: str, image_data_format: str) -> None:
    config.set_floatx(floatx)
    config.set_image_data_format(image_data_format)


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
