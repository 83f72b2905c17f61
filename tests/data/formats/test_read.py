from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from unrolled.data.formats.read import read
from unrolled.data.formats.write import to_frame_like, write
from unrolled.errors import DataError


def file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal(source: object) -> str:
    with pytest.raises(DataError) as caught:
        read(source)
    return str(caught.value)


FRAMES = {
    "pandas": lambda: pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [[1.0], [2.0, 3.0]]}),
    "polars": lambda: pl.DataFrame({"a": [1, 2], "b": ["x", None], "c": [[1.0], [2.0, 3.0]]}),
    "lazy": lambda: pl.LazyFrame({"a": [1, 2], "b": ["x", None], "c": [[1.0], [2.0, 3.0]]}),
    "pyarrow": lambda: pa.table({"a": [1, 2], "b": ["x", None], "c": [[1.0], [2.0, 3.0]]}),
    "narwhals": lambda: nw.from_native(pl.DataFrame({"a": [1, 2], "b": ["x", None]})).with_columns(
        c=nw.new_series("c", [[1.0], [2.0, 3.0]], backend="polars")
    ),
    "dict": lambda: {"a": np.array([1, 2]), "b": ["x", None], "c": [np.ones(1), [2.0, 3.0]]},
}
ROWS = [(1, "x", [1.0]), (2, None, [2.0, 3.0])]


@pytest.mark.parametrize("kind", FRAMES)
def test_every_kind_of_frame_is_read_alike(kind: str) -> None:
    assert read(FRAMES[kind]()).rows() == ROWS


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".ndjson"])
def test_what_is_written_reads_back(tmp_path: Path, suffix: str) -> None:
    frame = read(FRAMES["polars"]())
    write(frame, tmp_path / f"a{suffix}")
    assert read(tmp_path / f"a{suffix}").rows() == ROWS
    assert [p.name for p in tmp_path.iterdir()] == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_lists_are_written_as_json_in_delimited_text(tmp_path: Path, suffix: str) -> None:
    frame = pl.DataFrame({"a": ['x,"y"\tz\n', ""], "c": [[[1.5, None]], None]})
    write(frame, tmp_path / f"a{suffix}")
    assert read(str(tmp_path / f"a{suffix}")).rows() == [
        ('x,"y"\tz\n', "[[1.5, null]]"),
        ("", None),
    ]


def test_arrays_in_a_dict_keep_their_axes() -> None:
    frame = read({"a": np.arange(24.0).reshape(2, 3, 4), "b": [np.ones((1, 2)), np.ones((2, 2))]})
    assert frame["a"].to_numpy().shape == (2, 3, 4)
    assert frame["b"].to_list() == [[[1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0]]]


def test_a_whole_number_first_does_not_truncate_the_numbers_after_it() -> None:
    assert read({"a": [[1, 2], [2.5]]})["a"].to_list() == [[1.0, 2.0], [2.5]]
    frame = pd.DataFrame({"a": [[1, 2], [2.5]]})
    assert read(frame)["a"].to_list() == [[1.0, 2.0], [2.5]]


def test_pandas_types_that_say_how_cells_are_stored() -> None:
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["x", "y"]),
            "i": pd.array([1, None], dtype="Int64"),
            "f": [1.5, np.nan],
            3: [True, False],
        }
    )
    assert read(frame).rows() == [("x", 1, 1.5, True), ("y", None, None, False)]
    assert read(frame).columns == ["c", "i", "f", "3"]
    settled = pl.DataFrame({"a": ["x", "y"]}, schema={"a": pl.Categorical})
    assert read(settled).schema == {"a": pl.String}


def test_a_dict_may_hold_series() -> None:
    frame = read({"a": pd.Series(["x", np.nan]), "b": pl.Series([[1], [2, 3]]), 3: (True, False)})
    assert frame.rows() == [("x", [1], True), (None, [2, 3], False)]


def test_polars_types_inside_lists_are_settled() -> None:
    source = pl.DataFrame(
        {"a": [["x"], ["y"]], "b": ["1.5", "2"]}, schema={"a": pl.List(pl.Categorical), "b": str}
    ).with_columns(pl.col("b").cast(pl.Decimal(10, 2)))
    assert dict(read(source).schema) == {"a": pl.List(pl.String), "b": pl.Float64}


def test_predictions_come_back_as_the_source_came() -> None:
    result = pl.DataFrame({"y": [1.5, 2.5]})
    indexed = pd.DataFrame({"a": [1, 2]}, index=["p", "q"])
    back = to_frame_like(result, indexed)
    assert isinstance(back, pd.DataFrame)
    assert back.index.tolist() == ["p", "q"]
    assert back["y"].tolist() == [1.5, 2.5]
    assert isinstance(to_frame_like(result, pa.table({"a": [1]})), pa.Table)
    assert to_frame_like(result, {"a": [1, 2]}) == {"y": [1.5, 2.5]}
    for source in (pl.DataFrame({"a": [1]}), pl.LazyFrame({"a": [1]}), "a.csv", Path("a.csv"), 3):
        assert to_frame_like(result, source) is result


