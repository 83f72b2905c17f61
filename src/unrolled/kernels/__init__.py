"""The recurrence on a CPU: under JAX three forms of one signature, and the choice of one.

| form | file | what it is |
|---|---|---|
| `native` | `ffi.py` | compiled, fused over all steps; the fastest |
| `pure` | `pure.py` | the best formulation in JAX alone, where nothing was compiled |
| `reference` | `lstm.py`, `gru.py` | readable; what the others are tested against |

The first that is there is taken; the environment variable `UNROLLED_KERNEL` names another.
Under torch `on_torch.py` is the compiled form, and `aten.py` stands for any other.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from unrolled.errors import SettingError, did_you_mean, quote_names
from unrolled.kernels.native import library

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
    """Return the form in use.

    Raises:
        SettingError: `UNROLLED_KERNEL` names no form, or one that is not there.
    """
    return load(form())


def form() -> str:
    """Return the name of the form in use: what `UNROLLED_KERNEL` names, or the fastest there is.

    Raises:
        SettingError: The variable names no form, or one that is not there.
    """
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return available()[0]
    if asked not in FORMS:
        hint = did_you_mean(asked, FORMS)
        raise SettingError(f"{VARIABLE}={asked!r} is no kernel; use {quote_names(FORMS)}.{hint}")
    if asked not in available():
        raise SettingError(
            f"{VARIABLE}={asked!r} is not there; use {quote_names(available())}, or unset it."
        )
    return asked


@cache
def available() -> tuple[str, ...]:
    """Return the forms that are there, fastest first."""
    return FORMS if library() is not None else FORMS[1:]


@cache
def load(name: str) -> Kernel:
    """Return one form by its name.

    Args:
        name: One of `available()`.
    """
    if name == "reference":
        from unrolled.kernels import gru, lstm

        return Kernel(name, lstm.lstm, gru.gru)
    module = import_module(f"{__name__}.{'ffi' if name == 'native' else 'pure'}")
    return Kernel(name, module.lstm, module.gru)
