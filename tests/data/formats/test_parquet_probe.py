"""A Parquet file that would end the process that reads it is refused, and ends another one."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import unrolled
from unrolled.data.formats import chunks, parquet_probe
from unrolled.data.formats.parquet_probe import check_parquet
from unrolled.errors import DataError

KEPT = Path(__file__).parents[2] / "fuzz" / "corpus" / "read" / "parquet-memory"


@pytest.fixture
def deadly(tmp_path):
    """A file that asks its reader for more memory than there is."""
    path = tmp_path / "deadly.parquet"
    path.write_bytes(KEPT.read_bytes()[1:])  # the first byte is the fuzzer's own
    return path


def test_it_is_refused_as_one_that_asks_for_too_much_memory(deadly):
    with pytest.raises(DataError) as caught:
        unrolled.read(deadly)
    assert str(caught.value) == (
        f"'{deadly}' asks for more than 8 GiB of memory, which a file of 942 bytes should not"
        " need. It is probably damaged. Write it again."
    )


def test_a_file_that_is_read_in_chunks_too(deadly):
    with pytest.raises(DataError, match="asks for more than 8 GiB of memory"):
        list(chunks.read_chunks(deadly, rows=1).tables())


PEAK = """
import io, re, sys, polars
polars.read_parquet(sys.stdin.buffer.read())
print(re.search(r"VmPeak:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
ONE_ROW = pl.DataFrame({"a": [7]})
MIB = 1 << 20


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="address space is read from /proc")
def test_a_small_file_that_needs_more_than_its_limit_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "constant.parquet"
    pl.select(a=pl.repeat(7, 80_000_000, dtype=pl.Int64)).write_parquet(path)  # 610 MiB
    assert path.stat().st_size < MIB
    content = io.BytesIO()
    ONE_ROW.write_parquet(content)
    command = [sys.executable, "-c", PEAK]
    peak = subprocess.run(command, input=content.getvalue(), capture_output=True, check=True)
    limit = int(peak.stdout) * 1024 + 330 * MIB  # what libraries reserve varies
    monkeypatch.setattr(parquet_probe, "MIN_MEMORY", limit)
    check_parquet(content.getvalue(), "data")
    with pytest.raises(DataError, match="GiB of memory, which a file of"):
        unrolled.read(path)
    monkeypatch.undo()
    assert unrolled.read(path).height == 80_000_000


def test_a_real_large_file_is_read_within_its_limit(tmp_path):
    path = tmp_path / "large.parquet"
    values = np.random.default_rng(0).normal(size=(4, 1_000_000))
    pl.DataFrame({f"c{i}": row for i, row in enumerate(values)}).write_parquet(path)
    assert path.stat().st_size > 25 * MIB
    assert unrolled.read(path).height == 1_000_000
    assert sum(table.height for table in chunks.read_chunks(path).tables()) == 1_000_000


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing PAR1"])
def test_what_an_exception_reports_is_left_to_the_reader(content):
    check_parquet(content, "data")


def test_what_can_be_read_is(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [1, None, 3], "b": [["x"], [], None]}).write_parquet(path)
    check_parquet(path, "data")
    check_parquet(path.read_bytes(), "data")
    assert unrolled.read(path).height == 3
