"""Join the inputs of a row along their steps, and check that their steps agree."""

from __future__ import annotations

import numpy as np

from unrolled.data.batches import GroupLengths
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.input_groups import InputGroup
from unrolled.errors import DataError


def refuse_uneven(columns: dict[str, RaggedColumn]) -> None:
    """Refuse sequences of different length in one row: their steps cannot be paired."""
    many = {name: x.lengths for name, x in columns.items() if x.lengths is not None}
    (first, lengths), *rest = many.items() if many else [("", None)]
    for name, others in rest:
        wrong = np.flatnonzero(lengths != others)
        if len(wrong) and lengths is not None and others is not None:
            row = wrong[0]
            raise DataError(
                f"row {row + 1}: '{first}' has {lengths[row]} steps and '{name}' has {others[row]}."
                " They had the same number of steps in every row of the training data. Correct the"
                " row."
            )


def join_numbers(
    columns: dict[str, RaggedColumn], names: dict[str, str], x_name: str
) -> dict[str, RaggedColumn]:
    """Return the inputs of a group, all numbers joined into one.

    Args:
        columns: The encoded columns of the group; those without steps are repeated along the steps.
        names: The name of the input of each column of ids.
        x_name: The name of the input of numbers.
    """
    offsets = next((x.offsets for x in columns.values() if x.offsets is not None), None)
    if offsets is not None:
        columns = {
            name: x if x.offsets is not None else x.repeat_along(offsets)
            for name, x in columns.items()
        }
    numbers = [x.flat for x in columns.values() if not x.is_integer]
    joined = {x_name: RaggedColumn(np.concatenate(numbers, axis=-1), offsets)} if numbers else {}
    return joined | {names[name]: x for name, x in columns.items() if x.is_integer}


def group_lengths(group: InputGroup, inputs: dict[str, RaggedColumn]) -> GroupLengths:
    """Return the numbers of steps of the rows of a group.

    Raises:
        DataError: Rows do not have the number of steps of the training part.
    """
    names = (*((group.x,) if group.values else ()), *group.inputs)
    lengths = np.asarray(inputs[names[0]].lengths)
    check_lengths(lengths, group.t)
    return GroupLengths(names, lengths, group.mask)


def check_lengths(lengths: Array | None, steps: int | None) -> None:
    """Refuse rows that have not the number of steps that all rows of the training part had."""
    if lengths is None or steps is None:
        return
    wrong = np.flatnonzero(lengths != steps)
    if len(wrong):
        raise DataError(
            f"row {wrong[0] + 1} has {lengths[wrong[0]]} steps, but every row of the training"
            f" data has {steps}. Cut or fill the row, or train on rows of different lengths."
        )
