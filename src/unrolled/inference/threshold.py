"""A threshold on the probability of a label, in place of one half."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.errors import SettingError
from unrolled.schema import Column


def apply_threshold(
    encoder: TableEncoder,
    logits: Mapping[str, Any],
    threshold: float | None,
    temperatures: Mapping[str, float],
) -> dict[str, Any]:
    """Return logits from which a label is decoded where its probability reaches a threshold.

    It decides each label of `labels`, and the second of two labels of a category or of steps, in
    their sorted order. Other outputs stay as they are.

    Args:
        encoder: The encoder of the table.
        logits: The network's outputs by column name: (n o), or n arrays (t_i o).
        threshold: Between 0 and 1; None changes nothing.
        temperatures: The divisor of the logits of each column; 1 for a column without one.

    Raises:
        SettingError: The threshold is not between 0 and 1, or no output has labels that it could
            decide.
    """
    if threshold is None:
        return dict(logits)
    if not 0 < threshold < 1:
        raise SettingError(f"threshold={threshold} is not valid: give a number between 0 and 1.")
    places = {column.name: _place(encoder, column) for column in encoder.schema.outputs}
    if all(place is None for place in places.values()):
        kinds = ", ".join(f"'{c.name}' ({c.kind_name})" for c in encoder.schema.outputs)
        raise SettingError(
            "A threshold decides between two labels, or about each label of a set, and no output"
            f" has those: {kinds}. Leave the threshold out."
        )
    shift = math.log(threshold / (1 - threshold))
    shifted = dict(logits)
    for name, place in places.items():
        if place is not None:
            shifted[name] = _shift(logits[name], place, shift * temperatures.get(name, 1.0))
    return shifted


def _place(encoder: TableEncoder, column: Column) -> slice | None:
    """Return which logits of an output a threshold decides about, or None."""
    column_encoder = encoder.encoders[column.name]
    if column.is_label_set:
        return slice(None)
    if column.is_category and column_encoder.size == 2:
        return slice(1, 2)
    labels = list(column_encoder.labels)
    if encoder.schema.shape == "aligned" and column.scheme is None and len(labels) == 2:
        place = column_encoder.size - 2 + labels.index(max(labels))
        return slice(place, place + 1)
    return None


def _shift(logits: Any, place: slice, shift: float) -> Any:
    """Return logits with some of them lower by a number."""
    if isinstance(logits, list):
        return [_shift(row, place, shift) for row in logits]
    shifted = np.array(logits, dtype=float)
    shifted[..., place] -= shift
    return shifted
