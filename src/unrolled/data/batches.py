"""Batches: encoded rows padded to a few lengths, every batch full.

The rows of different lengths stand end to end in one flat array. A batch takes rows of similar
length, pads them on the right to one of a few lengths (each new length is a compilation), and is
filled up to the full batch size with rows of weight zero. The weights are scaled so that the mean
loss of the batches is the mean loss of the real rows (or real steps), whatever the padding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from unrolled.data.block import Array, RaggedColumn
from unrolled.data.special_ids import PREVIOUS, STOP

MAX_LENGTHS = 3
MAX_GROUP_LENGTHS = 2  # of inputs with a number of steps of their own
PREDICTION_BATCH_SIZE = 256
FEW_ROWS = 4096  # below this, computing padded steps costs less than compiling another length


@dataclass(frozen=True)
class GroupLengths:
    """The steps of inputs that have another number of steps than the first ones.

    Attributes:
        inputs: The names of the inputs.
        lengths: Steps of each row (n).
        mask: The name of the input that says which steps are real.
    """

    inputs: tuple[str, ...]
    lengths: Array
    mask: str


@dataclass(frozen=True)
class Examples:
    """Encoded rows, ready to be cut into batches.

    Attributes:
        inputs: A column for each input tensor of the network but masks.
        targets: A column for each output; empty when predicting.
        lengths: Input steps of each row (n), or None where the input has none; those of the first
            inputs where others have a number of steps of their own.
        steps_out: Output steps `u` to pad targets to; None where targets follow the input or are
            fed back, and then each batch pads them to its own length.
        ragged: Whether the network is told which steps are real.
        feedback: The output that the decoder gets back as input one step later; None without one.
        start: The decoder's input at the first step: an id, or 0 for numbers.
        max_rows: How many rows an epoch uses at most, drawn anew for each epoch; None uses all.
        token_inputs: The inputs that are ids of words, tokens or characters.
        class_weights: By output, the weight of a row of each class (C); other rows weigh 1. Of a
            set of labels, the weight of a 0 and of a 1 of each label (2 k).
        label_sets: The outputs that are any number of labels, each 0 or 1.
        groups: The inputs whose number of steps is their own.
        partly_known: The outputs of which some rows or steps are known only in part.
    """

    inputs: Mapping[str, RaggedColumn]
    targets: Mapping[str, RaggedColumn]
    rows: int
    lengths: Array | None = None
    steps_out: int | None = None
    ragged: bool = False
    feedback: str | None = None
    start: int = 0
    max_rows: int | None = None
    token_inputs: tuple[str, ...] = ()
    class_weights: Mapping[str, Array] = field(default_factory=dict)
    label_sets: tuple[str, ...] = ()
    partly_known: tuple[str, ...] = ()
    groups: tuple[GroupLengths, ...] = ()

    def take(self, rows: Array) -> Examples:
        """Return the rows at some indices, in their order."""
        return replace(
            self,
            inputs={name: column.take(rows) for name, column in self.inputs.items()},
            targets={name: column.take(rows) for name, column in self.targets.items()},
            rows=len(rows),
            lengths=None if self.lengths is None else self.lengths[rows],
            groups=tuple(replace(group, lengths=group.lengths[rows]) for group in self.groups),
        )

    def input_lengths(self, row: int) -> list[int]:
        """Return the input steps of a row: of the first inputs, and of each group after them."""
        every = [self.lengths, *(group.lengths for group in self.groups)]
        return [int(lengths[row]) for lengths in every if lengths is not None]

    @property
    def rows_per_epoch(self) -> int:
        """How many rows an epoch uses."""
        return min(self.rows, self.max_rows or self.rows)

    @property
    def output_lengths(self) -> Array | None:
        """Output steps of each row (n) where they differ; None where all rows have `steps_out`."""
        if self.feedback is not None:
            target = self.targets.get(self.feedback)  # None when predicting
            return None if target is None else target.lengths
        return self.lengths if self.steps_out is None else None

    @cached_property
    def padded_output_lengths(self) -> Array | None:
        """The length that each row's fed-back output is padded to (n); None without feedback."""
        if self.feedback is None or self.output_lengths is None:
            return None
        padded = np.array(padded_lengths(self.output_lengths))
        return padded[np.searchsorted(padded, self.output_lengths)]

    def target_steps(self, target: RaggedColumn, batch: Batch) -> int:
        """Return the number of steps that a target is padded to in a batch."""
        if target.lengths is None or self.padded_output_lengths is None:
            return self.steps_out or batch.steps
        return int(self.padded_output_lengths[batch.rows].max())

    def with_teacher_forcing(self, feedback: str, *, start: int, stops: bool) -> Examples:
        """Return these rows with the true output of the step before as a further input.

        Args:
            feedback: The output that is fed back.
            start: What stands in its place before the first step.
            stops: Whether a further target, `stop`, marks the last step of each row.
        """
        targets = dict(self.targets)
        offsets = targets[feedback].offsets if feedback in targets else None
        if stops and offsets is not None:
            is_last = np.zeros((offsets[-1], 1), "float32")
            is_last[offsets[1:] - 1] = 1
            targets[STOP] = RaggedColumn(is_last, offsets)
        return replace(self, targets=targets, steps_out=None, feedback=feedback, start=start)


