"""The files of a saved model, in a folder or in one zip file: their names and their bytes."""

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

from unrolled.saving.checked_json import RefusedError, short_repr

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")  # no folder, and not hidden
MAX_BYTES = {".json": 64 << 20, ".safetensors": 4 << 30}
MAX_PAGE_BYTES = 16 << 20
MAX_FILES = 64
MAX_COMPRESSION = 200  # bytes of a file for each byte that it takes in a zip file
MAX_DIRECTORY_BYTES = 64 << 10  # of the list of files at the end of a zip file
END_RECORD_BYTES = 22  # the last record of a zip file
CHUNK_BYTES = 1 << 20
OPEN_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")
)


@dataclass
class FileReader:
    """Reads a file from start to end, and computes the sha256 of what it has read.

    Attributes:
        name: The name of the file.
        size: The size of the file in bytes.
        source: The open file.
    """

    name: str
    size: int
    source: Any

    def __post_init__(self) -> None:
        self.remaining, self.hash = self.size, hashlib.sha256()

    def read(self, count: int) -> bytes:
        """Return exactly `count` further bytes.

        Raises:
            RefusedError: The file has fewer.
        """
        if count > self.remaining:
            raise RefusedError(f"{self.name} ends early")
        chunks, missing = [], count
        while missing:
            chunk = self.source.read(missing)
            if not chunk:
                raise RefusedError(f"{self.name} ends early")
            self.hash.update(chunk)
            chunks.append(chunk)
            missing -= len(chunk)
        self.remaining -= count
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def read_to_end(self) -> str:
        """Read the rest of the file, and return the sha256 of the whole file."""
        while self.remaining:
            self.read(min(CHUNK_BYTES, self.remaining))
        return self.hash.hexdigest()


@dataclass(frozen=True)
class OpenFiles:
    """The files of a saved model, open for reading.

    Attributes:
        sizes: The size of each file in bytes.
        open_file: Opens a file at its first byte.
    """

    sizes: dict[str, int]
    open_file: Callable[[str], AbstractContextManager[Any]]

    @contextmanager
    def reader(self, name: str) -> Iterator[FileReader]:
        """Open a file.

        Raises:
            RefusedError: There is no such file, it is too large, or its bytes cannot be read.
        """
        if name not in self.sizes:
            raise RefusedError(f"the file {name!r} is missing")
        size, limit = self.sizes[name], max_bytes(name)
        if size > limit:
            raise RefusedError(f"{name} has {size} bytes, and at most {limit} are allowed")
        try:
            with self.open_file(name) as source:
                yield FileReader(name, size, source)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise RefusedError(f"{name} cannot be unpacked ({error})") from None


def max_bytes(name: str) -> int:
    """Return the largest size that a file of a saved model may have."""
    return MAX_BYTES.get(Path(name).suffix, MAX_PAGE_BYTES)


def check_file_name(name: object) -> None:
    """Refuse a name that is not one of a file beside the manifest.

    Raises:
        RefusedError: The name leads elsewhere, or is hidden.
    """
    if not (isinstance(name, str) and FILE_NAME.fullmatch(name)):
        raise RefusedError(
            f"it has a file with the name {short_repr(name)}, and only letters, digits, '_', '-'"
            " and '.' are allowed"
        )


@contextmanager
def open_container(path: Path) -> Iterator[OpenFiles]:
    """Open a folder or a zip file.

    All files of a folder are opened at once, so that everything that is read is from one model,
    even if another model replaces it meanwhile.

    Raises:
        FileNotFoundError: There is nothing there, or it is just being replaced.
        RefusedError: It is neither a folder nor a zip file, or has content that no saved model has.
    """
    with ExitStack() as stack:
        if path.is_dir():
            files = _open_folder(path, stack)
            sizes = {name: os.fstat(file.fileno()).st_size for name, file in files.items()}
            yield OpenFiles(sizes, lambda name: _from_start(files[name]))
            return
        try:
            file = stack.enter_context(path.open("rb"))
            _check_directory_size(file)
            archive = stack.enter_context(zipfile.ZipFile(file))
        except zipfile.BadZipFile as error:
            raise RefusedError(f"it is not a zip file ({error})") from None
        yield OpenFiles(_member_sizes(archive), archive.open)


