"""Files and names that are still there after a power failure."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def write_file(path: Path, content: bytes) -> None:
    """Write a new file, and wait until it is on the disk.

    Raises:
        OSError: The file exists, or it cannot be written.
    """
    with path.open("xb") as file:
        file.write(content)
        flush_file(file)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file, which at every moment is the old one or the whole new one.

    Raises:
        OSError: It cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write_file(part, content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    fsync_dir(path.parent)


def replace_folder(new: Path, place: Path, earlier: Path) -> None:
    """Move a complete folder to its place; what is there is kept as `earlier` until it is.

    Raises:
        OSError: It cannot be moved; what was there is there again.
    """
    with suppress(FileNotFoundError):
        place.rename(earlier)
    try:
        new.rename(place)
    except OSError:
        if earlier.exists():
            earlier.rename(place)
        raise
    fsync_dir(place.parent)


def flush_file(file: Any) -> None:
    """Wait until everything that was written to an open file is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def fsync_file(path: Path) -> None:
    """Wait until a file that another library wrote is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def fsync_dir(folder: Path) -> None:
    """Wait until the names in a folder are on the disk, where the system can open a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, and wait until their names are on the disk.

    Raises:
        OSError: A folder cannot be made.
    """
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(exist_ok=True)
        fsync_dir(path.parent)


def is_writable(path: Path) -> bool:
    """Return whether a file can be written there: its folder exists and allows it."""
    folder = path.parent
    return not path.is_dir() and folder.is_dir() and os.access(folder, os.W_OK)
