"""The batches of each epoch, as Keras reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.batches import Batch, Examples, batch_inputs, batch_targets, make_batches
from unrolled.data.block import Array
from unrolled.data.special_ids import PADDING, UNKNOWN
from unrolled.networks import unwrap_single
from unrolled.settings import Training

PyDataset: Any = keras.utils.PyDataset
Dropout = Callable[[Array, tuple[int, int]], Array]


class ValidationDataset(PyDataset):
    """The batches of a validation, which are the same in every epoch.

    Args:
        examples: The validation rows.
        batches: The batches they are cut into.
    """

    def __init__(self, examples: Examples, batches: list[Batch]) -> None:
        super().__init__()
        self.examples, self.batches = examples, batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        batch = self.batches[index]
        inputs = batch_inputs(self.examples, batch)
        targets, weights = batch_targets(self.examples, batch, len(self.batches))
        return unwrap_single(inputs), unwrap_single(targets), unwrap_single(weights)


class BatchDataset(PyDataset):
    """The batches of a training, shuffled anew for each epoch.

    The order of the rows depends only on the seed, so that it is the same on every backend.

    Args:
        examples: The training rows.
        training: The settings, without gaps.

    Attributes:
        batches: The batches of this epoch.
        first: The index of the first batch that is trained on; an epoch that is resumed starts
            later than 0.
        shuffle_state: The random state from which this epoch was shuffled.
        epoch: The number of this epoch, from 0.
    """

    def __init__(self, examples: Examples, training: Training) -> None:
        super().__init__()
        self.examples = examples
        self.batch_size = min(training.batch_size or examples.rows, examples.rows)
        self.random = np.random.default_rng(training.seed)
        self.batches = self._shuffled_batches()
        self.first, self.epoch = 0, 0
        self.shuffle_state: Mapping[str, Any] = {}
        self.dropout = word_dropout(training)

    def __len__(self) -> int:
        return len(self.batches) - self.first

    def __getitem__(self, index: int) -> Any:
        number = self.first + index
        batch = self.batches[number]
        inputs = batch_inputs(self.examples, batch)
        targets, weights = batch_targets(self.examples, batch, len(self.batches))
        if self.dropout is not None:
            for name in self.examples.token_inputs:
                inputs[name] = self.dropout(inputs[name], (self.epoch, number))
        return unwrap_single(inputs), unwrap_single(targets), unwrap_single(weights)

    def start_epoch(
        self, epoch: int, *, shuffle_state: Mapping[str, Any] | None = None, first: int = 0
    ) -> None:
        """Cut the batches of an epoch.

        Args:
            epoch: The number of the epoch, from 0.
            shuffle_state: The random state from which to shuffle an epoch that is resumed; None
                goes on from the epoch before.
            first: The index of the first batch that is trained on.
        """
        if shuffle_state is not None:
            self.random.bit_generator.state = shuffle_state
        self.shuffle_state = self.random.bit_generator.state
        self.epoch, self.first = epoch, first
        self.batches = self._shuffled_batches()

    def _shuffled_batches(self) -> list[Batch]:
        return make_batches(self.examples, self.batch_size, shuffle=self.random)


def word_dropout(training: Training) -> Dropout | None:
    """Return the function that replaces random words by "unknown", or None without word dropout.

    Args:
        training: The settings, with the rate and the seed.

    Returns:
        A function of ids (b t) and the place (epoch, batch), from which the words are drawn.
    """
    rate = training.word_dropout
    if not rate:
        return None

    def dropout(ids: Array, place: tuple[int, int]) -> Array:
        draws = np.random.default_rng((training.seed, *place)).random(ids.shape)
        return np.where((draws < rate) & (ids != PADDING), UNKNOWN, ids).astype(ids.dtype)

    return dropout
