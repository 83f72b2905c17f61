"""Columns are converted when they are needed: the others cannot stop anything."""

import io
import json
from datetime import timedelta

import pandas as pd
import polars as pl
import pytest

from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.read import read, scan
from unrolled.data.formats.write import write
from unrolled.errors import DataError

GOOD = {"x": [1, 2, 3], "y": ["a", "b", "a"]}
ODD = {
    "records": [{"lang": "en"}, {"lang": "de"}, None],
    "mixed": [1, "A2", 3],
    "long integers": [10**60, 1, 2],
    "lists of other depths": [[1], [[2]], 3],
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_column_of_json_stops_only_who_needs_it(tmp_path, case):
    path = tmp_path / "rows.jsonl"
    rows = [
        {"x": x, "y": y, "odd": odd} for x, y, odd in zip(*GOOD.values(), ODD[case], strict=True)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    assert scan(path).frame(["x", "y"]).to_dict(as_series=False) == GOOD
    with pytest.raises(DataError, match=r"rows\.jsonl': column 'odd'"):
        scan(path).frame(["odd"])
    (table,) = read_chunks(path).tables()
    cells = table.written(as_text=True)["odd"].to_list()  # text stays, all else becomes JSON
    assert [c if c in (None, "A2") else json.loads(c) for c in cells] == ODD[case]


def test_an_odd_column_is_written_again_also_where_dates_are_stated(tmp_path):
    path = tmp_path / "rows.jsonl"
    odd = ODD["mixed"]
    path.write_text("\n".join(json.dumps({"day": "31.01.2024", "odd": cell}) for cell in odd))
    written = scan(path, date_format="%d.%m.%Y").written(as_text=True)
    assert written["odd"].to_list() == ["1", "A2", "3"]
    assert written["day"].dtype == pl.Date


@pytest.mark.parametrize("case", ["mixed", "periods", "objects"])
def test_an_odd_column_of_pandas_stops_only_who_needs_it(case):
    odd = {
        "mixed": [1, "A2", 3],
        "periods": pd.period_range("2020-01", periods=3, freq="M"),
        "objects": [object(), object(), object()],
    }[case]
    frame = pd.DataFrame({**GOOD, "odd": odd})
    assert scan(frame).frame(["x", "y"]).to_dict(as_series=False) == GOOD
    assert scan({**GOOD, "odd": list(odd)}).frame(["x"]).columns == ["x", "y"]
    with pytest.raises(DataError, match="column 'odd'"):
        read(frame)


WRITTEN = "c,t,n\ntrue,2.50,1\nFALSE,1e3,007\nmaybe,+5,?\n"


@pytest.mark.filterwarnings("ignore")
def test_text_is_read_as_it_is_written_whatever_the_other_rows_hold(tmp_path):
    path = tmp_path / "rows.csv"
    kinds = {"c": "category", "t": "text", "n": "number"}
    path.write_text(WRITTEN)
    whole = scan(path).frame(kinds=kinds)
    assert whole["c"].to_list() == ["true", "FALSE", "maybe"]
    assert whole["t"].to_list() == ["2.50", "1e3", "+5"]
    assert whole["n"].to_list() == [1, 7, None]
    head, *rows = WRITTEN.splitlines()
    for number, row in enumerate(rows):
        path.write_text(f"{head}\n{row}\n")
        (alone,) = scan(path).frame(kinds=kinds).rows()
        assert alone == whole.row(number)


@pytest.mark.filterwarnings("ignore")
def test_a_number_has_one_reading_where_a_model_was_fitted(tmp_path):
    path = tmp_path / "rows.csv"

    def numbers(*cells, comma):
        path.write_text("n;m\n" + "".join(f"{cell};x\n" for cell in cells))
        return scan(path).column("n", "number", comma=comma).to_list()

    assert numbers("1.234,5", "1.234", comma=True) == [1234.5, 1234]
    assert numbers("1.234", comma=True) == [1234]
    with pytest.raises(DataError, match=r"row 2: '12\.5' has a decimal point.*--decimal \."):
        numbers("1.234", "12.5", comma=True)
    assert numbers("1.234", "12.5", comma=False) == [*numbers("1.234", comma=False), 12.5]
    assert numbers("12,5", "7", comma=False) == [12.5, 7]
    with pytest.raises(DataError, match=r"row 1: the comma in '1,234' may be"):
        numbers("1,234", comma=False)


def test_an_odd_cell_names_file_row_column_and_content(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": "x"}\n')
    with pytest.raises(DataError) as caught:
        read(path)
    for part in (str(path), "row 2", "'a'", "'x'"):
        assert part in str(caught.value)


def test_the_first_rows_have_the_types_of_all(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("a,b\n1,x\n2.5,y\n")
    for table in (scan(path), scan(read(path))):
        assert table.head(1).frame().rows() == [(1.0, "x")]
        assert table.head(1).frame().dtypes == [pl.Float64, pl.String]
        assert table.head(9).height == 2


def test_what_text_cannot_hold_is_written_in_another_way():
    odd = {"b": [b"x", None], "d": [timedelta(days=1), None], "s": [{"k": 1}, None]}
    table = scan(pl.DataFrame({"a": [1, 2], **odd})).written(as_text=True)
    out = io.StringIO()
    write(table, out)
    assert out.getvalue() == 'a,b,d,s\n1,78,P1D,"{""k"": 1}"\n2,,,\n'
