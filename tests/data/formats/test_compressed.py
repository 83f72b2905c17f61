"""Compressed files are told by their bytes, and read up to a limit of size."""

import gzip

import polars as pl
import pyarrow
import pytest

from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.content import compression
from unrolled.data.formats.read import read
from unrolled.errors import DataError

PACK = {
    "gz": gzip.compress,
    "zst": lambda data: pyarrow.compress(data, codec="zstd", asbytes=True),
}
FILES = {
    "csv": b"a,b\n1,x\n2,y\n",
    "tsv": b"a\tb\n1\tx\n2\ty\n",
    "jsonl": b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n',
    "json": b'[{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]',
}


@pytest.mark.parametrize("packing", PACK)
@pytest.mark.parametrize("suffix", FILES)
def test_any_text_format_may_be_compressed(tmp_path, suffix, packing):
    path = tmp_path / f"table.{suffix}.{packing}"
    path.write_bytes(PACK[packing](FILES[suffix]))
    assert read(path).rows() == [(1, "x"), (2, "y")]
    assert pl.concat([t.frame() for t in read_chunks(path, size=4).tables()]).equals(read(path))
    plain = tmp_path / f"table.{suffix}"
    plain.write_bytes(path.read_bytes())  # the bytes say it, and not the name
    assert read(plain).rows() == [(1, "x"), (2, "y")]


@pytest.mark.parametrize("packing", PACK)
def test_damaged_and_cut_files_are_refused(tmp_path, packing):
    path = tmp_path / f"table.csv.{packing}"
    packed = PACK[packing](FILES["csv"] * 50)
    for damaged in (packed[:-12], packed[:10], packed[:15] + b"\0\0\0" + packed[18:]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"is compressed, and it is damaged|cells|empty|NUL"):
            read(path)


@pytest.mark.parametrize("packing", PACK)
def test_a_file_that_holds_far_too_much_is_refused(tmp_path, packing, monkeypatch):
    monkeypatch.setattr(compression, "MIN_LIMIT", 1 << 16)
    path = tmp_path / f"table.csv.{packing}"
    path.write_bytes(PACK[packing](b"a,b\n" + b"1,2\n" * (1 << 20)))
    with pytest.raises(DataError, match=r"more than .* when it is decompressed"):
        read(path)


@pytest.mark.parametrize("head", ["x^", "x^2", "x\x01"])
def test_a_header_that_looks_packed(tmp_path, head):
    path = tmp_path / "table.csv"
    path.write_text(f"{head},y\n1,2\n3,4\n")
    assert read(path).rows() == [(1, 2), (3, 4)]
    assert read(path).columns == [head, "y"]
