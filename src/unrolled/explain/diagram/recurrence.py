"""The recurrent rows of a diagram: one direction or both, one layer on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from unrolled.explain.diagram.boxes import Box
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.sketch import SIDE, Column, Sketch, number_labels

START = 2  # columns from the lane of the first states to the first step
CELLS = {"lstm": "LSTM", "gru": "GRU", "rnn": "RNN"}


@dataclass(frozen=True)
class Stack:
    """Recurrent layers, one on top of another, and where they are drawn.

    Attributes:
        wiring: What is drawn.
        steps: The columns of the steps.
        state: The letter of the states.
        part: `encoder`, `decoder`, or nothing where there is only one stack.
        start: The box that gives each layer's initial state; None where that is zero.
    """

    wiring: Wiring
    steps: Sequence[Column]
    state: str = "h"
    part: str = ""
    start: Box | None = None

    def every(self, sketch: Sketch, below: Sequence[Box]) -> list[Box]:
        """Draw all layers on these boxes; return the box of each step's state."""
        for layer in range(1, self.wiring.layers + 1):
            if self.wiring.bidirectional:
                below = self._concatenate(sketch, *self._two_directions(sketch, below, layer))
            else:
                below = self._one_direction(sketch, below, layer)
            self._dropout(sketch)
        return list(below)

    def last(self, sketch: Sketch, below: Sequence[Box]) -> Box:
        """Draw all layers on these boxes; return the box of the last state."""
        for layer in range(1, self.wiring.layers):
            if self.wiring.bidirectional:
                below = self._concatenate(sketch, *self._two_directions(sketch, below, layer))
            else:
                below = self._one_direction(sketch, below, layer)
            self._dropout(sketch)
        if not self.wiring.bidirectional:
            state = self._one_direction(sketch, below, self.wiring.layers)[-1]
        else:
            forward, backward = self._two_directions(sketch, below, self.wiring.layers)
            sketch.next_row(slim=True)
            state = sketch.bar("concat: last of each direction", self.steps)
            self._remark_concatenated(sketch)
            sketch.up(forward[-1], state, self.steps[-1].left + SIDE)
            sketch.up(backward[0], state, self.steps[0].right - SIDE)
        self._dropout(sketch)
        return state

    def _one_direction(self, sketch: Sketch, below: Sequence[Box], layer: int) -> list[Box]:
        """Draw a row of states from left to right."""
        sketch.next_row()
        self._remark(sketch, layer, "→")
        states = sketch.row("state", self.steps, number_labels(self.state, self.steps))
        sketch.along(states)
        if self.start is not None:
            sketch.bent(self.start, states[0], self.steps[0].left - START, "state")
        for column, source, state in zip(self.steps, below, states, strict=True):
            if column.slot.step is not None:
                sketch.up(source, state, column.center)
        return states

    def _two_directions(
        self, sketch: Sketch, below: Sequence[Box], layer: int
    ) -> tuple[list[Box], list[Box]]:
        """Draw a row from left to right and, above and to the side, one from right to left."""
        rows: list[list[Box]] = []
        for way, direction in enumerate("→←"):
            sketch.next_row()
            self._remark(sketch, layer, direction)
            states = []
            for column, source, label in zip(
                self.steps, below, number_labels(self.state, self.steps), strict=True
            ):
                if column.slot.step is None:
                    states.append(sketch.gap(column))
                    continue
                left = column.left + way * 2 * SIDE
                right = column.right - (1 - way) * 2 * SIDE
                states.append(sketch.box("state", label, left, right))
                sketch.up(source, states[-1], _lane(column, way))
            sketch.along(states[::-1] if way else states)
            rows.append(states)
        return rows[0], rows[1]

    def _concatenate(
        self, sketch: Sketch, forward: Sequence[Box], backward: Sequence[Box]
    ) -> list[Box]:
        """Concatenate both directions at each step."""
        sketch.next_row(slim=True)
        self._remark_concatenated(sketch)
        joins = []
        for column, ahead, back in zip(self.steps, forward, backward, strict=True):
            if column.slot.step is None:
                joins.append(sketch.gap(column))
                continue
            joins.append(sketch.bar("concat", [column]))
            sketch.up(ahead, joins[-1], _lane(column, 0))
            sketch.up(back, joins[-1], _lane(column, 1))
        return joins

    def _remark(self, sketch: Sketch, layer: int, direction: str) -> None:
        """Write the name of the row: part, layer, direction, cell and size."""
        number = f" {layer}" if self.wiring.layers > 1 else ""
        cell, size = CELLS[self.wiring.cell], f"h = {self.wiring.units}"
        if self.part:
            sketch.remark(f"{self.part}{number} {direction}", f"{cell} {size}")
        else:
            sketch.remark(f"{cell}{number} {direction}", size)

    def _remark_concatenated(self, sketch: Sketch) -> None:
        """Write the size of both directions together."""
        sketch.remark(f"2h = {2 * self.wiring.units}")

    def _dropout(self, sketch: Sketch) -> None:
        """Write the dropout of the layer."""
        if self.wiring.dropout:
            sketch.remark_above(dropout_remark(self.wiring))


def dropout_remark(w: Wiring) -> str:
    """Return the remark about dropout.

    Example:
        >>> dropout_remark(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8, dropout=1 / 3))
        'dropout 0.333'
    """
    return f"dropout {w.dropout:.3g}" if w.dropout >= 0.001 else f"dropout {w.dropout:.0e}"


def _lane(column: Column, way: int) -> int:
    """Return the column of the arrows of one direction within a wide step."""
    return column.right - SIDE if way else column.left + SIDE
