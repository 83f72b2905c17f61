"""Batches: encoded rows gathered into a few padded lengths, every batch full.

Rows of different lengths are kept end to end in one flat array. A batch takes rows of similar
length, pads them on the right to one of a few lengths (each new length is a compilation), and
is filled up to the full batch size with rows of weight zero. Weights are scaled so that the mean
loss of the batches is the mean loss of the real rows (or real steps), whatever the padding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from unrolled.data.block import Array, Block

PREVIOUS, STOP = "previous", "stop"  # a chained decoder's further input and output
MOST_LENGTHS = 3
AT_ONCE = 256  # rows in a batch for prediction
FEW_ROWS = 4096  # below this, computing padded steps costs less than compiling another length


@dataclass(frozen=True)
class Examples:
    """Encoded rows, ready to be cut into batches.

    Attributes:
        inputs: A block for each input tensor of the network but `mask`.
        targets: A block for each output; empty when predicting.
        lengths: Input steps of each row (n), or None where the input has none.
        steps_out: Output steps `u` to pad targets to; None where targets follow the input or are
            fed back, and then padded as their lengths ask for.
        ragged: Whether the network is told which steps are real.
        fed: The output that a chained decoder is fed back, one step late; None without one.
        start: What it is fed at the first step: an id, or 0 for numbers.
        most: The most rows of one pass, drawn anew for each; None takes all.
        words: The inputs that are ids of words, tokens or characters.
        class_weights: By output, what rows of each class weigh (C); rows of others weigh 1.
    """

    inputs: Mapping[str, Block]
    targets: Mapping[str, Block]
    rows: int
    lengths: Array | None = None
    steps_out: int | None = None
    ragged: bool = False
    fed: str | None = None
    start: int = 0
    most: int | None = None
    words: tuple[str, ...] = ()
    class_weights: Mapping[str, Array] = field(default_factory=dict)

    def take(self, rows: Array) -> Examples:
        """Return some rows, in their order."""
        return replace(
            self,
            inputs={name: block.take(rows) for name, block in self.inputs.items()},
            targets={name: block.take(rows) for name, block in self.targets.items()},
            rows=len(rows),
            lengths=None if self.lengths is None else self.lengths[rows],
        )

    @property
    def rows_a_pass(self) -> int:
        """How many rows a pass takes."""
        return min(self.rows, self.most or self.rows)

    @property
    def lengths_out(self) -> Array | None:
        """Output steps of each row (n) where they are its own; None where all have `steps_out`."""
        if self.fed is not None:
            fed = self.targets.get(self.fed)  # none when predicting
            return None if fed is None else fed.lengths
        return self.lengths if self.steps_out is None else None

    @cached_property
    def padded_out(self) -> Array | None:
        """The length that each row's fed-back output is padded to (n); None without one."""
        if self.fed is None or self.lengths_out is None:
            return None
        padded = np.array(padded_lengths(self.lengths_out))
        return padded[np.searchsorted(padded, self.lengths_out)]

    def steps_of(self, block: Block, batch: Batch) -> int:
        """Return the steps that a target is padded to in a batch."""
        if block.lengths is None or self.padded_out is None:
            return self.steps_out or batch.steps
        return int(self.padded_out[batch.rows].max())

    def forced(self, fed: str, *, start: int, stops: bool) -> Examples:
        """Return these rows for teacher forcing.

        Args:
            fed: The output that is fed back.
            start: What stands for it before the first step.
            stops: Whether a further target, `stop`, tells which step of a row is its last.
        """
        targets = dict(self.targets)
        offsets = targets[fed].offsets if fed in targets else None
        if stops and offsets is not None:
            last = np.zeros((offsets[-1], 1), "float32")
            last[offsets[1:] - 1] = 1
            targets[STOP] = Block(last, offsets)
        return replace(self, targets=targets, steps_out=None, fed=fed, start=start)


@dataclass(frozen=True)
class Batch:
    """Rows that are computed together.

    Attributes:
        rows: Row numbers (b).
        real: How many of them count; the rest only fill the batch up.
        steps: The length they are padded to.
    """

    rows: Array
    real: int
    steps: int


