"""A lock on a file that ends with the process that took it, however that ends."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAUSE = 0.01  # seconds from one look at a lock that is taken to the next
NONE = -1  # in place of the handle of a lock that cannot be had at all


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Take a lock and let go of it in the end; the file stays.

    Args:
        path: The file, made if it is not there.

    Yields:
        Whether it was free.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "lock"
        >>> with locked(path) as first, locked(path) as second:
        ...     first, second
        (True, False)
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        yield _taken(handle)
    finally:
        os.close(handle)  # which lets go


@contextmanager
def turn(path: Path, *, seconds: float) -> Iterator[bool]:
    """Wait for a lock, let go of it in the end, and take its file away.

    Where a system has no locks, or lets nobody make the file, nothing is waited for.

    Args:
        path: The file, made if it is not there.
        seconds: How long to wait.

    Yields:
        Whether it was had in time.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "lock"
        >>> with turn(path, seconds=1) as first, turn(path, seconds=0.1) as second:
        ...     first, second
        (True, False)
        >>> path.exists()
        False
    """
    ends = time.monotonic() + seconds
    while (handle := _own(path)) is None and time.monotonic() < ends:
        time.sleep(PAUSE)
    try:
        yield handle is not None
    finally:
        if handle is not None and handle != NONE:
            _gone(path, handle)


def _own(path: Path) -> int | None:
    """Return the handle of a file that is locked now; None where another holds it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError:
        return NONE
    try:
        if _taken(handle) and _stands(path, handle):
            return handle
        found = None
    except OSError:  # there are no locks here
        found = NONE
    os.close(handle)
    return found


def _stands(path: Path, handle: int) -> bool:
    """Return whether an open file is the one at a path: who let go of it took it away."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _gone(path: Path, handle: int) -> None:
    """Take the file of a lock away and let go of it, in the order that a system can."""
    if sys.platform != "win32":
        path.unlink(missing_ok=True)
    os.close(handle)
    if sys.platform == "win32":
        with suppress(OSError):  # another waits with it
            path.unlink(missing_ok=True)


if sys.platform == "win32":
    import msvcrt

    def _taken(handle: int) -> bool:
        """Return whether the lock of an open file could be had at once."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(handle: int) -> bool:
        """Return whether the lock of an open file could be had at once."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
