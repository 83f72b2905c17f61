"""A diagram in progress: rows of boxes, one on top of another, from the input upwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from unrolled.explain.diagram.boxes import Arrow, ArrowKind, Box, BoxKind, Label, Remark
from unrolled.explain.diagram.lengths import Slot

BOX = 7  # columns of a box with a short label
ROOM = 62  # columns for a row, so that margin and row stay within 78
SIDE = 2  # columns from a wide step's edge to the arrow of one direction
GAP = 3  # columns of a gap
SPACES = (4, 3, 2)  # columns between steps: the widest that fits


@dataclass(frozen=True)
class Column:
    """Where a step of a row stands; `left` and `right` are its border columns."""

    slot: Slot
    left: int
    right: int

    @property
    def center(self) -> int:
        """Its middle column."""
        return (self.left + self.right) // 2


def columns(slots: Sequence[Slot], *, wide: bool, longest: int, room: int = ROOM) -> list[Column]:
    """Return the columns of a row, its middle at column 0.

    Args:
        slots: The places of the row.
        wide: Whether a step takes the room of two boxes, one a direction.
        longest: Characters of the longest label of a step.
        room: Columns that there are for the row.

    Example:
        >>> from unrolled.explain.diagram.lengths import Length
        >>> [(c.left, c.right) for c in columns([Slot(Length(1))], wide=False, longest=2)]
        [(-3, 3)]
    """
    gaps = sum(slot.step is None for slot in slots)
    for box, between in product((_box(longest), BOX), SPACES):  # the last leaves numbers out
        width = box + (2 * SIDE if wide else 0)
        total = gaps * GAP + (len(slots) - gaps) * width + (len(slots) - 1) * between
        if total <= room:
            break
    placed, left = [], -(total // 2)
    for slot in slots:
        right = left + (GAP if slot.step is None else width) - 1
        placed.append(Column(slot, left, right))
        left = right + between + 1
    return placed


class Sketch:
    """The boxes, arrows and margin words so far; lines count upwards from 0 as negatives."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.arrows: list[Arrow] = []
        self.remarks: list[Remark] = []
        self._line = 0
        self._reach = 0  # lines from the middle of the row so far to its border

    def next_row(self, *, slim: bool = False) -> None:
        """Begin the next row above."""
        reach = 0 if slim else 1
        if self.boxes:
            self._line -= self._reach + 2 + reach
        self._reach = reach

    def remark(self, *words: str) -> None:
        """Write up to three lines in the margin, level with the row; the first names it."""
        self.remarks.append(Remark(words, self._line, strong=len(words) > 1))

    def remark_above(self, text: str) -> None:
        """Write in the margin, level with the arrows that leave the row."""
        self.remarks.append(Remark((text,), self._line - self._reach - 1))

    def box(self, kind: BoxKind, label: Label, left: int, right: int) -> Box:
        """Put a box into the row."""
        label = label if len(str(label)) <= right - left - 1 else Label(label.name)
        placed = Box(kind, label, left, right, self._line, slim=self._reach == 0)
        self.boxes.append(placed)
        return placed

    def one(self, kind: BoxKind, label: Label, center: int) -> Box:
        """Put a box as wide as its label needs around a column."""
        half = _box(len(str(label))) // 2
        return self.box(kind, label, center - half, center + half)

    def bar(self, text: str, over: Sequence[Column], kind: BoxKind = "join") -> Box:
        """Put a box into the row that spans these columns, or more if its words need it."""
        left, right = over[0].left, over[-1].right
        while right - left - 3 < len(text):
            left, right = left - 1, right + 1
        return self.box(kind, Label(text), left, right)

    def row(self, kind: BoxKind, steps: Sequence[Column], labels: Sequence[Label]) -> list[Box]:
        """Put one box into each column, dots into each gap."""
        return [
            self.gap(column) if column.slot.step is None else self._full(kind, column, label)
            for column, label in zip(steps, labels, strict=True)
        ]

    def gap(self, column: Column) -> Box:
        """Put the dots that stand for the steps left out."""
        return self.box("gap", Label("…"), column.left, column.right)

    def up(self, source: Box, target: Box, at: int, kind: ArrowKind = "flow") -> None:
        """Draw an arrow upwards."""
        self.arrows.append(Arrow(source, target, at, kind))

    def bent(self, source: Box, target: Box, lane: int, kind: ArrowKind) -> None:
        """Draw an arrow by a lane into the left side of a box."""
        self.arrows.append(Arrow(source, target, kind=kind, lane=lane))

    def along(self, boxes: Sequence[Box]) -> None:
        """Draw the state's arrows from each box to the next of the row."""
        for source, target in pairwise(boxes):
            self.arrows.append(Arrow(source, target, kind="state"))

    def _full(self, kind: BoxKind, column: Column, label: Label) -> Box:
        """Put a box that fills its column; an added zero looks its part."""
        zero = kind == "input" and column.slot.zero
        label = Label("0") if zero else label
        return self.box("zero" if zero else kind, label, column.left, column.right)


def number_labels(name: str, steps: Sequence[Column]) -> list[Label]:
    """Return each step's label, such as `x1`."""
    return [Label(name, str(column.slot.step or "")) for column in steps]


def longest_label(slots: Sequence[Slot]) -> int:
    """Return the characters that the longest label of these steps needs."""
    return max(1 + len(str(slot.step or "")) for slot in slots)


def _box(characters: int) -> int:
    """Return the columns of a box for a label: odd, so that it has a middle."""
    return min(max(BOX, (characters + 2) | 1), BOX + 2)