def batches(
    examples: Examples,
    batch_size: int,
    *,
    shuffle: np.random.Generator | None = None,
    most: int = MOST_LENGTHS,
) -> list[Batch]:
    """Return the batches of one pass over the rows.

    Args:
        examples: The encoded rows.
        batch_size: Rows a batch; every batch has exactly as many.
        shuffle: Orders the rows and the batches anew; None keeps similar lengths together.
        most: The most padded lengths.
    """
    lengths = np.broadcast_to(1, examples.rows) if examples.lengths is None else examples.lengths
    order = _order(examples, shuffle)
    if examples.padded_out is not None:  # rows whose outputs are alike in length go together
        order = order[np.argsort(examples.padded_out[order], kind="stable")]
    made: list[Batch] = []
    waiting = order[:0]
    shortest = 0
    padded = padded_lengths(lengths, most) if examples.ragged else [int(lengths.max(initial=1))]
    for steps in padded:
        inside = (lengths[order] > shortest) & (lengths[order] <= steps)
        waiting, shortest = np.concatenate([waiting, order[inside]]), steps
        full = len(waiting) // batch_size * batch_size
        groups = waiting[:full].reshape(-1, batch_size)
        made += [Batch(rows, batch_size, steps) for rows in groups]
        waiting = waiting[full:]  # too few for a batch: they go with the next longer ones
    if len(waiting):
        made.append(Batch(np.resize(waiting, batch_size), len(waiting), shortest))
    return [made[i] for i in shuffle.permutation(len(made))] if shuffle else made


def _order(examples: Examples, shuffle: np.random.Generator | None) -> Array:
    """Return the rows of a pass in their order: all, or as many as are drawn."""
    if shuffle is None:
        return np.arange(examples.rows)
    if examples.rows_a_pass == examples.rows:
        return shuffle.permutation(examples.rows)
    return shuffle.choice(examples.rows, examples.rows_a_pass, replace=False)


def padded_lengths(lengths: Array, most: int = MOST_LENGTHS) -> list[int]:
    """Return the few lengths that rows are padded to, the longest last.

    They are round numbers, so that another table of the same kind of rows seldom needs another
    compilation, and chosen so that little is padded: of all that some row asks for, the one whose
    rows lose least by the next longer one goes first.

    Example:
        >>> padded_lengths(np.array([3, 5, 8, 13, 40]))
        [8, 16, 40]
    """
    rows = Counter(_rounded(int(n)) for n in lengths)
    kept = sorted(rows)
    while len(kept) > most:
        losses = [rows[n] * (longer - n) for n, longer in pairwise(kept)]
        gone = kept.pop(losses.index(min(losses)))
        rows[min(n for n in kept if n > gone)] += rows[gone]
    return kept


def _rounded(steps: int) -> int:
    """Return the next round number: a multiple of four, and coarser the longer the row."""
    unit = max(4, 1 << max(0, (steps - 1).bit_length() - 4))
    return -unit * (-steps // unit)


def inputs_of(examples: Examples, batch: Batch) -> dict[str, Array]:
    """Return the network's input arrays for a batch, by name."""
    arrays = {name: b.gather(batch.rows, batch.steps) for name, b in examples.inputs.items()}
    if examples.ragged and examples.lengths is not None:
        arrays["mask"] = np.arange(batch.steps) < examples.lengths[batch.rows][:, None]
    if examples.fed is not None and examples.fed in examples.targets:
        arrays[PREVIOUS] = late(examples.targets[examples.fed], examples, batch)
    return arrays


def late(block: Block, examples: Examples, batch: Batch) -> Array:
    """Return a target one step late, (b u ...): what a decoder is given to predict it from."""
    target = block.gather(batch.rows, examples.steps_of(block, batch))
    first = np.full_like(target[:, :1], examples.start)
    return np.concatenate([first, target[:, :-1]], axis=1)


def targets_of(
    examples: Examples, batch: Batch, total: int
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return targets and their weights for a batch: filled rows and padded steps weigh zero.

    Args:
        examples: The encoded rows.
        batch: Which of them.
        total: How many batches a pass has.

    Returns:
        Targets (b ...) or (b u ...), and weights (b) or (b u), by output.
    """
    targets, weights = {}, {}
    size = len(batch.rows)
    real = (np.arange(size) < batch.real).astype("float32")  # b
    real *= total * size / examples.rows_a_pass
    for name, block in examples.targets.items():
        steps = examples.steps_of(block, batch)
        target, weight = block.gather(batch.rows, steps), real
        if block.lengths is not None:
            inside = np.arange(steps) < block.lengths[batch.rows][:, None]  # b u
            counted = np.minimum(block.lengths, examples.steps_out or block.lengths)
            share = steps / counted.mean()
            weight = (real * share)[:, None] * inside
        elif target.ndim > 2:
            weight = real[:, None] * block.known_steps(batch.rows)
        if block.whole:  # -1 is a class never seen in training
            weight, target = weight * (target >= 0), np.maximum(target, 0)
        if name in examples.class_weights:
            weight = weight * examples.class_weights[name][target]
        targets[name], weights[name] = target, weight.astype("float32")
    return targets, weights


def large(examples: Examples) -> list[Batch]:
    """Return the batches of one pass over the rows where nothing is learned from them."""
    size = min(AT_ONCE, 1 << max(examples.rows - 1, 0).bit_length())
    return batches(examples, size, most=1 if examples.rows < FEW_ROWS else MOST_LENGTHS)
