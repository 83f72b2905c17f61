from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.formats.content.encoding import decode
from unrolled.data.formats.delimited.cell_types import infer_type
from unrolled.data.formats.delimited.header_hint import missing_header_hint
from unrolled.data.formats.read import open_delimited, read
from unrolled.data.formats.read_options import ReadOptions
from unrolled.data.formats.write import write
from unrolled.errors import DataError


def table(
    text: str | bytes, separator: str = ",", columns: list[str] | None = None
) -> pl.DataFrame:
    data = text if isinstance(text, bytes) else text.encode()
    text, _ = decode(data, what="a.csv")
    options = ReadOptions(columns, None if separator == "," else separator)
    return open_delimited(text, options, suffix=".csv", what="a.csv").frame()


def refusal(text: str | bytes, columns: list[str] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        table(text, columns=columns)
    return str(caught.value)


def test_columns_are_named_where_there_is_no_header() -> None:
    expected = table("abbé\ta b e\nd\u0361ʒ\tɑ\u0303 ː\n", "\t", ["word", 'a "b", c\t'])
    assert expected.columns == ["word", 'a "b", c\t']
    assert expected.rows() == [("abbé", "a b e"), ("d\u0361ʒ", "ɑ\u0303 ː")]
    assert table("1,2\n3,4\n", columns=["a", "b"]).rows() == [(1, 2), (3, 4)]
    assert table("1,1\n", columns=["a", "b"]).rows() == [(1, 1)]
    assert table("x\n\ny\n", columns=["a"]).rows() == [("x",), (None,), ("y",)]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        (
            "a,b\n1,2\n",
            ["a", "b"],
            "a.csv begins with the line 'a', 'b', which names the columns, but names were"
            " given for them too. Leave the names out.",
        ),
        (
            "1,2\n",
            ["a"],
            "a.csv has 2 columns, but 1 name was given for them ('a'). Name every column.",
        ),
        (
            "1,2\n3\n",
            ["a", "b"],
            "a.csv, row 2 (line 2): the row has 1 cell, but the columns are 2. Add the missing"
            " cells; an empty cell has its separator too.",
        ),
    ],
)
def test_names_that_do_not_fit_are_refused(text: str, columns: list[str], message: str) -> None:
    assert refusal(text, columns) == message


def test_a_first_line_of_data_is_suspected() -> None:
    hint = (
        " The file seems to have no header line: if so, name its columns with --columns NAME ..."
        " (in Python: unrolled.read(path, columns=[...]))."
    )
    assert missing_header_hint(table("abbé\ta b e\nbal\tb a l\nle\tl e\n", "\t")) == hint
    assert missing_header_hint(table("Abbas,Arabic\nAbe,English\nAbd,Arabic\n")) == hint
    assert missing_header_hint(table("good,1\nbad,0\n")) == hint
    assert missing_header_hint(table("word,phonemes\nbal,b a l\nle,l e\n")) == ""
    assert missing_header_hint(table("text,the label\nthe one,0\nthe other,1\n")) == ""


def test_quoting_line_ends_and_the_byte_order_mark() -> None:
    assert table('a,b\r\n1,"x, ""y""\r\nz"\r\n2,\r\n').rows() == [(1, 'x, "y"\r\nz'), (2, None)]
    assert table(b"\xef\xbb\xbfa\n1\n").columns == ["a"]
    assert table("a\tb\n1\tx,y\n", "\t").rows() == [(1, "x,y")]
    assert table('"a,b",c\n1,2').columns == ["a,b", "c"]


def test_an_empty_text_is_not_a_missing_one() -> None:
    assert table('a,b\n1,""\n2,\n3,x\n').rows() == [(1, ""), (2, None), (3, "x")]


def test_blank_lines_hold_nothing_but_in_a_single_column() -> None:
    assert table("a,b\n1,2\n\n\r\n3,4\n\n").rows() == [(1, 2), (3, 4)]
    assert table("a\n1\n\n2\n").rows() == [(1,), (None,), (2,)]
    assert refusal("a,b\n1,2\n\n3\n").startswith(
        "a.csv, row 2 (line 4): the row has 1 cell, but the header has 2"
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "+2", " -3"], [1, 2, -3]),
        (["1", "2.5", "1e3"], [1.0, 2.5, 1000.0]),
        (["1", None], [1, None]),
        (["1", "9223372036854775808"], [1, 9223372036854775808]),
        (["1", "9" * 50], ["1", "9" * 50]),
        (["007", "8"], ["007", "8"]),
        (["true", "FALSE", None], [True, False, None]),
        (["1", "x"], ["1", "x"]),
        ([None, None], [None, None]),
        (["", ""], ["", ""]),
    ],
)
def test_types_follow_from_every_cell(cells: list[str], expected: list[object]) -> None:
    read_back = infer_type(pl.Series("a", cells, dtype=pl.String)).to_list()
    assert read_back == expected
    assert [type(cell) for cell in read_back] == [type(cell) for cell in expected]


def test_not_a_number_is_a_number_that_is_missing() -> None:
    cells = infer_type(pl.Series("a", ["1.5", "nan", "NaN"]))
    assert cells.dtype == pl.Float64
    assert cells.is_nan().to_list() == [False, True, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" \n", "a.csv is empty. Give a header line, and then one row on each line."),
        ("a,b\n", "a.csv has a header, but no rows. Add at least one row below it."),
        (
            "a,b\n1,2\n3,4,5\n",
            "a.csv, row 2 (line 3): the row has 3 cells, but the header has 2. Enclose a cell"
            " in quotes if it contains the separator.",
        ),
        (
            'a,b\n"x\ny",2\n3\n',
            "a.csv, row 2 (line 4): the row has 1 cell, but the header has 2. Add the missing"
            " cells; an empty cell has its separator too.",
        ),
        (
            'a,b\n1,2\n3,"x\n',
            "a.csv, line 3: a quote is opened and never closed. Close it.",
        ),
        (
            'a,b\n1,"x" y\n',
            "a.csv could not be read as delimited text: a cell has a quote in an odd place. Enclose"
            ' the whole cell in quotes and double those inside it: "say ""hi""".',
        ),
        (
            "a,b,a\n1,2,3\n",
            "a.csv has the column name 'a' 2 times (columns 1, 3). Rename all but one, or, if"
            " this is no header line, name the columns with --columns NAME ... (in Python:"
            " unrolled.read(path, columns=[...])).",
        ),
        (
            "a,b\r1,2\r",
            "a.csv ends its lines with carriage returns alone. Save it with Unix or Windows"
            " line ends.",
        ),
        (
            b"a,b\n\xe9\xe9\xe9,1\n",
            "a.csv is not UTF-8: there is a byte 0xe9 at position 4 (line 2). Save it as UTF-8, or"
            " state its encoding: --encoding NAME, such as cp1252 or cp1251.",
        ),
    ],
)
def test_refusals(text: str | bytes, message: str) -> None:
    assert refusal(text) == message


def test_columns_named_by_counting_are_names() -> None:
    assert table("0,1\n5,6\n").columns == ["0", "1"]
    assert table(",a\n0,6\n").columns == ["", "a"]


plain = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)


@given(st.lists(st.tuples(plain, plain), min_size=1, max_size=8))
def test_text_survives_a_file(tmp_path_factory: pytest.TempPathFactory, rows: list) -> None:
    path: Path = tmp_path_factory.mktemp("csv") / "a.csv"
    cells = [("x" + a + '",\n', "y" + b) for a, b in rows]
    write(pl.DataFrame(cells, schema=["a", "b"], orient="row"), path)
    assert read(path).rows() == cells
