"""The files of a saved model, in a folder or in one zip file: which there are, and their bytes."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from unrolled.saving.checked_json import RefusedError, shown

PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")  # no folder, nothing hidden
MOST = {".json": 64 << 20, ".safetensors": 4 << 30}  # bytes
MOST_PAGE = 16 << 20
MOST_FILES = 64
MOST_RATIO = 200  # bytes for each byte of a packed file
MOST_LISTED = 64 << 10  # bytes of a zip file's list of files
END = 22  # bytes of a zip file's last record
PIECE = 1 << 20
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


@dataclass
class Reader:
    """The bytes of one file, from the first on, with the sha256 of those that were read.

    Attributes:
        name: The file.
        size: Its bytes.
        source: Where they are from.
    """

    name: str
    size: int
    source: Any

    def __post_init__(self) -> None:
        self.left, self.hash = self.size, hashlib.sha256()

    def read(self, count: int) -> bytes:
        """Return the next bytes, exactly so many.

        Raises:
            RefusedError: There are fewer.
        """
        if count > self.left:
            raise RefusedError(f"{self.name} ends early")
        pieces, missing = [], count
        while missing:
            piece = self.source.read(missing)
            if not piece:
                raise RefusedError(f"{self.name} ends early")
            self.hash.update(piece)
            pieces.append(piece)
            missing -= len(piece)
        self.left -= count
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def rest(self) -> str:
        """Read what is left, and return the sha256 of the whole."""
        while self.left:
            self.read(min(PIECE, self.left))
        return self.hash.hexdigest()


@dataclass(frozen=True)
class OpenFiles:
    """The files of a saved model.

    Attributes:
        sizes: The bytes of each file.
        begin: What gives a file's bytes from the first on.
    """

    sizes: dict[str, int]
    begin: Callable[[str], AbstractContextManager[Any]]

    @contextmanager
    def reader(self, name: str) -> Iterator[Reader]:
        """Open a file.

        Raises:
            RefusedError: There is none, or its bytes cannot be read.
        """
        if name not in self.sizes:
            raise RefusedError(f"there is no file {name!r}")
        most = MOST.get(Path(name).suffix, MOST_PAGE)
        if self.sizes[name] > most:
            raise RefusedError(f"{name} has {self.sizes[name]} bytes, expected at most {most}")
        try:
            with self.begin(name) as source:
                yield Reader(name, self.sizes[name], source)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise RefusedError(f"{name} cannot be unpacked ({error})") from None


@contextmanager
def opened(path: Path) -> Iterator[OpenFiles]:
    """Open a folder or a zip file.

    All files of a folder are held open, so that what is read is of one model, even if another
    takes its place meanwhile.

    Raises:
        FileNotFoundError: There is nothing there, or it is just being replaced.
        RefusedError: It is neither, or it holds what no saved model does.
    """
    with ExitStack() as held:
        if path.is_dir():
            files = _held(path, held)
            sizes = {name: os.fstat(file.fileno()).st_size for name, file in files.items()}
            yield OpenFiles(sizes, lambda name: _again(files[name]))
            return
        try:
            file = held.enter_context(path.open("rb"))
            _refuse_long_list(file)
            packed = held.enter_context(zipfile.ZipFile(file))
        except zipfile.BadZipFile as error:
            raise RefusedError(f"it is no zip file ({error})") from None
        yield OpenFiles(_members(packed), packed.open)


def refuse_odd(name: object) -> None:
    """Refuse a name that is not of a file beside the manifest.

    Raises:
        RefusedError: It leads elsewhere, or is hidden.
    """
    if not (isinstance(name, str) and PLAIN.fullmatch(name)):
        raise RefusedError(
            f"it names the file {shown(name)}, expected letters, digits, '_', '-' and '.'"
        )


def _held(folder: Path, held: ExitStack) -> dict[str, BinaryIO]:
    """Open each file of a folder; what is no file of its own is refused on use."""
    found: dict[str, BinaryIO] = {}
    inside = _inside(folder, held)
    begun = folder.stat() if inside is None else os.fstat(inside)
    with os.scandir(folder if inside is None else inside) as entries:
        for entry in entries:
            kind = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(kind):
                raise RefusedError(f"{entry.name} is a link, expected the file itself")
            if not stat.S_ISREG(kind):
                continue
            if len(found) == MOST_FILES:
                raise RefusedError(f"it holds more than the {MOST_FILES} files of a saved model")
            place = folder / entry.name if inside is None else entry.name
            handle = os.open(place, FLAGS, dir_fd=inside)
            found[entry.name] = held.enter_context(os.fdopen(handle, "rb"))
    if not os.path.samestat(begun, folder.stat()):
        raise FileNotFoundError(f"{folder} was replaced meanwhile, and some of its files are gone")
    return found


def _inside(folder: Path, held: ExitStack) -> int | None:
    """Open a folder whose files can then be opened wherever it is moved; None without a way to."""
    if os.open not in os.supports_dir_fd or os.scandir not in os.supports_fd:
        return None
    handle = os.open(folder, os.O_RDONLY)
    held.callback(os.close, handle)
    return handle


@contextmanager
def _again(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give an open file from its first byte on."""
    file.seek(0)
    yield file


def _refuse_long_list(file: Any) -> None:
    """Refuse a zip file whose list of files is long, before the list is read."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - END - 20))
    tail = file.read()
    record, before = tail[-END:], tail[:-END]
    if len(record) < END or record[:4] != b"PK\5\6" or record[20:] != b"\0\0":
        raise RefusedError("it is no zip file of a saved model (its last record is not at its end)")
    listed = int.from_bytes(record[12:16], "little")
    if before[:4] == b"PK\6\7" or listed > MOST_LISTED:
        raise RefusedError(f"its list of files has {listed} bytes, expected at most {MOST_LISTED}")
    file.seek(0)


def _members(packed: zipfile.ZipFile) -> dict[str, int]:
    """Return the bytes of each file of a zip file."""
    found: dict[str, int] = {}
    if len(packed.infolist()) > MOST_FILES:
        raise RefusedError(
            f"it holds {len(packed.infolist())} files, expected at most {MOST_FILES}"
        )
    for one in packed.infolist():
        refuse_odd(one.orig_filename)
        if one.filename in found or one.flag_bits & 1:
            raise RefusedError(f"{one.filename} stands in it twice, or is encrypted")
        if one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedError(
                f"{one.filename} is packed in an unknown way, expected stored or deflated"
            )
        if one.file_size > MOST_RATIO * max(1, one.compress_size):
            raise RefusedError(
                f"{one.filename} unpacks from {one.compress_size} to {one.file_size} bytes,"
                f" expected at most {MOST_RATIO} for one"
            )
        found[one.filename] = one.file_size
    return found
