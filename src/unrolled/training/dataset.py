"""The passes of a training: their batches, and what is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.batches import Batch, Examples, batch_inputs, batch_targets, make_batches
from unrolled.data.block import Array
from unrolled.data.encoders.vocabulary import PADDING, UNKNOWN
from unrolled.networks import unwrap_single
from unrolled.settings import Training

PyDataset: Any = keras().utils.PyDataset
Hide = Callable[[Array, tuple[int, int]], Array]


class ValidationDataset(PyDataset):
    """Examples as Keras wants them: batch by batch.

    Attributes:
        batches: Those of a pass.
        skipped: How many of them, the first, are left out.
    """

    def __init__(self, examples: Examples, made: list[Batch]) -> None:
        super().__init__()
        self.examples, self.batches, self.skipped = examples, made, 0

    def __len__(self) -> int:
        return len(self.batches) - self.skipped

    def __getitem__(self, index: int) -> Any:
        batch = self.batches[self.skipped + index]
        targets, weights = batch_targets(self.examples, batch, len(self.batches))
        inputs = self._seen(batch_inputs(self.examples, batch), self.skipped + index)
        return unwrap_single(inputs), unwrap_single(targets), unwrap_single(weights)

    def _seen(self, inputs: dict[str, Array], index: int) -> dict[str, Array]:  # noqa: ARG002
        """Return what is shown of the inputs of a batch."""
        return inputs


class BatchDataset(ValidationDataset):
    """Examples cut into batches anew before each pass, in an order of their own.

    Attributes:
        order: The random state that the batches of this pass were made by.
        done: How many passes came before this one.
    """

    def __init__(self, examples: Examples, training: Training) -> None:
        self.size = min(training.batch_size or examples.rows, examples.rows)
        self.random = np.random.default_rng(training.seed)
        super().__init__(examples, make_batches(examples, self.size, shuffle=self.random))
        self.order: Mapping[str, Any] = {}
        self.done, self.hide = 0, word_dropout(training)

    def _seen(self, inputs: dict[str, Array], index: int) -> dict[str, Array]:
        """Return the inputs of a batch, with some words taken for unknown ones if so asked."""
        if self.hide is not None:
            for name in self.examples.token_inputs:
                inputs[name] = self.hide(inputs[name], (self.done, index))
        return inputs

    def begin(self, order: Mapping[str, Any] | None = None, skipped: int = 0) -> None:
        """Cut the batches of the next pass, or of one that was begun before.

        Args:
            order: The random state of that pass.
            skipped: How many of its batches are done.
        """
        if order is not None:
            self.random.bit_generator.state = order
        self.order, self.skipped = self.random.bit_generator.state, skipped
        self.batches = make_batches(self.examples, self.size, shuffle=self.random)


def word_dropout(training: Training) -> Hide | None:
    """Return what takes a share of words for unknown ones, others in each batch of each pass.

    Args:
        training: The settings: the share, and the seed.

    Returns:
        From ids (b t) and the place of the batch to ids; None where none are hidden.
    """
    share = training.word_dropout
    if not share:
        return None

    def hide(ids: Array, place: tuple[int, int]) -> Array:
        drawn = np.random.default_rng((training.seed, *place)).random(ids.shape)
        return np.where((drawn < share) & (ids != PADDING), UNKNOWN, ids).astype(ids.dtype)

    return hide
