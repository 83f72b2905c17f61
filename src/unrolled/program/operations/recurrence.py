"""Recurrent layers, in readable form: one step, and a loop over the steps.

The gates are in the order of Keras along the last axis of the weights: i f c o of an LSTM, z r h
of a GRU. The runtime runs the same layers with the compiled kernel, and is tested against this.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.activations import Activation, activate
from unrolled.program.operations.base import Arrays, Operation, product

Gates = dict[str, Array]


@dataclass(frozen=True)
class Recurrence(Operation):
    """A recurrent layer over the steps of each row.

    Inputs: x (b t f), mask (b t) or None, then the first state(s) (b h), each may be None (zeros).
    Outputs: the output at every step (b t h) with `sequences`, else the last (b h); then, with
    `states`, the last state(s). Padded steps do not change the state.

    Attributes:
        sequences: Whether the output of every step is wanted, and not only the last.
        states: Whether the last states are wanted too.
        reverse: Whether each row is read from its last real step to its first. The output of a
            step is still in the place of its input.
        hold: Whether a padded step has the output of the step before it, and before the first real
            step the first state, as Keras on JAX; otherwise its output is zero.
    """

    sequences: bool = False
    states: bool = False
    reverse: bool = False
    hold: bool = True

    state_count: ClassVar[int] = 1
    gate_count: ClassVar[int] = 1

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        x, mask, states = self.checked(inputs, weights)
        b, t, _ = x.shape
        if b == 0:
            ys = np.zeros((b, t, states[0].shape[1]), np.float32)
            return self.outputs(ys, ys[:, 0] if t else states[0], states)
        return self.loop(x, mask, states, weights)

    def loop(
        self, x: Array, mask: Array | None, states: list[Array], weights: Sequence[Array]
    ) -> tuple[Array, ...]:
        """Run all steps, one after another."""
        b, t, _ = x.shape
        zero, last = np.zeros_like(states[0]), states[0]
        ys = np.zeros((b, t if self.sequences else 0, states[0].shape[1]), np.float32)
        for step in range(t - 1, -1, -1) if self.reverse else range(t):
            new, _gates = self.step(x[:, step], states, weights)
            if mask is None:
                states, last = new, new[0]
            else:
                real = mask[:, step, None]
                states = [np.where(real, n, s) for n, s in zip(new, states, strict=True)]
                last = np.where(real, new[0], last if self.hold else zero)
            if self.sequences:
                ys[:, step] = last
        return self.outputs(ys, last, states)

    def outputs(self, ys: Array, last: Array, states: Sequence[Array]) -> tuple[Array, ...]:
        """Return what the settings want of the outputs and the last states."""
        return (ys if self.sequences else last, *(states if self.states else ()))

    def checked(
        self, inputs: Arrays, weights: Sequence[Array]
    ) -> tuple[Array, Array | None, list[Array]]:
        """Return x, mask and first states; refuse shapes that do not fit the weights."""
        x, mask, *states = inputs
        kernel, recurrent, *bias = weights
        units = recurrent.shape[0]
        width = self.gate_count * units
        if x.ndim != 3 or kernel.shape != (x.shape[2], width) or recurrent.shape[1:] != (width,):
            raise ShapeError(
                f"a {self.name} with weights of the shapes {kernel.shape} and {recurrent.shape}"
                f" cannot read an input of the shape {x.shape}"
            )
        if [b.shape for b in bias] not in ([], [self.bias_shape(units)]):
            raise ShapeError(f"a {self.name} of {units} units has no bias {bias[0].shape}")
        if mask is not None and mask.shape != x.shape[:2]:
            raise ShapeError(f"a mask of the shape {mask.shape} does not fit the steps {x.shape}")
        states = [np.zeros((len(x), units), np.float32) if s is None else s for s in states]
        states = states or [np.zeros((len(x), units), np.float32)] * self.state_count
        if [s.shape for s in states] != [(len(x), units)] * self.state_count:
            raise ShapeError(f"a {self.name} of {units} units needs {self.state_count} states")
        return x, mask, states

    def bias_shape(self, units: int) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (self.gate_count * units,)

    @abstractmethod
    def step(
        self, x: Array, states: Sequence[Array], weights: Sequence[Array]
    ) -> tuple[list[Array], Gates]:
        """Return the states after one step, the output first, and the gates by name.

        Args:
            x: The input of the step (b f).
            states: The states before it, each (b h).
            weights: The weights of the layer.
        """


@dataclass(frozen=True)
class LSTM(Recurrence):
    """Long short-term memory. Weights: kernel (f 4h), recurrent (h 4h), bias (4h) or none.

    Source:
        Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000 for the forget gate.
    """

    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    state_count: ClassVar[int] = 2
    gate_count: ClassVar[int] = 4

    def step(
        self, x: Array, states: Sequence[Array], weights: Sequence[Array]
    ) -> tuple[list[Array], Gates]:
        """Return the states after one step; see `Recurrence.step`."""
        (h, c), (kernel, recurrent, *bias) = states, weights
        z = product(x, kernel) + product(h, recurrent)  # b 4h
        i, f, g, o = np.split(z + bias[0] if bias else z, 4, axis=-1)
        i, f, o = (activate(gate, self.recurrent_activation) for gate in (i, f, o))
        g = activate(g, self.activation)
        c = f * c + i * g
        return [o * activate(c, self.activation), c], {"i": i, "f": f, "g": g, "o": o}


@dataclass(frozen=True)
class GRU(Recurrence):
    """Gated recurrent unit. Weights: kernel (f 3h), recurrent (h 3h), bias or none.

    The bias is (2 3h) with `reset_after`: one of the input and one of the recurrent product.

    Attributes:
        reset_after: Whether the reset gate is applied after the recurrent product, and not before.

    Source:
        Cho et al. 2014, section 2.3, for the form without `reset_after`.
    """

    activation: Activation = "tanh"
    recurrent_activation: Activation = "sigmoid"
    reset_after: bool = True
    gate_count: ClassVar[int] = 3

    def bias_shape(self, units: int) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (2, 3 * units) if self.reset_after else (3 * units,)

    def step(
        self, x: Array, states: Sequence[Array], weights: Sequence[Array]
    ) -> tuple[list[Array], Gates]:
        """Return the state after one step; see `Recurrence.step`."""
        (h,), (kernel, recurrent, *bias) = states, weights
        units = recurrent.shape[0]
        of_input, of_state = (
            (bias[0][0], bias[0][1])
            if bias and self.reset_after
            else (bias[0] if bias else np.float32(0), np.float32(0))
        )
        z, r, n = np.split(product(x, kernel) + of_input, 3, axis=-1)
        width = recurrent.shape[1] if self.reset_after else 2 * units
        inner = product(h, recurrent[:, :width]) + of_state
        z = activate(z + inner[:, :units], self.recurrent_activation)
        r = activate(r + inner[:, units : 2 * units], self.recurrent_activation)
        if self.reset_after:
            n = n + r * inner[:, 2 * units :]
        else:
            n = n + product(r * h, recurrent[:, 2 * units :])
        n = activate(n, self.activation)
        return [z * h + (1 - z) * n], {"z": z, "r": r, "n": n}


@dataclass(frozen=True)
class SimpleRNN(Recurrence):
    """The plain recurrence. Weights: kernel (f h), recurrent (h h), bias (h) or none.

    Source:
        Elman 1990.
    """

    activation: Activation = "tanh"

    def step(
        self, x: Array, states: Sequence[Array], weights: Sequence[Array]
    ) -> tuple[list[Array], Gates]:
        """Return the state after one step; see `Recurrence.step`."""
        (h,), (kernel, recurrent, *bias) = states, weights
        z = product(x, kernel) + product(h, recurrent)
        return [activate(z + bias[0] if bias else z, self.activation)], {}
