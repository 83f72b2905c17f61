"""Operations that change the axes of a tensor and compute nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.base import Arrays, Operation, require_axes
from unrolled.shapes import MAX_STEPS


@dataclass(frozen=True)
class Reshape(Operation):
    """The same numbers in another shape; `shape` is that of one row, with one -1 at most."""

    shape: tuple[int, ...]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        size, known = math.prod(x.shape[1:]), math.prod(n for n in self.shape if n != -1)
        if self.shape.count(-1) > 1 or known < 1 or size % known:
            raise ShapeError(f"a row of the shape {x.shape[1:]} cannot become one of {self.shape}")
        shape = [size // known if n == -1 else n for n in self.shape]
        return (x.reshape(len(x), *shape),)


@dataclass(frozen=True)
class Flatten(Operation):
    """All numbers of a row along one axis: (b ...) to (b f)."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (x.reshape(len(x), math.prod(x.shape[1:])),)


@dataclass(frozen=True)
class RepeatVector(Operation):
    """The same features at each of `steps` steps: (b f) to (b u f)."""

    steps: int

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        require_axes(x, 2)
        check_steps(self.steps)
        return (np.repeat(x[:, None], self.steps, axis=1),)


@dataclass(frozen=True)
class ZeroPadding(Operation):
    """Steps of zeros before and after a row: (b t f) to (b t+n f)."""

    before: int
    after: int

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        require_axes(x, 3)
        check_steps(self.before, self.after)
        return (np.pad(x, ((0, 0), (self.before, self.after), (0, 0))),)


@dataclass(frozen=True)
class Slice(Operation):
    """Some elements of each axis; `begin`, `end` and `step` as in Python, None for no limit.

    `index` keeps one element, and the axis disappears. Each axis has one entry of four: begin, end,
    step, index.
    """

    axes: tuple[tuple[int | None, int | None, int | None, int | None], ...]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        index = tuple(
            slice(begin, end, step) if at is None else at for begin, end, step, at in self.axes
        )
        if len(index) > x.ndim or (index and index[0] != slice(None, None, None)):
            raise ShapeError(f"{index} does not select from rows of the shape {x.shape[1:]}")
        for at, size in zip(index, x.shape, strict=False):
            if isinstance(at, int) and not -size <= at < size:
                raise ShapeError(f"a row of the shape {x.shape[1:]} has no place {at}")
        return (x[index],)


@dataclass(frozen=True)
class ExpandDims(Operation):
    """A new axis of one element."""

    axis: int

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        if self.axis in (0, -x.ndim - 1):
            raise ShapeError("the batch is always the first axis")
        return (np.expand_dims(x, self.axis),)


@dataclass(frozen=True)
class Permute(Operation):
    """The axes of a row in another order; 1 is the first."""

    order: tuple[int, ...]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (np.transpose(x, (0, *self.order)),)


@dataclass(frozen=True)
class Reverse(Operation):
    """The steps in the opposite order: (b t f) to (b t f)."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        require_axes(x, 3)
        return (x[:, ::-1],)


def check_steps(*counts: int) -> None:
    """Refuse a number of steps that is below 0 or above the limit."""
    if not all(0 <= count <= MAX_STEPS for count in counts):
        raise ShapeError(f"a row cannot have {max(counts)} more steps: at most {MAX_STEPS} fit")
