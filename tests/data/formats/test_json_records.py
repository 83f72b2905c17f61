import pytest

from unrolled.data.formats.json_records import document, lines
from unrolled.errors import DataError


def test_lines_and_documents_hold_the_same() -> None:
    rows = [(1, "x", [1.0, 2.5]), (2, None, [3.0])]
    one, two = b'{"a": 1, "b": "x", "c": [1, 2.5]}', b'{"a": 2, "c": [3]}'
    assert lines(one + b"\n\n" + two + b"\r\n", what="d").rows() == rows
    assert document(b"[" + one + b"," + two + b"]", what="d").rows() == rows


@pytest.mark.parametrize(
    ("reader", "data", "message"),
    [
        (
            lines,
            b'{"a": 1}\n{"a": }\n',
            "d, line 2: got text that is not JSON (expecting value at character 7), expected an"
            ' object such as {"a": 1}.',
        ),
        (lines, b"[1]\n", "d, line 1: got '[1]', expected an object such as {\"a\": 1}."),
        (
            lines,
            b'{"a": 1, "a": 2}\n',
            "d, line 1: got the key 'a' twice, expected every name once.",
        ),
        (
            lines,
            b'{"a": 1}\n{"a": "x"}\n',
            "column 'a', row 2: got 'x', expected a number, as before it. Give every row of a"
            " column the same type; leave a missing cell empty.",
        ),
        (lines, b"\n", "d holds no records, expected at least one object with a column."),
        (document, b"[]", "d holds no records, expected at least one object with a column."),
        (document, b" ", "d is empty, expected a JSON list of objects, one a row."),
        (
            document,
            b'{"a": 1}',
            "d holds a JSON dict, expected a list of objects, one a row.",
        ),
        (document, b"[1]", "d, row 1: got '1', expected an object such as {\"a\": 1}."),
        (
            lines,
            b'{"a": "\xff"}',
            "d is not UTF-8: got byte 0xff at position 7 (line 1), expected UTF-8 text. Save it as"
            " UTF-8 and read it again.",
        ),
    ],
)
def test_refusals(reader: object, data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        reader(data, what="d")  # type: ignore[operator]
    assert str(caught.value) == message


def test_lists_nested_without_end() -> None:
    with pytest.raises(DataError, match="nested too deep"):
        document(b"[" * 200_000, what="d")
