"""Whether a Parquet file can be read, found out by a process that may die of it.

The reader asks for as much memory as pages say that they need. Of a damaged file that can be more
than there is, which no exception tells: it ends the process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ONE = "import sys, polars; polars.read_parquet(sys.stdin.buffer.read())"
BIG = """
import sys, polars
polars.scan_parquet(sys.argv[1]).select(polars.all().is_null().sum()).collect(engine="streaming")
"""


def can_be_read(source: bytes | Path) -> bool:
    """Return whether a process that reads a Parquet file ends by itself, with an error or without.

    Args:
        source: Its content, or its path where it is read piece by piece.
    """
    if not sys.executable:
        return True
    content = source if isinstance(source, bytes) else b""
    asked = [ONE] if isinstance(source, bytes) else [BIG, str(source)]
    done = subprocess.run(
        [sys.executable, "-I", "-c", *asked], input=content, capture_output=True, check=False
    )
    return done.returncode in (0, 1)