def partly_known_outputs(*parts: Examples) -> tuple[str, ...]:
    """Return the outputs of which some rows or steps are known only in part."""
    names = dict.fromkeys(name for part in parts for name in part.targets)
    return tuple(
        name
        for name in names
        if any(part.targets[name].has_partial_values for part in parts if name in part.targets)
    )


@dataclass(frozen=True)
class Batch:
    """Rows that are computed together.

    Attributes:
        rows: Row numbers (b).
        real: How many of them count; the others only fill the batch up.
        steps: The length they are padded to.
        group_steps: The length that the inputs of each of `Examples.groups` are padded to.
    """

    rows: Array
    real: int
    steps: int
    group_steps: tuple[int, ...] = ()


def make_batches(
    examples: Examples,
    batch_size: int,
    *,
    shuffle: np.random.Generator | None = None,
    max_lengths: int = MAX_LENGTHS,
) -> list[Batch]:
    """Return the batches of one epoch.

    Args:
        examples: The encoded rows.
        batch_size: Rows in a batch; every batch has exactly this many.
        shuffle: Shuffles the rows and the batches; None keeps similar lengths together.
        max_lengths: How many different padded lengths there may be.
    """
    lengths = np.broadcast_to(1, examples.rows) if examples.lengths is None else examples.lengths
    order = _epoch_rows(examples, shuffle)
    if examples.padded_output_lengths is not None:  # rows of similar output length go together
        order = order[np.argsort(examples.padded_output_lengths[order], kind="stable")]
    batches: list[Batch] = []
    waiting = order[:0]
    shorter = 0
    ends = padded_lengths(lengths, max_lengths) if examples.ragged else [lengths.max(initial=1)]
    for steps in map(int, ends):
        fits = (lengths[order] > shorter) & (lengths[order] <= steps)
        waiting, shorter = np.concatenate([waiting, order[fits]]), steps
        full = len(waiting) // batch_size * batch_size
        groups = waiting[:full].reshape(-1, batch_size)
        batches += [Batch(rows, batch_size, steps) for rows in groups]
        waiting = waiting[full:]  # too few for a batch: they go with the next longer ones
    if len(waiting):
        batches.append(Batch(np.resize(waiting, batch_size), len(waiting), shorter))
    batches = _pad_groups(examples, batches, max_lengths)
    return [batches[i] for i in shuffle.permutation(len(batches))] if shuffle else batches


def _pad_groups(examples: Examples, batches: list[Batch], max_lengths: int) -> list[Batch]:
    """Return batches with the lengths that inputs of their own number of steps are padded to.

    These lengths are fewer than those of the first inputs, since each combination is compiled.
    """
    for group in examples.groups:
        ends = np.array([group.lengths.max(initial=1)])
        if examples.ragged:
            ends = np.array(padded_lengths(group.lengths, min(max_lengths, MAX_GROUP_LENGTHS)))
        longest = [group.lengths[batch.rows].max() for batch in batches]
        steps = ends[np.searchsorted(ends, longest)].tolist()
        batches = [
            replace(batch, group_steps=(*batch.group_steps, n))
            for batch, n in zip(batches, steps, strict=True)
        ]
    return batches


def _epoch_rows(examples: Examples, shuffle: np.random.Generator | None) -> Array:
    """Return the rows of an epoch in their order: all rows, or a random sample of them."""
    if shuffle is None:
        return np.arange(examples.rows)
    if examples.rows_per_epoch == examples.rows:
        return shuffle.permutation(examples.rows)
    return shuffle.choice(examples.rows, examples.rows_per_epoch, replace=False)


def padded_lengths(lengths: Array, max_lengths: int = MAX_LENGTHS) -> list[int]:
    """Return the few lengths that rows are padded to, the longest last.

    They are round numbers, so that another table of the same kind of rows seldom needs another
    compilation. While there are too many, the length whose rows lose least by being padded to the
    next longer one is removed.

    Example:
        >>> padded_lengths(np.array([3, 5, 8, 13, 40]))
        [8, 16, 40]
    """
    row_counts = Counter(_round_up(int(n)) for n in lengths)
    candidates = sorted(row_counts)
    while len(candidates) > max_lengths:
        padding = [row_counts[n] * (longer - n) for n, longer in pairwise(candidates)]
        removed = candidates.pop(padding.index(min(padding)))
        row_counts[min(n for n in candidates if n > removed)] += row_counts[removed]
    return candidates


