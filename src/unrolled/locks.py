"""A lock on a file that ends with the process that took it, however that ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
