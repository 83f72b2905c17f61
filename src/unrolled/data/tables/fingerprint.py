"""Fingerprints of data, which tell whether a model was fitted on the same values."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np

from unrolled.data.tables.table import Table


def fingerprint(*parts: Table) -> dict[str, Any]:
    """Return the rows, columns and sha256 of data.

    The sha256 is computed over each part and column in turn: the name as UTF-8, then the values.
    An array of numbers adds its little-endian bytes (b), a list of arrays those of each array, and
    everything else its lines of JSON.

    Args:
        parts: The rows, such as the training part and the held-out part.

    Example:
        >>> a, b = (Table({"x": np.array(v, "float64")}, 2) for v in ([1, 2], [1, 3]))
        >>> fingerprint(a)["sha256"] == fingerprint(b)["sha256"]
        False
    """
    sha, columns = hashlib.sha256(), dict[str, None]()
    for part in parts:
        for name, values in part.values.items():
            columns[name] = None
            sha.update(name.encode())
            _add(sha, values)
    rows = sum(part.rows for part in parts)
    return {"rows": rows, "columns": list(columns), "sha256": sha.hexdigest()}


def _add(sha: Any, values: Any) -> None:
    """Add the bytes of a column."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        dtype = values.dtype.newbyteorder("<")
        sha.update(np.ascontiguousarray(values, dtype).data.cast("B") if values.size else b"")
        return
    for value in values:
        if isinstance(value, np.ndarray):
            _add(sha, value)
        else:
            sha.update(json.dumps(value, default=str).encode() + b"\n")
