"""Numbers that a person should know of: far from the others, far from the training part."""

from __future__ import annotations

import numpy as np

from unrolled.data.block import Array

FAR = 10.0  # standard deviations beyond the smallest and the largest number of the training part
DOMINATES = 1e5  # times as far from the median as nine tenths of the numbers that differ from it
MIN_NUMBERS = 10  # with fewer, no number is unusual


def describe_far(name: str, flat: Array, rows: Array, ends: Array, std: Array) -> str | None:
    """Return a sentence on numbers that are far outside the training part, or None.

    Args:
        name: The name of the column.
        flat: The numbers of all rows or steps (n f), NaN where missing.
        rows: The row of each of them, from 1 (n).
        ends: The smallest and the largest number of each feature in the training part (2 f).
        std: The standard deviation of each feature (f).

    Example:
        >>> flat, ends = np.array([[1.0], [99.0]]), np.array([[0.0], [5.0]])
        >>> describe_far("x", flat, np.array([1, 2]), ends, np.array([1.0]))
        'the numbers of `x` were 0 to 5 in the training part. 1 of 2 rows is far outside, such as \
99 in row 2: its prediction is a guess.'
    """
    far = (flat < ends[0] - FAR * std) | (flat > ends[1] + FAR * std)  # n f
    if not far.any():
        return None
    first, feature = (int(i) for i in np.argwhere(far)[0])
    count, total = len(np.unique(rows[far.any(axis=1)])), int(rows[-1])
    verb, whose = ("is", "its prediction is") if count == 1 else ("are", "their predictions are")
    low, high = (f"{end:.4g}" for end in ends[:, feature])
    return (
        f"the numbers of `{name}` were {low} to {high} in the training part. {count} of {total}"
        f" {'row' if total == 1 else 'rows'} {verb} far outside, such as {flat[first, feature]:.4g}"
        f" in row {rows[first]}: {whose} a guess."
    )


def describe_changed(
    name: str, flat: Array, rows: Array, ends: Array, constant: list[int]
) -> str | None:
    """Return a sentence on other numbers than the one that a feature had in training, or None.

    Args:
        name: The name of the column.
        flat: The numbers of all rows or steps (n f), NaN where missing.
        rows: The row of each of them, from 1 (n).
        ends: The smallest and the largest number of each feature in the training part (2 f).
        constant: The features that were constant in the training part.
    """
    changed = ~np.isnan(flat[:, constant]) & (flat[:, constant] != ends[0, constant])
    if not changed.any():
        return None
    first, place = (int(i) for i in np.argwhere(changed)[0])
    feature = constant[place]
    return (
        f"`{name}` was {ends[0, feature]:.4g} in all of the training part, so that another number,"
        f" such as {flat[first, feature]:.4g} in row {rows[first]}, changes no prediction."
    )


def describe_dominating(name: str, flat: Array) -> str | None:
    """Return a sentence on one number beside which all others look the same, or None.

    Args:
        name: The name of the column.
        flat: The numbers of the training part (n f), NaN where missing.

    Example:
        >>> print(describe_dominating("x", np.array([[1.0], [2.0], [3.0]] * 4 + [[1e300]])))
        one number of `x`, 1e+300, is so far from the others that they look the same beside it. \
Correct it, or leave the cell empty if it stands for a missing number.
    """
    for feature in flat.T:
        known = feature[~np.isnan(feature)].astype(np.float64)
        if len(known) < MIN_NUMBERS:
            continue
        size = np.abs(known).max() or 1.0  # differences of huge numbers would overflow
        distances = np.abs(known / size - np.median(known / size))
        differing = distances[distances > 0]
        if not len(differing):
            continue
        extreme = known[int(distances.argmax())]
        if distances.max() > DOMINATES * np.quantile(differing, 0.9, method="lower"):
            return (
                f"one number of `{name}`, {extreme:.4g}, is so far from the others that they look"
                " the same beside it. Correct it, or leave the cell empty if it stands for a"
                " missing number."
            )
    return None
