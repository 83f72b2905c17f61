"""A damaged Parquet file that ends the process that reads it is refused, and ends another."""

from pathlib import Path

import polars as pl
import pytest

import unrolled
from unrolled.data.formats import chunks
from unrolled.data.formats.parquet_probe import can_be_read
from unrolled.errors import DataError

KEPT = Path(__file__).parents[2] / "fuzz" / "corpus" / "read" / "parquet-memory"


@pytest.fixture
def deadly(tmp_path):
    """A file that asks its reader for more memory than there is."""
    path = tmp_path / "deadly.parquet"
    path.write_bytes(KEPT.read_bytes()[1:])  # the first byte is the fuzzer's own
    return path


def test_it_is_refused_as_one_that_is_damaged(deadly):
    with pytest.raises(DataError) as caught:
        unrolled.read(deadly)
    assert str(caught.value) == (
        f"'{deadly}' is not a Parquet file, though its name ends in .parquet, or it is damaged."
        " Write it again, or rename it to what it is."
    )


def test_piece_by_piece_too(deadly):
    with pytest.raises(DataError, match="or it is damaged"):
        list(chunks.read_chunks(deadly, rows=1).tables())


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing PAR1"])
def test_what_is_told_by_an_exception_is_left_to_the_reader(content):
    assert can_be_read(content)


def test_what_can_be_read_is(tmp_path):
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": [1, None, 3], "b": [["x"], [], None]}).write_parquet(path)
    assert can_be_read(path)
    assert can_be_read(path.read_bytes())
    assert unrolled.read(path).height == 3
