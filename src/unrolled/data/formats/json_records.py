"""JSON records: a list of objects in one file, or one object on each line."""

from __future__ import annotations

import json
from typing import Any

from unrolled.data.formats.from_python import to_series
from unrolled.data.formats.raw_table import RawTable
from unrolled.errors import DataError

OBJECT = 'an object such as {"a": 1}'


Record = dict[str, Any]


def parse_lines(text: str, *, what: str) -> list[Record]:
    """Return the records in JSON lines; blank lines are skipped.

    Example:
        >>> parse_lines('{"a": 1}\\n{"a": 2, "b": [1.5]}\\n', what="data")
        [{'a': 1}, {'a': 2, 'b': [1.5]}]
    """
    records = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            place = f"{what}, line {number}"
            records.append(_check_object(_parse(line, place), place))
    return records


def parse_document(text: str, *, what: str) -> list[Record]:
    """Return the records in one JSON list of objects."""
    if not text.strip():
        raise DataError(f"{what} is empty. Give a JSON list of objects, one for each row.")
    rows = _parse(text, what)
    if not isinstance(rows, list):
        raise DataError(
            f"{what} holds a JSON {type(rows).__name__}. Give a list of objects, one for each row."
        )
    return [_check_object(row, f"{what}, row {number}") for number, row in enumerate(rows, 1)]


def records_to_table(records: list[Record], *, what: str, name: str = "") -> RawTable:
    """Return records as a table; a key that a record lacks is a missing cell.

    Args:
        records: The records.
        what: The name of the file, if rows are counted from its start; else empty.
        name: The name of the file.
    """
    names = list(dict.fromkeys(key for record in records for key in record))
    if not names:
        raise DataError(f"{name or what} holds no records. Give at least one object with a column.")

    def cells(name: str) -> list[Any]:
        return [record.get(name) for record in records]

    return RawTable(
        names, len(records), lambda name: to_series(name, cells(name)), cells=cells, what=what
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
