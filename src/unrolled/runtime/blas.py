"""The threads of NumPy's matrix products."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

_lock = Lock()
_users: list[Any] = []  # what runs on one thread now; the first one holds the number of before


@contextmanager
def single_threaded_products() -> Iterator[None]:
    """Let NumPy's matrix products run on one thread each while a block of code runs.

    The products of one step of a decoder take less than a millisecond. To share one of them with
    other threads takes about as long, and many times longer where other programs use the
    processors too; and these threads go on waiting on a processor that the kernel needs. The number
    of threads belongs to the whole process. It becomes what it was before once no such block runs
    any more. Results are the same.
    """
    with _lock:
        _users.append(_libraries().limit(limits=1))
    try:
        yield
    finally:
        with _lock:
            _users.pop().restore_original_limits()


@cache
def _libraries() -> Any:
    """Return the libraries for linear algebra of this process."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
