import polars as pl
import pytest

from unrolled.data.formats import json_records
from unrolled.data.formats.content.encoding import decode
from unrolled.errors import DataError


def parse_lines(data: bytes, *, what: str) -> pl.DataFrame:
    records = json_records.parse_lines(decode(data, what=what)[0], what=what)
    return json_records.records_to_table(records, what=what).frame()


def parse_document(data: bytes, *, what: str) -> pl.DataFrame:
    records = json_records.parse_document(decode(data, what=what)[0], what=what)
    return json_records.records_to_table(records, what=what).frame()


def test_lines_and_documents_hold_the_same() -> None:
    rows = [(1, "x", [1.0, 2.5]), (2, None, [3.0])]
    one, two = b'{"a": 1, "b": "x", "c": [1, 2.5]}', b'{"a": 2, "c": [3]}'
    assert parse_lines(one + b"\n\n" + two + b"\r\n", what="d").rows() == rows
    assert parse_document(b"[" + one + b"," + two + b"]", what="d").rows() == rows


@pytest.mark.parametrize(
    ("reader", "data", "message"),
    [
        (
            parse_lines,
            b'{"a": 1}\n{"a": }\n',
            "d, line 2: the text is not JSON (expecting value at character 7). Write an object"
            ' such as {"a": 1}.',
        ),
        (
            parse_lines,
            b"[1]\n",
            ("d, line 1: '[1]' is not an object such as {\"a\": 1}. Correct it."),
        ),
        (
            parse_lines,
            b'{"a": 1, "a": 2}\n',
            "d, line 1: the key 'a' occurs twice. Rename one of the two.",
        ),
        (
            parse_lines,
            b'{"a": 1}\n{"a": "x"}\n',
            "column 'a', row 2: the cell is 'x', but a row before it holds a number. Give"
            " every row of a column the same type; leave a missing cell empty.",
        ),
        (parse_lines, b"\n", "d holds no records. Give at least one object with a column."),
        (parse_document, b"[]", "d holds no records. Give at least one object with a column."),
        (parse_document, b" ", "d is empty. Give a JSON list of objects, one for each row."),
        (
            parse_document,
            b'{"a": 1}',
            "d holds a JSON dict. Give a list of objects, one for each row.",
        ),
        (parse_document, b"[1]", "d, row 1: '1' is not an object such as {\"a\": 1}. Correct it."),
        (
            parse_lines,
            b'{"a": "\xff"}',
            "d is not UTF-8: there is a byte 0xff at position 7 (line 1). Save it as UTF-8, or"
            " state its encoding: --encoding NAME, such as cp1252 or cp1251.",
        ),
    ],
)
def test_refusals(reader: object, data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        reader(data, what="d")  # type: ignore[operator]
    assert str(caught.value) == message


def test_lists_nested_without_end() -> None:
    with pytest.raises(DataError, match="nested too deep"):
        parse_document(b"[" * 200_000, what="d")
