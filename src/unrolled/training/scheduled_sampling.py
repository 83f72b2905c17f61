"""Scheduled sampling: in training, a decoder is fed its own outputs more and more often."""

from __future__ import annotations

from math import log
from typing import Any, Literal

from unrolled.backend import keras
from unrolled.data.special_ids import END, PADDING

ops = keras.ops
Layer: Any = keras.layers.Layer


class ScheduledSampling(Layer):
    """Replaces a growing fraction of the true outputs by the decoder's own predictions.

    It does so only in training, where each call counts as one step. With the linear schedule the
    probability of feeding the true output falls from 1 to 0 over all steps. With the inverse
    sigmoid it falls later: it is one half in the middle, and never quite 0.

    Args:
        schedule: `linear` or `inverse-sigmoid`.
        total_steps: The training steps that the schedule spans.
        seed: The seed of the random draws.

    Source:
        Bengio et al. 2015, section 2.4. The predictions come from one teacher-forced run over all
        steps, not from a decoder run step by step (Duckworth et al. 2019, section 2.2).
    """

    def __init__(
        self, schedule: Literal["linear", "inverse-sigmoid"], total_steps: int, seed: int = 0
    ) -> None:
        super().__init__()
        self.supports_masking = True
        self.schedule, self.total_steps = schedule, max(1, total_steps)
        self.k = _sigmoid_constant(self.total_steps / 2)
        self.seeds = keras.random.SeedGenerator(seed)
        self.step = self.add_weight((), initializer="zeros", trainable=False, name="step")

    def true_probability(self, step: Any) -> Any:
        """Return the probability of feeding the true output at a training step, from 0."""
        step = ops.cast(step, "float32")
        if self.schedule == "linear":
            return ops.maximum(1.0 - step / self.total_steps, 0.0)
        return self.k / (self.k + ops.exp(step / self.k))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the decoder's inputs: at each step the true output or the predicted one.

        Args:
            inputs: The true outputs one step late, ids (b u) or numbers (b u o), and the
                decoder's outputs for them (b u o), which are logits of ids.
            training: Whether to replace any.

        Returns:
            The inputs of the decoder, with the shape of the true outputs.
        """
        true, outputs = inputs
        if not training:
            return true
        is_ids = len(true.shape) == 2
        predicted = outputs
        if is_ids:  # as in decoding: never padding, never unknown
            predicted = ops.cast(ops.argmax(outputs[..., END:], axis=-1), true.dtype) + END
        predicted = ops.stop_gradient(predicted)
        # One step late, like the true outputs; the first is always the start.
        predicted = ops.concatenate([true[:, :1], predicted[:, :-1]], axis=1)
        shape = ops.shape(true)[:2] if is_ids else (*ops.shape(true)[:2], 1)
        draws = keras.random.uniform(shape, seed=self.seeds)
        feeds_true = draws < self.true_probability(self.step)
        if is_ids:  # padding stays, so that rows keep their lengths
            feeds_true = ops.logical_or(feeds_true, true == PADDING)
        self.step.assign_add(1.0)
        return ops.where(feeds_true, true, predicted)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return no mask: the decoder recognizes padding by its ids."""

    def compute_output_shape(self, shapes: Any) -> Any:
        """Return the shape of the decoder's inputs."""
        return shapes[0]


def _sigmoid_constant(middle: float) -> float:
    """Return k with k log k = middle, where the inverse sigmoid is one half.

    Example:
        >>> round(_sigmoid_constant(100.0), 1)
        29.5
    """
    k = max(2.0, middle)
    for _ in range(50):
        k = max(1.001, (middle + k) / (log(k) + 1))  # Newton's method on k log k - middle
    return k
