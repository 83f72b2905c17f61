"""The outputs `y` of arrays: numbers, labels, one-hot or multi-hot rows, or labels of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.infer.kinds import MAX_INTEGER_CLASSES
from unrolled.data.infer.numeric_arrays import as_array, numeric_column
from unrolled.data.tables.label_index import is_missing
from unrolled.data.tables.label_sets import (
    check_bits,
    holds_bits,
    is_one_hot,
    labels_of_one_hot,
)
from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column

Target = tuple[Column, Values]


def target_column(y: Any, *, trained: Column | None = None, stated: str | None = None) -> Target:
    """Return `y` as a column and its values.

    Args:
        y: (b,), (b o) or (b u o), a list of b arrays (u_i, o) or (u_i,), labels (b), or lists of
            labels (b u_i). NaN and None are missing.
        trained: The output of a fitted model, whose kind `y` has.
        stated: The kind that a person stated for `y`.

    Raises:
        DataError: `y` cannot be read, or has another kind than it must have.

    Example:
        >>> target_column(np.array([[0, 1], [1, 1]]))[0].kind_name
        'labels'
    """
    kind = stated if trained is None else trained.kind
    array = as_array(y)
    if _holds_steps_of_labels(y, array):
        return _tokens(y)
    if array is not None and array.dtype.kind == "O":
        array = _without_none(array)
    if array is not None and array.ndim == 1 and _are_labels(array, kind):
        return _labels(array)
    if array is not None and array.ndim == 2 and array.dtype.kind in "biuf":
        labels = _hot_rows(np.asarray(array, dtype=np.float64), kind)
        if labels is not None:
            return labels
    return numeric_column("y", y if array is None else array, "b u o")


def _holds_steps_of_labels(y: Any, array: Array | None) -> bool:
    """Return whether each row of `y` is a sequence of texts, of which some may be missing."""
    if array is not None:
        if array.ndim != 2 or array.dtype.kind not in "USO":
            return False
        leaves = [leaf for leaf in array.ravel().tolist() if not is_missing(leaf)]
    else:
        rows = [row for row in y if isinstance(row, list | tuple | np.ndarray)]
        leaves = [leaf for row in rows for leaf in np.ravel(np.array(row, object)).tolist()]
        leaves = [leaf for leaf in leaves if leaf is not None]
    return bool(leaves) and all(isinstance(leaf, str) for leaf in leaves)


def _tokens(y: Any) -> Target:
    """Return lists of labels as a column; a missing label is None."""
    rows = [[None if is_missing(token) else str(token) for token in row] for row in y]
    empty = [number for number, row in enumerate(rows, 1) if not row]
    if empty:
        raise DataError(
            f"y, row {empty[0]}: the sequence is empty. Give it at least one step, or leave the"
            " row out."
        )
    return Column(name="y", kind="tokens", why="lists of labels"), rows


def _without_none(array: Array) -> Array:
    """Return an array of objects as numbers where it holds only numbers and missing values."""
    flat = array.ravel().tolist()
    filled = [value for value in flat if not is_missing(value)]
    if not filled or not all(isinstance(value, int | float) for value in filled):
        return array
    if array.ndim == 1 and all(isinstance(value, bool) for value in filled):
        return array
    numbers = [np.nan if is_missing(value) else float(value) for value in flat]
    return np.array(numbers).reshape(array.shape)


def _are_labels(array: Array, kind: str | None) -> bool:
    """Return whether a (b,) array holds labels and not quantities."""
    if kind is not None:
        return kind == "category"
    if array.dtype.kind == "O":
        _refuse_no_label(array)
        return True
    if array.dtype.kind in "USb":
        return True
    if array.dtype.kind not in "iuf":
        return False
    known = array[~np.isnan(array)] if array.dtype.kind == "f" else array
    if not known.size:
        return False
    distinct = np.unique(known)
    if array.dtype.kind == "f":
        has_gaps = known.size < array.size  # then whole numbers are stored as floats
        if not has_gaps and distinct.tolist() != [0.0, 1.0]:
            return False
        if not (np.isfinite(distinct).all() and (distinct == np.floor(distinct)).all()):
            return False
    return len(distinct) <= MAX_INTEGER_CLASSES and known.size >= 2 * len(distinct)


def _refuse_no_label(array: Array) -> None:
    """Refuse an object that cannot be a label."""
    for row, label in enumerate(array, 1):
        if not (is_missing(label) or isinstance(label, str | int | float)):
            raise DataError(
                f"y, row {row}: {label!r} in an object array is not a label, which is text or a"
                " number. Correct it, or give an array of numbers."
            )


def _labels(array: Array) -> Target:
    """Return labels (b) as a category; a missing label is None."""
    values = np.empty(len(array), dtype=object)
    values[:] = [None if is_missing(label) else label for label in array.tolist()]
    distinct = len({label for label in values if label is not None})
    why = f"{distinct} different labels in {len(values)} rows"
    return Column(name="y", kind="category", why=why), values


def _hot_rows(array: Array, kind: str | None) -> Target | None:
    """Return rows (b k) of 0 and 1 as labels; None where they are other numbers."""
    width = array.shape[1]
    if kind is None:
        kind = "labels" if width and holds_bits(array) else "vector"
        kind = "category" if kind == "labels" and is_one_hot(array) else kind
    if kind == "labels":
        why = f"an array (b {width}) of 0 and 1"
        column = Column(name="y", kind="labels", width=width, why=why)
        return column, check_bits("y", array)
    if kind == "category" and width > 1:
        why = f"one-hot rows of an array (b {width})"
        column = Column(name="y", kind="category", width=width, why=why)
        return column, labels_of_one_hot("y", check_bits("y", array))
    return None