def _open_folder(folder: Path, stack: ExitStack) -> dict[str, BinaryIO]:
    """Open each regular file of a folder; anything else is refused when it is needed."""
    files: dict[str, BinaryIO] = {}
    handle = _open_directory(folder, stack)
    before = folder.stat() if handle is None else os.fstat(handle)
    with os.scandir(folder if handle is None else handle) as entries:
        for entry in entries:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                raise RefusedError(f"{entry.name} is a link, and must be the file itself")
            if not stat.S_ISREG(mode):
                continue
            if len(files) == MAX_FILES:
                raise RefusedError(f"it has more than {MAX_FILES} files")
            path = folder / entry.name if handle is None else entry.name
            descriptor = os.open(path, OPEN_FLAGS, dir_fd=handle)
            files[entry.name] = stack.enter_context(os.fdopen(descriptor, "rb"))
    if not os.path.samestat(before, folder.stat()):
        raise FileNotFoundError(f"{folder} was replaced meanwhile, and some of its files are gone")
    return files


def _open_directory(folder: Path, stack: ExitStack) -> int | None:
    """Open a folder so that its files can be opened even if it is moved; None if impossible."""
    if os.open not in os.supports_dir_fd or os.scandir not in os.supports_fd:
        return None
    handle = os.open(folder, os.O_RDONLY)
    stack.callback(os.close, handle)
    return handle


@contextmanager
def _from_start(file: BinaryIO) -> Iterator[BinaryIO]:
    file.seek(0)
    yield file


def _check_directory_size(file: Any) -> None:
    """Refuse a zip file whose list of files is long, before the list is read."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - END_RECORD_BYTES - 20))
    tail = file.read()
    record, before = tail[-END_RECORD_BYTES:], tail[:-END_RECORD_BYTES]
    if len(record) < END_RECORD_BYTES or record[:4] != b"PK\5\6" or record[20:] != b"\0\0":
        raise RefusedError("it is not the zip file of a saved model: its end record is missing")
    size = int.from_bytes(record[12:16], "little")
    if before[:4] == b"PK\6\7" or size > MAX_DIRECTORY_BYTES:
        raise RefusedError(
            f"its list of files has {size} bytes, and at most {MAX_DIRECTORY_BYTES} are allowed"
        )
    file.seek(0)


def _member_sizes(archive: zipfile.ZipFile) -> dict[str, int]:
    """Return the size of each file of a zip file."""
    members = archive.infolist()
    if len(members) > MAX_FILES:
        raise RefusedError(f"it has {len(members)} files, and at most {MAX_FILES} are allowed")
    sizes: dict[str, int] = {}
    for member in members:
        _check_member(member)
        if member.filename in sizes:
            raise RefusedError(f"it has the file {member.filename} twice")
        sizes[member.filename] = member.file_size
    return sizes


def _check_member(member: zipfile.ZipInfo) -> None:
    """Refuse a link, and a file that is encrypted or packed in a way that could harm."""
    name = member.filename
    check_file_name(member.orig_filename)
    if member.flag_bits & 1:
        raise RefusedError(f"{name} is encrypted")
    if (kind := stat.S_IFMT(member.external_attr >> 16)) not in (0, stat.S_IFREG):
        raise RefusedError(
            f"{name} is {'a link' if stat.S_ISLNK(kind) else 'not a file'}, and must be the file"
            " itself"
        )
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise RefusedError(f"{name} is packed in an unknown way, and must be stored or deflated")
    if member.file_size > MAX_COMPRESSION * max(1, member.compress_size):
        raise RefusedError(
            f"{name} unpacks from {member.compress_size} to {member.file_size} bytes, and at most"
            f" {MAX_COMPRESSION} for one are allowed"
        )