def _round_up(steps: int) -> int:
    """Return the next round number: a multiple of four, and of more the longer the row is."""
    unit = max(4, 1 << max(0, (steps - 1).bit_length() - 4))
    return -unit * (-steps // unit)


def batch_inputs(examples: Examples, batch: Batch) -> dict[str, Array]:
    """Return the network's input arrays for a batch, by name."""
    steps = {
        name: n
        for group, n in zip(examples.groups, batch.group_steps, strict=True)
        for name in group.inputs
    }
    arrays = {
        name: x.gather(batch.rows, steps.get(name, batch.steps))
        for name, x in examples.inputs.items()
    }
    if examples.ragged and examples.lengths is not None:
        arrays["mask"] = np.arange(batch.steps) < examples.lengths[batch.rows][:, None]
        for group, n in zip(examples.groups, batch.group_steps, strict=True):
            arrays[group.mask] = np.arange(n) < group.lengths[batch.rows][:, None]
    if examples.feedback is not None and examples.feedback in examples.targets:
        arrays[PREVIOUS] = shift_right(examples.targets[examples.feedback], examples, batch)
    return arrays


def shift_right(target: RaggedColumn, examples: Examples, batch: Batch) -> Array:
    """Return a target one step later, (b u ...): the decoder's input at each step."""
    values = target.gather(batch.rows, examples.target_steps(target, batch))
    first = np.full_like(values[:, :1], examples.start)
    return np.concatenate([first, values[:, :-1]], axis=1)


def batch_targets(
    examples: Examples, batch: Batch, total: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return targets and their weights for a batch.

    Filling rows, padded steps and what is not known weigh zero. The mean weight of what is known
    is 1 over an epoch, so that the loss of each output is the mean over what is known of it.

    Args:
        examples: The encoded rows.
        batch: Which of them.
        total: How many batches an epoch has.

    Returns:
        Targets (b ...) or (b u ...), and weights (b) or (b u), by output.
    """
    targets, weights = {}, {}
    size = len(batch.rows)
    row_weights = (np.arange(size) < batch.real).astype("float32")  # b
    row_weights *= total * size / examples.rows_per_epoch
    for name, column in examples.targets.items():
        steps = examples.target_steps(column, batch)
        target, weight = column.gather(batch.rows, steps), row_weights
        if column.lengths is not None:
            is_real = np.arange(steps) < column.lengths[batch.rows][:, None]  # b u
            counted = np.minimum(column.lengths, examples.steps_out or column.lengths)
            weight = (row_weights * (steps / counted.mean()))[:, None] * is_real
        elif target.ndim > 2:
            weight = row_weights[:, None] * column.step_weights(batch.rows)
        if column.known is not None:
            target, weight = _weigh_known(column, target, weight)
        if name in examples.class_weights and name not in examples.label_sets:
            weight = weight * examples.class_weights[name][target]
        targets[name], weights[name] = target, weight.astype("float32")
    return targets, weights


def _weigh_known(column: RaggedColumn, target: Array, weight: Array) -> tuple[Array, Array]:
    """Return a target of a batch and its weights, which are zero where nothing is known.

    Args:
        column: The target of all rows.
        target: The target of the batch. A row or step of which only some numbers are known keeps
            NaN in place of the others: the loss leaves them out.
        weight: The weights of the batch, if everything were known.
    """
    here = target >= 0 if column.is_integer else ~np.isnan(target)  # b ... or b u ...
    weight = weight * (here if here.ndim == weight.ndim else here.any(axis=-1))
    partial = here.any(axis=-1, keepdims=True) & column.has_partial_values
    target = np.where(here | partial, target, np.zeros_like(target))
    return target, weight / max(column.known_fraction, 1e-9)


def validation_batches(examples: Examples) -> list[Batch]:
    """Return large batches of all rows for the validation loss, which a compiled call computes.

    As in training every batch is full, and only a few lengths occur.
    """
    size = min(PREDICTION_BATCH_SIZE, 1 << max(examples.rows - 1, 0).bit_length())
    return make_batches(examples, size, max_lengths=1 if examples.rows < FEW_ROWS else MAX_LENGTHS)


def prediction_batches(examples: Examples) -> list[Batch]:
    """Return the batches of all rows for prediction and evaluation, for which nothing is compiled.

    Rows of similar length go together, and no batch is longer than its longest row.
    """
    none = np.zeros(examples.rows, int)
    lengths = none if examples.lengths is None else examples.lengths
    outputs = examples.padded_output_lengths
    order = np.arange(examples.rows)
    if examples.ragged or outputs is not None:
        order = np.lexsort((lengths, none if outputs is None else outputs))
    batches = []
    for start in range(0, examples.rows, PREDICTION_BATCH_SIZE):
        rows = order[start : start + PREDICTION_BATCH_SIZE]
        groups = tuple(int(group.lengths[rows].max(initial=1)) for group in examples.groups)
        batches.append(Batch(rows, len(rows), int(lengths[rows].max(initial=1)), groups))
    return batches
