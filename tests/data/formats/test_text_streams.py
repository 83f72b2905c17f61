"""A stream that cannot take a table is an error that names why."""

import io
import os

import polars as pl
import pytest

from unrolled.data.formats.write import write
from unrolled.errors import DataError

TABLE = pl.DataFrame({"a": ["é"]})


def test_letters_that_a_stream_has_not():
    with pytest.raises(DataError, match=r"cannot hold 'é', since it is encoded as ascii"):
        write(TABLE, io.TextIOWrapper(io.BytesIO(), encoding="ascii"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_behind_a_stream():
    out = open("/dev/full", "w")  # noqa: SIM115
    with pytest.raises(DataError, match=r"cannot be written \(No space left on device\)"):
        write(TABLE, out)
    with pytest.raises(OSError, match="No space left"):
        out.close()


def test_a_reader_that_has_gone():
    read, into = os.pipe()
    os.close(read)
    out = os.fdopen(into, "w")
    with pytest.raises(DataError, match=r"cannot be written \(Broken pipe\)"):
        write(TABLE, out)
    with pytest.raises(BrokenPipeError):
        out.close()
