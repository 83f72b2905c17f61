"""Which input sequences have the same number of steps in every row, and which have their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.encoders import tokenizer
from unrolled.data.tables.table import Table
from unrolled.errors import DataError
from unrolled.schema import Column

Lengths = np.ndarray[Any, np.dtype[np.int64]]
MISTAKE = 0.85  # two sequences that agree so well, but not in all rows, have a wrong row


@dataclass(frozen=True)
class LengthGroup:
    """Sequences that have the same number of steps in every row.

    Attributes:
        columns: The columns.
        lengths: The steps of each row (b); None for subwords, whose number is not fixed beforehand.
    """

    columns: tuple[Column, ...]
    lengths: Lengths | None


def length_groups(data: Table, inputs: Sequence[Column]) -> list[LengthGroup]:
    """Return the input sequences in groups of the same number of steps in every row.

    Args:
        data: The rows.
        inputs: The input columns.

    Raises:
        DataError: Two sequences differ in a few rows only, which is taken for a mistake; the
            message names the first of these rows.
    """
    groups: list[LengthGroup] = []
    for column in inputs:
        if column.side != "many":
            continue
        lengths = count_steps(data, column, exact=False)
        place = next((i for i, g in enumerate(groups) if _same(g.lengths, lengths)), None)
        if place is not None:
            groups[place] = LengthGroup((*groups[place].columns, column), lengths)
            continue
        for group in groups:
            _refuse_mistake(group, column, lengths)
        groups.append(LengthGroup((column,), lengths))
    return groups


def count_steps(data: Table, column: Column, *, exact: bool) -> Lengths | None:
    """Return the steps of each row (b), or None where their number is not fixed beforehand.

    Args:
        data: The rows.
        column: A sequence.
        exact: Whether it is an output, whose text is split exactly.
    """
    values = data.values[column.name]
    if column.kind == "text":
        return tokenizer.count_steps(list(values), column.unit or "characters", exact=exact)
    return np.array([len(value) for value in values], dtype=np.int64)


def followed_first(groups: Sequence[LengthGroup], outputs: Lengths | None) -> list[LengthGroup]:
    """Return the groups, first the one that the outputs follow: of as many steps in every row.

    Args:
        groups: The groups of the inputs.
        outputs: The steps of the outputs in each row; None where there are none, or their number
            is not fixed.
    """
    return sorted(groups, key=lambda group: not _same(group.lengths, outputs))


def describe_groups(groups: Sequence[LengthGroup], *, aligned: bool) -> str:
    """Return that inputs have numbers of steps of their own; nothing where all have the same.

    Args:
        groups: The groups of the inputs, first the one that aligned outputs follow.
        aligned: Whether there are aligned outputs.
    """
    if len(groups) < 2:
        return ""
    firsts = [group.columns[0] for group in groups]
    names = ", ".join(f"`{column.name}`" for column in firsts)
    sentence = f" The inputs {names} each have a number of steps of their own"
    (one, other) = groups[0].lengths, groups[1].lengths
    if one is not None and other is not None:
        row = int(np.flatnonzero(one != other)[0])
        sentence += f" (row {row + 1}: {one[row]} and {other[row]})"
    sentence += ", so each is read by recurrent layers of its own."
    if aligned:
        sentence += f" The outputs follow `{firsts[0].name}`, step by step."
    return sentence


def _same(one: Lengths | None, other: Lengths | None) -> bool:
    """Return whether both have the same number of steps in every row."""
    return one is not None and other is not None and bool((one == other).all())


def _agreement(one: Lengths, other: Lengths) -> float:
    """Return how often both have the same number of steps, beyond what chance explains.

    It is 1 if they have it in every row, and 0 if they have it as often as two unrelated sequences
    of these numbers of steps. Two sequences of mostly three steps agree often, and by chance.

    Source:
        Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    (steps, count), (other_steps, other_count) = (
        np.unique(lengths, return_counts=True) for lengths in (one, other)
    )
    _, i, j = np.intersect1d(steps, other_steps, return_indices=True)
    chance = float(count[i] @ other_count[j]) / len(one) ** 2
    return (float(np.mean(one == other)) - chance) / max(1 - chance, 1e-9)


def _refuse_mistake(group: LengthGroup, column: Column, lengths: Lengths | None) -> None:
    """Refuse a sequence that has as many steps as a group in nearly all rows, but not in all."""
    if group.lengths is None or lengths is None:
        return
    differ = group.lengths != lengths
    if _agreement(group.lengths, lengths) < MISTAKE:
        return
    row, first = int(np.flatnonzero(differ)[0]), group.columns[0]
    raise DataError(
        f"row {row + 1}: '{first.name}' ({first.kind_name}) has {group.lengths[row]} steps and"
        f" '{column.name}' ({column.kind_name}) has {lengths[row]}, but both have the same number"
        f" of steps in {len(differ) - int(differ.sum())} of {len(differ)} rows. Correct the row, or"
        " leave one of the columns out."
    )
