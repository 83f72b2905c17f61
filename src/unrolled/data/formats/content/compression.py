"""Compressed files: gzip and zstd, told by their first bytes and read up to a limit of size."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from unrolled.errors import DataError, MissingExtraError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
SUFFIXES = (".gz", ".zst", ".zstd")
MIN_LIMIT = 1 << 28  # bytes of text that a compressed file of any size may hold
MAX_RATIO = 200  # bytes of text for each compressed byte; tables have 3 to 50
BLOCK = 1 << 20


def format_suffix(path: Path) -> str:
    """Return the suffix that says the format, without that of the compression.

    Example:
        >>> format_suffix(Path("data.CSV.gz")), format_suffix(Path("data.gz"))
        ('.csv', '')
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in SUFFIXES else suffix


def read_bytes(path: Path, what: str) -> bytes:
    """Return the content of a file, decompressed if it is compressed.

    Raises:
        DataError: It cannot be read, is damaged, or holds more than a file of its size should.
        MissingExtraError: It is compressed with zstd, and no package reads that here.
    """
    with open_binary(path, what) as file:
        return file.read()


@contextmanager
def open_binary(path: Path, what: str) -> Iterator[BinaryIO]:
    """Open a file for its content, decompressed if it is compressed; see `read_bytes`."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(0)
            if head.startswith(GZIP):
                yield _limited(gzip.GzipFile(fileobj=file), path, what)
            elif head.startswith(ZSTD):
                yield _limited(_open_zstd(file, what), path, what)
            else:
                yield file
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise _damaged_error(what) from None
    except OSError as error:
        if error.strerror is None:  # pyarrow's, of what is not zstd
            raise _damaged_error(what) from None
        raise DataError(
            f"{what} cannot be read ({error.strerror}). Check its permissions."
        ) from None
    except Exception as error:
        if type(error).__name__ == "ZstdError":
            raise _damaged_error(what) from None
        raise


def _damaged_error(what: str) -> DataError:
    """Return the error for compressed bytes that cannot be decompressed."""
    return DataError(f"{what} is compressed, and it is damaged or cut off. Copy or write it again.")


def _open_zstd(file: BinaryIO, what: str) -> Any:
    """Return a stream of what a zstd file holds."""
    try:
        from compression import zstd  # type: ignore[import-not-found]  # Python 3.14

        return zstd.ZstdFile(file)
    except ImportError:
        pass
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(
            f"{what} is compressed with zstd, which needs the package pyarrow here: pip install"
            " pyarrow. Or decompress the file first: unzstd FILE."
        ) from None
    return pyarrow.CompressedInputStream(file, "zstd")


def _limited(stream: Any, path: Path, what: str) -> BinaryIO:
    """Return a stream that ends with an error when it has given more than it should hold."""
    size = path.stat().st_size
    return io.BufferedReader(_LimitedReader(stream, max(MIN_LIMIT, MAX_RATIO * size), size, what))


class _LimitedReader(io.RawIOBase):
    """Bytes of a stream, up to a limit."""

    def __init__(self, stream: Any, limit: int, size: int, what: str) -> None:
        self._stream, self._limit, self._size, self._what = stream, limit, size, what
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(min(len(buffer), BLOCK))
        self._count += len(data)
        if self._count > self._limit:
            raise DataError(
                f"{self._what} has {self._size} bytes and holds more than {self._limit} when it is"
                " decompressed, which is too much for a table. Decompress it first if you trust it."
            )
        buffer[: len(data)] = data
        return len(data)
