"""From the facts to a diagram on the grid, with the words around it."""

from __future__ import annotations

import dataclasses

from unrolled.explain.diagram.boxes import Arrow, Box, Scene
from unrolled.explain.diagram.drawing import draw
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.words import notes, sizes, title

MIN_WIDTH = 40  # columns: of a narrow picture, whose boxes stand in the middle
MAX_WIDTH = 78


def scene(wiring: Wiring) -> Scene:
    """Return the diagram of a network, ready to be written as text or SVG.

    Example:
        >>> scene(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)).title
        'aligned · steps · LSTM'
    """
    sketch = draw(wiring)
    left, end = min(b.left for b in sketch.boxes), max(b.right for b in sketch.boxes)
    widest = max(len(words) for remark in sketch.remarks for words in remark.words)
    margin = min(widest + 2, max(widest + 1, MAX_WIDTH - (end - left + 1)))
    spare = MIN_WIDTH - margin - (end - left + 1)
    right = margin - left + max(0, spare // 2)
    down = -min(box.top for box in sketch.boxes)
    boxes = {box: _moved(box, right, down) for box in sketch.boxes}
    arrows = [_moved_arrow(arrow, boxes, right) for arrow in sketch.arrows]
    remarks = [dataclasses.replace(r, line=r.line + down) for r in sketch.remarks]
    return Scene(
        title=title(wiring),
        pattern=wiring.pattern,
        notes=notes(wiring),
        description=" ".join([f"{title(wiring)}.", sizes(wiring), *notes(wiring)]),
        boxes=tuple(boxes.values()),
        arrows=tuple(arrows),
        remarks=tuple(remarks),
        width=max(MIN_WIDTH, end + right + 1),
        height=max(box.bottom for box in boxes.values()) + 1,
    )


def _moved(box: Box, right: int, down: int) -> Box:
    """Return a box moved on the grid."""
    return dataclasses.replace(
        box, left=box.left + right, right=box.right + right, line=box.line + down
    )


def _moved_arrow(arrow: Arrow, boxes: dict[Box, Box], right: int) -> Arrow:
    """Return an arrow between the moved boxes."""
    at = None if arrow.at is None else arrow.at + right
    lane = None if arrow.lane is None else arrow.lane + right
    return Arrow(boxes[arrow.source], boxes[arrow.target], at, arrow.kind, lane)
