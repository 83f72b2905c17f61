"""JSON records: a list of objects in one file, or one object on each line."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from unrolled.data.formats.delimited import BOM, decode_utf8
from unrolled.data.formats.from_python import to_series
from unrolled.errors import DataError

OBJECT = 'an object such as {"a": 1}'


def parse_lines(data: bytes, *, what: str) -> pl.DataFrame:
    """Return the table in JSON lines; blank lines are skipped.

    Example:
        >>> parse_lines(b'{"a": 1}\\n{"a": 2, "b": [1.5]}\\n', what="data").rows()
        [(1, None), (2, [1.5])]
    """
    records = []
    for number, line in enumerate(decode_utf8(data.removeprefix(BOM), what=what).split("\n"), 1):
        if line.strip():
            place = f"{what}, line {number}"
            records.append(_check_object(_parse(line, place), place))
    return records_to_frame(records, what=what)


def parse_document(data: bytes, *, what: str) -> pl.DataFrame:
    """Return the table in one JSON list of objects."""
    text = decode_utf8(data.removeprefix(BOM), what=what)
    if not text.strip():
        raise DataError(f"{what} is empty. Give a JSON list of objects, one for each row.")
    rows = _parse(text, what)
    if not isinstance(rows, list):
        raise DataError(
            f"{what} holds a JSON {type(rows).__name__}. Give a list of objects, one for each row."
        )
    records = [_check_object(row, f"{what}, row {number}") for number, row in enumerate(rows, 1)]
    return records_to_frame(records, what=what)


def records_to_frame(records: list[dict[str, Any]], *, what: str) -> pl.DataFrame:
    """Return records as a table; a key that a record lacks is a missing cell."""
    names = list(dict.fromkeys(name for record in records for name in record))
    if not names:
        raise DataError(f"{what} holds no records. Give at least one object with a column.")
    return pl.DataFrame(
        [to_series(name, [record.get(name) for record in records]) for name in names]
    )


def _check_object(record: Any, place: str) -> dict[str, Any]:
    """Return a record, or refuse what is not an object."""
    if not isinstance(record, dict):
        raise DataError(f"{place}: {str(record)[:40]!r} is not {OBJECT}. Correct it.")
    return record


def _parse(text: str, place: str) -> Any:
    """Return parsed JSON; a key that occurs twice in one object is refused."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _to_dict(pairs, place))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{place}: the text is not JSON ({error.msg.lower()} at character {error.pos + 1})."
            f" Write {OBJECT}."
        ) from None
    except RecursionError:
        raise DataError(
            f"{place}: lists are nested too deep. At most two levels can be read."
        ) from None
    except DataError:
        raise
    except ValueError:  # an integer that Python does not parse
        raise DataError(
            f"{place}: an integer has thousands of digits, but at most 19 can be used. Write it as"
            " text if it is an identifier, or as a decimal number if it is a quantity."
        ) from None


def _to_dict(pairs: list[tuple[str, Any]], place: str) -> dict[str, Any]:
    """Return an object's pairs as a dict, or refuse a repeated key."""
    record = dict(pairs)
    if len(record) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{place}: the key '{repeated}' occurs twice. Rename one of the two.")
    return record
