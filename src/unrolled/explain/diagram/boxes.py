"""The elements of a diagram: boxes, arrows and words on a grid of character cells.

The grid counts columns to the right and lines downwards. The text draws a cell as a
character; the SVG draws it as a small rectangle. A box's border runs through the middle of
its outermost cells, so that one layout serves both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BoxKind = Literal[
    "input", "zero", "fed", "state", "output", "dense", "join", "dropped", "end", "gap"
]
ArrowKind = Literal["flow", "state", "fed", "look", "dropped"]


@dataclass(frozen=True)
class Label:
    """A name with a number below the line.

    Example:
        >>> str(Label("x", "t-1"))
        'xt-1'
    """

    name: str
    index: str = ""

    def __str__(self) -> str:
        return self.name + self.index


@dataclass(frozen=True)
class Box:
    """A box, three lines high, or one if `slim`; `left` and `right` are its border columns.

    Example:
        >>> Box("input", Label("x"), left=0, right=6, line=2).center
        3
    """

    kind: BoxKind
    label: Label
    left: int
    right: int
    line: int
    slim: bool = False

    @property
    def top(self) -> int:
        """The line of its upper border."""
        return self.line if self.slim else self.line - 1

    @property
    def bottom(self) -> int:
        """The line of its lower border."""
        return self.line if self.slim else self.line + 1

    @property
    def center(self) -> int:
        """Its middle column."""
        return (self.left + self.right) // 2


@dataclass(frozen=True)
class Arrow:
    """An arrow between two boxes: straight, or with corners.

    Attributes:
        source: Where it starts.
        target: Where it ends.
        at: The column of an upward arrow; None for one along the line of its boxes.
        kind: What it carries.
        lane: The column by which an arrow with corners goes to another line, to enter its target
            from the left; it leaves its source upwards if that lies below the lane, else to the
            right. None for a straight one.
    """

    source: Box
    target: Box
    at: int | None = None
    kind: ArrowKind = "flow"
    lane: int | None = None

    @property
    def rises(self) -> bool:
        """Whether an arrow with corners leaves its source upwards."""
        return self.lane is not None and self.source.left <= self.lane <= self.source.right

    @property
    def head(self) -> bool:
        """Whether it has a head: none where it runs into a gap."""
        return self.target.kind != "gap"


@dataclass(frozen=True)
class Remark:
    """Words in the left margin, one under another around a line; `strong` if the first is a name.

    Example:
        >>> Remark(("input", "t = 3", "f = 4"), line=6, strong=True).first
        5
    """

    words: tuple[str, ...]
    line: int
    strong: bool = False

    @property
    def first(self) -> int:
        """The line of the first words."""
        return self.line - (1 if len(self.words) > 2 else 0)


@dataclass(frozen=True)
class Scene:
    """A diagram ready to be written; its grid is `width` columns by `height` lines.

    Attributes:
        title: What is shown.
        pattern: The axes in and out.
        notes: What the picture says, and the names of columns; a paragraph each.
        description: The same in one paragraph, for those who cannot see it.
        boxes: Every box, gaps included.
        arrows: Every arrow.
        remarks: The words in the margin.
        width: Columns.
        height: Lines.
    """

    title: str
    pattern: str
    notes: tuple[str, ...]
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    remarks: tuple[Remark, ...]
    width: int
    height: int
