"""Scheduled sampling: a decoder in training is fed its own outputs ever more often."""

from __future__ import annotations

from math import log
from typing import Any, Literal

from unrolled.backend import keras
from unrolled.data.encoders.vocabulary import END, PADDING

ops = keras().ops
Layer: Any = keras().layers.Layer


class ScheduledSampling(Layer):
    """Replaces true outputs, one step late, by the decoder's own, with a chance that grows.

    Only in training; each call there is one step of it. With the linear schedule the chance to
    be fed the true output falls from 1 to 0 over all steps; with the inverse sigmoid it falls
    late, is one half in their middle, and is never quite 0.

    Args:
        schedule: `linear` or `inverse-sigmoid`.
        total: Training steps that the schedule spans.
        seed: Of the draws.

    Source:
        Bengio et al. 2015, section 2.4. The own outputs are those of one teacher-forced pass over
        all steps, and not of a decoder run step by step (Duckworth et al. 2019, section 2.2).
    """

    def __init__(
        self, schedule: Literal["linear", "inverse-sigmoid"], total: int, seed: int = 0
    ) -> None:
        super().__init__()
        self.supports_masking = True
        self.schedule, self.total = schedule, max(1, total)
        self.middle = _solved(self.total / 2)
        self.seeds = keras().random.SeedGenerator(seed)
        self.step = self.add_weight((), initializer="zeros", trainable=False, name="step")

    def true_share(self, step: Any) -> Any:
        """Return the chance to be fed the true output at a training step (from 0)."""
        step = ops.cast(step, "float32")
        if self.schedule == "linear":
            return ops.maximum(1.0 - step / self.total, 0.0)
        return self.middle / (self.middle + ops.exp(step / self.middle))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Mix true outputs with own ones.

        Args:
            inputs: The true outputs one step late, ids (b u) or numbers (b u o), and the
                decoder's outputs for them (b u o), scores for ids.
            training: Whether to mix at all.

        Returns:
            What the decoder is to be fed, as the true outputs.
        """
        true, said = inputs
        if not training:
            return true
        ids = len(true.shape) == 2
        own = said
        if ids:  # as in use: never padding, never unknown
            own = ops.cast(ops.argmax(said[..., END:], axis=-1), true.dtype) + END
        own = ops.stop_gradient(own)
        own = ops.concatenate([true[:, :1], own[:, :-1]], axis=1)  # the first is always the start
        shape = ops.shape(true)[:2] if ids else (*ops.shape(true)[:2], 1)
        draw = keras().random.uniform(shape, seed=self.seeds)
        taken = draw < self.true_share(self.step)
        taken = ops.logical_or(taken, true == PADDING) if ids else taken  # rows keep their lengths
        self.step.assign_add(1.0)
        return ops.where(taken, true, own)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Pass no mask on: the decoder tells padding by its ids."""

    def compute_output_shape(self, shapes: Any) -> Any:
        """Return the shape of what is fed."""
        return shapes[0]


def _solved(middle: float) -> float:
    """Return k where k log k = middle: the inverse sigmoid is one half there.

    Example:
        >>> round(_solved(100.0), 1)
        29.5
    """
    k = max(2.0, middle)
    for _ in range(50):
        k = max(1.001, (middle + k) / (log(k) + 1))  # Newton's method on k log k - middle
    return k
