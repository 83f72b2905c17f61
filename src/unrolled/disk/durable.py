"""Files and names that a power failure does not take back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def written(path: Path, content: bytes) -> None:
    """Write a new file and wait until it is on the disk.

    Raises:
        OSError: There is one, or it cannot be written.
    """
    with path.open("xb") as file:
        file.write(content)
        flushed(file)


def flushed(file: Any) -> None:
    """Wait until what was written into an open file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def synced(path: Path) -> None:
    """Wait until a file that others wrote is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def settled(folder: Path) -> None:
    """Wait until a folder's names are on the disk, where a system lets a folder be opened."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def folder(path: Path) -> None:
    """Make a folder and those above it, whose names are on the disk then.

    Raises:
        OSError: It cannot be made.
    """
    if not path.is_dir():
        folder(path.parent)
        path.mkdir(exist_ok=True)
        settled(path.parent)


def writable(path: Path) -> bool:
    """Return whether a file may be written there: its folder exists and lets it be."""
    folder = path.parent
    return not path.is_dir() and folder.is_dir() and os.access(folder, os.W_OK)
