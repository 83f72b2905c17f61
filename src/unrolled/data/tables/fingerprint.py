"""Fingerprints of data: whether a model was fitted on these values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from unrolled.data.tables.table import Table


def fingerprint(*parts: Table) -> dict[str, Any]:
    """Return the rows, columns and sha256 of data.

    The sha256 is that of, for each part and column in turn, the name as UTF-8, then the values:
    of an array of numbers its little-endian bytes (b), of a list of arrays those of each, and all
    else as lines of JSON.

    Args:
        parts: The rows, such as those that trained and those held out.

    Example:
        >>> a, b = (Table({"x": np.array(v, "float64")}, 2) for v in ([1, 2], [1, 3]))
        >>> fingerprint(a)["sha256"] == fingerprint(b)["sha256"]
        False
    """
    done, columns = hashlib.sha256(), dict[str, None]()
    for part in parts:
        for name, values in part.values.items():
            columns[name] = None
            done.update(name.encode())
            _add(done, values)
    rows = sum(part.rows for part in parts)
    return {"rows": rows, "columns": list(columns), "sha256": done.hexdigest()}


def _add(done: Any, values: Any) -> None:
    """Add the bytes of a column."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        kind = values.dtype.newbyteorder("<")
        done.update(np.ascontiguousarray(values, kind).data.cast("B") if values.size else b"")
        return
    for value in values:
        if isinstance(value, np.ndarray):
            _add(done, value)
        else:
            done.update(json.dumps(value, default=str).encode() + b"\n")
