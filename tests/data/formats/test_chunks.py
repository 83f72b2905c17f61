"""A file in pieces is the file in one piece: the same rows, types, and refusals."""

import json

import polars as pl
import pytest

from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.read import read
from unrolled.data.formats.read_options import ReadOptions
from unrolled.data.formats.write import open_writer, write
from unrolled.errors import DataError

N = 500
TEXTS = [
    f'say "{i}",\nand then {"é" * (i % 7)}' if i % 3 else f"row {i}" for i in range(N)
]  # quotes, separators, line ends and wide characters within cells
TABLE = pl.DataFrame(
    {
        "text": TEXTS,
        "late": [None] * 400 + list(range(100)),
        "mixed": [*map(str, range(450)), *["2.5"] * 50],
        "code": [*map(str, range(499)), "007"],
        "truth": [("True", "false", "")[i % 3] for i in range(N)],
        "name": [*map(str, range(499)), "last"],
        "far": ["1"] * 499 + [str(2**80)],
    }
)


def whole(result):
    return pl.concat([table.frame() for table in result.tables()])


@pytest.fixture(params=["\n", "\r\n"], ids=["unix", "windows"])
def delimited(request, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TABLE.write_csv(line_terminator=request.param).encode())
    return path


@pytest.mark.representatives(2)
@pytest.mark.parametrize("size", [300, 1000, 5000])
def test_delimited_text_has_the_types_of_all_rows(delimited, size):
    result = read_chunks(delimited, size=size)
    one = read(delimited)
    assert len(list(result.tables())) > 3
    assert (result.rows, whole(result).schema) == (N, one.schema)
    assert whole(result).equals(one)
    types = ["String", "Int64", "Float64", "String", "Boolean", "String", "Int128"]
    assert [str(dtype) for dtype in one.dtypes] == types


def test_columns_may_be_named(tmp_path):
    path = tmp_path / "rows.tsv"
    TABLE.write_csv(path, separator="\t", include_header=False)
    names = [f"column {i}" for i in range(TABLE.width)]
    result = whole(read_chunks(path, ReadOptions(names), size=500))
    assert result.equals(read(path, columns=names))


def test_blank_lines_of_one_column_are_missing_cells_wherever_they_stand(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a\n" + "".join(f"{i}\n" if i % 5 else "\n" * (i % 3 + 1) for i in range(200)))
    for size in range(20, 60, 7):
        assert whole(read_chunks(path, size=size)).equals(read(path))


def test_json_lines_have_the_columns_and_types_of_all_rows(tmp_path):
    path = tmp_path / "rows.jsonl"
    rows = [{"a": i, "steps": []} for i in range(100)]
    rows += [{"a": 0.5, "steps": [1], "b": "x"}, {"steps": [0.5], "b": None}]
    path.write_text("\n\n".join(map(json.dumps, rows)))
    result = read_chunks(path, size=200)
    assert len(list(result.tables())) > 3
    assert whole(result).equals(read(path))
    assert whole(result).schema == read(path).schema == {
        "a": pl.Float64, "steps": pl.List(pl.Float64), "b": pl.String
    }  # fmt: skip


def test_json_lines_that_mix_types_are_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(json.dumps({"a": i if i < 90 else "x"}) for i in range(100)))
    table = next(read_chunks(path, size=100).tables())  # a column that nobody needs stops nothing
    with pytest.raises(DataError) as caught:
        table.column("a")
    assert str(caught.value) == (
        f"'{path}': column 'a' holds int64 in some rows and string in others. Give every row of a"
        " column the same type; leave a missing cell empty."
    )


def test_parquet_is_read_by_slices(tmp_path):
    TABLE.write_parquet(tmp_path / "rows.parquet")
    result = read_chunks(tmp_path / "rows.parquet", rows=64)
    assert [table.height for table in result.tables()] == [64] * 7 + [52]
    assert whole(result).equals(TABLE)


def test_what_is_small_or_no_file_is_one_table(tmp_path):
    TABLE.write_csv(tmp_path / "rows.csv")
    for source in (tmp_path / "rows.csv", TABLE, {"a": [1]}):
        (table,) = read_chunks(source).tables()
        assert table.frame().equals(read(source))


def test_an_error_says_from_which_row_it_counts(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n" + "1,2\n" * 100 + "1,2,3\n")
    with pytest.raises(DataError) as caught:
        read_chunks(path, size=100)
    said = str(caught.value)
    assert said.startswith(f"'{path}', beyond row ")
    rows = int(said.split("beyond row ")[1].split(",")[0])
    own = int(said.split(f"'{path}', row ")[1].split(" ")[0])
    assert rows + own == 101


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_tables_written_one_after_the_other_are_as_one(suffix, tmp_path):
    table = TABLE.with_columns(steps=pl.Series([[i + 0.0, 0.5] for i in range(N)]))
    write(table, tmp_path / f"one.{suffix}")
    with open_writer(tmp_path / f"many.{suffix}") as put:
        for start in range(0, N, 90):
            put(table[start : start + 90])
            assert sorted(path.name for path in tmp_path.glob("[!.]*")) == [f"one.{suffix}"]
    one, many = tmp_path / f"one.{suffix}", tmp_path / f"many.{suffix}"
    if suffix == "parquet":  # its rows are grouped otherwise
        assert pl.read_parquet(many).equals(pl.read_parquet(one))
    else:
        assert many.read_bytes() == one.read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted([one, many])


def test_what_fails_halfway_leaves_what_was_there(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("earlier")

    def fails():
        with open_writer(out) as put:
            put(TABLE)
            raise DataError("halfway")

    with pytest.raises(DataError, match="halfway"):
        fails()
    assert (out.read_text(), list(tmp_path.iterdir())) == ("earlier", [out])
