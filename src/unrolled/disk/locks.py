"""Locks between processes: a lock ends with the process that took it, however that process ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock

POLL_SECONDS = 0.01  # between two attempts to take a lock that another process holds


@contextmanager
def try_lock(path: Path) -> Iterator[bool]:
    """Take a lock if it is free, and release it at the end. The lock's file stays.

    Args:
        path: The file of the lock. It is created if it does not exist.

    Yields:
        Whether the lock was free.

    Raises:
        OSError: The file cannot be created or locked.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "lock"
        >>> with try_lock(path) as first, try_lock(path) as second:
        ...     first, second
        (True, False)
    """
    lock = _file_lock(path)
    acquired = _acquire(lock, seconds=0)
    try:
        yield acquired
    finally:
        lock.release()


@contextmanager
def wait_for_lock(path: Path, *, seconds: float) -> Iterator[bool]:
    """Wait for a lock, and at the end release it and delete its file.

    Where the file system has no locks, or does not allow the file to be created, this does not
    wait and goes on without a lock.

    Args:
        path: The file of the lock. It is created if it does not exist.
        seconds: The longest time to wait.

    Yields:
        Whether the lock was acquired in time.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "lock"
        >>> with wait_for_lock(path, seconds=1) as first:
        ...     with wait_for_lock(path, seconds=0.1) as second:
        ...         first, second
        (True, False)
        >>> path.exists()
        False
    """
    lock = _file_lock(path)
    try:
        acquired = _acquire(lock, seconds=seconds)
    except (OSError, NotImplementedError):
        acquired = True
    try:
        yield acquired
    finally:
        if lock.is_locked:
            # While we hold the lock, nobody else has this file: a process that waits with the
            # deleted file notices that and opens a new one. Windows deletes it on release.
            with suppress(OSError):
                path.unlink()
        lock.release()


def _file_lock(path: Path) -> BaseFileLock:
    """Return the library's lock of a file, not yet acquired."""
    from filelock import FileLock  # here, since reading a model takes no lock

    return FileLock(path, mode=0o644, thread_local=False)


def _acquire(lock: BaseFileLock, *, seconds: float) -> bool:
    """Acquire a lock, and return whether that succeeded in time.

    Raises:
        OSError: The file cannot be created or locked.
    """
    from filelock import Timeout

    Path(lock.lock_file).touch()  # else the library waits for a file that can never be created
    try:
        lock.acquire(timeout=seconds, poll_interval=POLL_SECONDS)
    except Timeout:
        return False
    return True
