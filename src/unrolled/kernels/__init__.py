"""The recurrence on a CPU under JAX: three forms of one signature, and the choice of one.

| form | file | what it is |
|---|---|---|
| `native` | `ffi.py` | compiled, fused over all steps; the fastest |
| `pure` | `pure.py` | the best formulation in JAX alone, where nothing was compiled |
| `reference` | `lstm.py`, `gru.py` | readable; what the others are tested against |

The first that is there is taken; the environment variable `UNROLLED_KERNEL` names another.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from unrolled.errors import SettingError, listed, nearest

FORMS = ("native", "pure", "reference")
VARIABLE = "UNROLLED_KERNEL"


@dataclass(frozen=True)
class Kernel:
    """One form of the recurrence.

    Args:
        name: One of `FORMS`.
        lstm: Has the signature of `unrolled.kernels.lstm.lstm`.
        gru: Has the signature of `unrolled.kernels.gru.gru`.
    """

    name: str
    lstm: Callable[..., Any]
    gru: Callable[..., Any]


def kernel() -> Kernel:
    """Return the form in use: the one `UNROLLED_KERNEL` names, or the fastest that is there.

    Raises:
        SettingError: The variable names no form, or one that is not there.
    """
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return load(available()[0])
    if asked not in FORMS:
        hint = nearest(asked, FORMS)
        raise SettingError(f"{VARIABLE}={asked!r} is no kernel; use {listed(FORMS)}.{hint}")
    if asked not in available():
        raise SettingError(
            f"{VARIABLE}={asked!r} is not there; use {listed(available())}, or unset it."
        )
    return load(asked)


@cache
def available() -> tuple[str, ...]:
    """Return the forms that are there, fastest first."""
    return tuple(form for form in FORMS if _exists(form))


@cache
def load(form: str) -> Kernel:
    """Return one form by its name.

    Args:
        form: One of `available()`.
    """
    if form == "reference":
        from unrolled.kernels import gru, lstm

        return Kernel(form, lstm.lstm, gru.gru)
    module = _module("ffi" if form == "native" else "pure")
    return Kernel(form, module.lstm, module.gru)


def _exists(form: str) -> bool:
    if form == "native":
        return _found("ffi") and bool(_module("ffi").available())
    return form == "reference" or _found("pure")


def _found(name: str) -> bool:
    return find_spec(f"{__name__}.{name}") is not None


def _module(name: str) -> Any:
    return import_module(f"{__name__}.{name}")
