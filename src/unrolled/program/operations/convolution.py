"""Convolutions over steps, and over the characters of each step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.activations import Activation, activate
from unrolled.program.operations.base import Arrays, Operation, product, require_axes

MAX_DILATION, MAX_TAPS = 1 << 16, 1 << 12


@dataclass(frozen=True)
class Conv1D(Operation):
    """Filters over neighbouring steps: (b t f) to (b t n), or (b c t f) to (b c t n).

    The axis before the last is the one that the filters run along.
    Weights: kernel (k f n) or (1 k f n); bias (n), which may be left out.
    """

    padding: Literal["same", "valid", "causal"] = "valid"
    dilation: int = 1
    stride: int = 1
    activation: Activation = "linear"

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,), (kernel, *bias) = inputs, weights
        if not 1 <= self.dilation <= MAX_DILATION or not 1 <= self.stride <= MAX_DILATION:
            raise ShapeError(f"dilation and stride must be from 1 to {MAX_DILATION}")
        if kernel.ndim == 4 and len(kernel) == 1:  # that of a Conv2D along one axis
            kernel = kernel[0]
        if kernel.ndim != 3 or not 1 <= len(kernel) <= MAX_TAPS:
            raise ShapeError(f"a filter cannot have the shape {kernel.shape}")
        require_axes(x, 3, 4)
        padded = self._padded(x, len(kernel))
        reach = (len(kernel) - 1) * self.dilation
        count = max(padded.shape[-2] - reach, 0)
        y = None
        for tap, weight in enumerate(kernel):  # f n
            start = tap * self.dilation
            part = product(padded[..., start : start + count : self.stride, :], weight)
            y = part if y is None else np.add(y, part, out=y)
        if y is None:
            raise ShapeError("a filter needs at least one weight")
        return (activate(y + bias[0] if bias else y, self.activation),)

    def _padded(self, x: Array, length: int) -> Array:
        """Return the input with the zeros that the filters read beyond its ends."""
        reach = (length - 1) * self.dilation
        if self.padding == "valid":
            return x
        total = reach
        if self.padding == "same" and self.stride > 1:
            steps = x.shape[-2]
            total = max((-(-steps // self.stride) - 1) * self.stride + reach + 1 - steps, 0)
        before = total if self.padding == "causal" else total // 2
        ends = [(0, 0)] * (x.ndim - 2) + [(before, total - before), (0, 0)]
        return np.pad(x, ends)
