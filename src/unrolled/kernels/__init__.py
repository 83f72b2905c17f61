"""The recurrence on a CPU: on JAX three implementations with one signature, and their choice.

| implementation | file | what it is |
|---|---|---|
| `native` | `ffi.py` | compiled C++ in `cpp/`, fused over all steps; the fastest |
| `pure` | `pure.py` | the best formulation in JAX alone, if nothing was compiled |
| `reference` | `lstm.py`, `gru.py` | readable; the others are tested against it |

The first available one is used, unless the environment variable `UNROLLED_KERNEL` names another.
On torch, `on_torch.py` calls the compiled one, and `aten.py` is used instead of the others.
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

IMPLEMENTATIONS = ("native", "pure", "reference")
VARIABLE = "UNROLLED_KERNEL"


@dataclass(frozen=True)
class Kernel:
    """One implementation of the recurrence.

    Args:
        name: One of `FORMS`.
        lstm: Has the signature of `unrolled.kernels.lstm.lstm`.
        gru: Has the signature of `unrolled.kernels.gru.gru`.
    """

    name: str
    lstm: Callable[..., Any]
    gru: Callable[..., Any]


def kernel() -> Kernel:
    """Return the implementation in use.

    Raises:
        SettingError: `UNROLLED_KERNEL` names one that does not exist or is not available.
    """
    return load_kernel(implementation())


def implementation() -> str:
    """Return the name of the implementation in use: by `UNROLLED_KERNEL`, or the fastest.

    Raises:
        SettingError: The variable names one that does not exist or is not available.
    """
    name = os.environ.get(VARIABLE)
    if name is None:
        return available()[0]
    if name not in IMPLEMENTATIONS:
        hint = did_you_mean(name, IMPLEMENTATIONS)
        names = quote_names(IMPLEMENTATIONS)
        raise SettingError(f"{VARIABLE}={name!r} is not a kernel. Use {names}.{hint}")
    if name not in available():
        raise SettingError(
            f"{VARIABLE}={name!r} is not available here. Use {quote_names(available())}, or unset"
            " the variable."
        )
    return name


@cache
def available() -> tuple[str, ...]:
    """Return the available implementations, fastest first."""
    return IMPLEMENTATIONS if library() is not None else IMPLEMENTATIONS[1:]


@cache
def load_kernel(name: str) -> Kernel:
    """Return an implementation by its name.

    Args:
        name: One of `available()`.
    """
    if name == "reference":
        from unrolled.kernels import gru, lstm

        return Kernel(name, lstm.lstm, gru.gru)
    module = import_module(f"{__name__}.{'ffi' if name == 'native' else 'pure'}")
    return Kernel(name, module.lstm, module.gru)
