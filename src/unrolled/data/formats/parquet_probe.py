"""Try a Parquet file in another process before it is read here.

The reader allocates as much memory as the pages of the file say that they need. A damaged or
hostile file can ask for more than there is. No exception reports that: it ends the process. So
another process reads the file first, with a limit on its memory.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from unrolled.errors import DataError

MIN_MEMORY = 8 << 30  # bytes of address space, for files of any size; polars itself takes about 1
MEMORY_PER_BYTE = 100  # bytes of address space for each byte of the file
LIMIT = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]),) * 2)
except (ImportError, ValueError, OSError):  # Windows has no limit; macOS may refuse one
    pass
import polars
"""
READ_CONTENT = f"{LIMIT}polars.read_parquet(sys.stdin.buffer.read())"
READ_CHUNKS = f"""{LIMIT}
scan = polars.scan_parquet(sys.argv[2])
scan.select(polars.all().is_null().sum()).collect(engine="streaming")
"""
OUT_OF_MEMORY = b"memory allocation of", b"MemoryError"  # of Rust, and of Python


def check_parquet(source: bytes | Path, what: str) -> None:
    """Refuse a Parquet file that would end the process that reads it.

    A file that is refused by an exception is left to the reader.

    Args:
        source: Its content, or its path if it is to be read chunk by chunk.
        what: The name of the file, for errors.

    Raises:
        DataError: It needs more memory than a file of its size may, or its reader crashes.
    """
    if not sys.executable:
        return
    content = source if isinstance(source, bytes) else b""
    size = len(content) if isinstance(source, bytes) else source.stat().st_size
    limit = max(MIN_MEMORY, MEMORY_PER_BYTE * size)
    code = [READ_CONTENT, str(limit)]
    if isinstance(source, Path):
        code = [READ_CHUNKS, str(limit), str(source)]
    reader = subprocess.run(
        [sys.executable, "-I", "-c", *code], input=content, capture_output=True, check=False
    )
    if reader.returncode != 0 and any(sign in reader.stderr for sign in OUT_OF_MEMORY):
        raise DataError(
            f"{what} asks for more than {limit / 2**30:.2g} GiB of memory, which a file of"
            f" {size} bytes should not need. It is probably damaged. Write it again."
        )
    if reader.returncode not in (0, 1):
        raise unreadable_error(what)


def unreadable_error(what: str) -> DataError:
    """Return the error for a file that is not a Parquet file, or a damaged one."""
    return DataError(
        f"{what} is not a Parquet file, though its name ends in .parquet, or it is damaged. Write"
        " it again, or rename it to what it is."
    )