def test_lists_and_text_come_back_to_pandas() -> None:
    result = pl.DataFrame({"y": [[1, 2], [3]], "t": ["a", None]})
    back = to_frame_like(result, pd.DataFrame({"a": [1, 2]}))
    assert back["y"].tolist() == [[1, 2], [3]]
    assert back["t"].isna().tolist() == [False, True]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = file(tmp_path, "a.parquet", b"old")
    with pytest.raises(pl.exceptions.PolarsError):
        write(pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}), path)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_written_file_has_ordinary_rights(tmp_path: Path) -> None:
    write(pl.DataFrame({"a": [1]}), tmp_path / "a.csv")
    (tmp_path / "b").touch()
    assert (tmp_path / "a.csv").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_writing_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [1]})
    with pytest.raises(DataError) as caught:
        write(frame, "a.cvs")
    assert str(caught.value) == (
        "the name of the file 'a.cvs' does not say its format. It must end in .csv, .tsv,"
        " .parquet, .jsonl, .ndjson, .conll, .iob, .bio. Did you mean '.csv'?"
    )
    path = tmp_path / "no" / "a.csv"
    with pytest.raises(DataError) as caught:
        write(frame, path)
    assert str(caught.value) == (
        f"'{path}' cannot be written (No such file or directory). Name a file in a folder that"
        " exists and that you may write to."
    )


def test_no_such_file_names_the_nearest(tmp_path: Path) -> None:
    file(tmp_path, "reviews.csv", "a\n1\n")
    path = tmp_path / "review.csv"
    assert refusal(path) == (
        f"there is no file '{path}'. Give the path of a table. Did you mean 'reviews.csv'?"
    )
    path = tmp_path / "nope.csv"
    file(tmp_path, "new.csv", "a\n1\n")
    assert refusal(path) == f"there is no file '{path}'. Give the path of a table."
    assert refusal("/no/such/folder/a.csv").startswith("there is no file '/no/such/folder/a.csv'")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    for name, hint in (("a.xlsx", ""), ("a.svg", ""), ("a.cvs", " Did you mean '.csv'?")):
        path = file(tmp_path, name, b"x")
        assert refusal(path) == (
            f"the name of the file '{path}' does not say its format. It must end in .csv, .tsv,"
            " .tab, .txt, .dat, .data, .parquet, .jsonl, .ndjson, .json, .ts, .conll, .iob, .bio,"
            f" .conllu, and .gz or .zst after that if it is compressed.{hint}"
        )
    assert refusal(tmp_path) == f"'{tmp_path}' is a folder. Give a file such as data.csv."
    path = file(tmp_path, "a.parquet", b"not at all")
    assert refusal(path) == (
        f"'{path}' is not a Parquet file, though its name ends in .parquet, or it is"
        " damaged. Write it again, or rename it to what it is."
    )


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl", ".json", ".ts", ".bio"])
def test_an_empty_file(tmp_path: Path, suffix: str) -> None:
    path = file(tmp_path, f"a{suffix}", b"")
    assert refusal(path) == f"'{path}' is empty. Give a table with at least one row."


def test_a_frame_without_rows_or_columns() -> None:
    assert refusal(pl.DataFrame({"a": []})) == (
        "data has columns, but no rows. Give it at least one row."
    )
    assert refusal({}) == "data has no columns. Give it at least one input and one output."


def test_column_names_that_repeat() -> None:
    expected = "data has the column name 'a' 2 times. Rename all but one."
    assert refusal(pd.DataFrame([[1, 2]], columns=["a", "a"])) == expected
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    assert refusal(twice) == expected
    assert refusal({"1": [1], 1: [2]}).startswith("data has the column name '1' 2 times")


def test_a_dict_of_uneven_columns() -> None:
    assert refusal({"a": [1], "b": [1, 2]}) == (
        "column 'b' has 2 rows and column 'a' has 1. Give all columns the same length."
    )


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [1, "x"],
            "column 'a', row 2: the cell is 'x', but a row before it holds a number. Give"
            " every row of a column the same type; leave a missing cell empty.",
        ),
        (
            [[1], 2],
            "column 'a', row 2: the cell is 2, but other rows hold lists 1 deep. Give every"
            " row of a column the same type; leave a missing cell empty.",
        ),
        (
            [1, 2**200],
            "column 'a', row 2: an integer has 61 digits, but at most 19 can be used. Write it"
            " as text if it is an identifier, or as a decimal number if it is a quantity.",
        ),
        (
            [{"x": 1}],
            "column 'a', row 1: a cell is of type dict, which cannot be read. Give a number, a"
            " string, a boolean or a list of them.",
        ),
        (
            [[1, [2]]],
            "column 'a' could not be read: its lists are nested to different depths. Give"
            " numbers, strings, or lists of one depth in every row.",
        ),
        (
            [1.5, 2**2000],
            "column 'a', row 2: an integer has 603 digits, but at most 19 can be used. Write"
            " it as text if it is an identifier, or as a decimal number if it is a quantity.",
        ),
        (
            ["\ud800"],
            "column 'a' holds text that is not valid Unicode (half of a surrogate pair)."
            " Decode it again from its bytes.",
        ),
        (
            3,
            (
                "column 'a' is of type int, which cannot be read. Give a list or array with one"
                " cell for each row."
            ),
        ),
    ],
)
def test_cells_that_make_no_column(cells: object, message: str) -> None:
    assert refusal({"a": cells}) == message


def test_what_is_no_table() -> None:
    assert refusal(3) == (
        "data is of type int, which cannot be read. Give a path, a pandas, polars or pyarrow"
        " frame, or a dict of columns."
    )
    broken = pl.LazyFrame({"a": [1]}).select(pl.col("b"))
    assert refusal(broken).startswith("data could not be collected: ")


def test_bike_sharing_is_read_whole(shared: Path) -> None:
    frame = read(shared / "bike_sharing" / "hour.csv")
    assert frame.shape == (17379, 17)
    assert frame["cnt"].sum() == 3292679
    assert frame.null_count().sum_horizontal().item() == 0
