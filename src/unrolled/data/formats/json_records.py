"""JSON records: a list of objects in one file, or an object a line."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from unrolled.data.formats.delimited import BOM, decoded
from unrolled.data.formats.from_python import to_series
from unrolled.errors import DataError


def lines(data: bytes, *, what: str) -> pl.DataFrame:
    """Return the table that JSON lines hold; blank lines are passed over.

    Example:
        >>> lines(b'{"a": 1}\\n{"a": 2, "b": [1.5]}\\n', what="data").rows()
        [(1, None), (2, [1.5])]
    """
    rows = []
    for number, line in enumerate(decoded(data.removeprefix(BOM), what=what).split("\n"), 1):
        if line.strip():
            place = f"{what}, line {number}"
            rows.append(_object(_loaded(line, place), place))
    return table(rows, what=what)


def document(data: bytes, *, what: str) -> pl.DataFrame:
    """Return the table that one JSON list of objects holds."""
    text = decoded(data.removeprefix(BOM), what=what)
    if not text.strip():
        raise DataError(f"{what} is empty, expected a JSON list of objects, one a row.")
    found = _loaded(text, what)
    if not isinstance(found, list):
        raise DataError(
            f"{what} holds a JSON {type(found).__name__}, expected a list of objects, one a row."
        )
    return table([_object(row, f"{what}, row {i}") for i, row in enumerate(found, 1)], what=what)


def table(rows: list[dict[str, Any]], *, what: str) -> pl.DataFrame:
    """Return records as a table; a key that a record lacks is a missing cell."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        raise DataError(f"{what} holds no records, expected at least one object with a column.")
    return pl.DataFrame([to_series(name, [row.get(name) for row in rows]) for name in names])


def _object(found: Any, place: str) -> dict[str, Any]:
    """Return a record, or refuse what is not an object."""
    if not isinstance(found, dict):
        raise DataError(f'{place}: got {str(found)[:40]!r}, expected an object such as {{"a": 1}}.')
    return found


def _loaded(text: str, place: str) -> Any:
    """Return parsed JSON; a key given twice in one object is refused."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, place))
    except json.JSONDecodeError as error:
        raise DataError(
            f"{place}: got text that is not JSON ({error.msg.lower()} at character"
            f' {error.pos + 1}), expected an object such as {{"a": 1}}.'
        ) from None
    except RecursionError:
        raise DataError(f"{place}: got lists nested too deep, expected at most two.") from None
    except DataError:
        raise
    except ValueError:  # of an integer that Python does not read
        raise DataError(
            f"{place}: got an integer of thousands of digits, expected at most 19. Write it as"
            " text if it is an identifier, or as a decimal number if it is a quantity."
        ) from None


def _once(pairs: list[tuple[str, Any]], place: str) -> dict[str, Any]:
    """Return an object's pairs as a dict, or refuse a repeated key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{place}: got the key '{twice}' twice, expected every name once.")
    return found
