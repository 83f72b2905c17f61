"""From the facts to a picture ready to be drawn: moved onto the grid, words around it."""

from __future__ import annotations

import dataclasses

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.parts import Arrow, Box, Scene
from unrolled.explain.diagram.sketch import Sketch
from unrolled.explain.diagram.wirings import DRAWN
from unrolled.explain.diagram.words import notes, sizes, title

NARROWEST = 40  # columns: of a narrow picture, whose boxes stand in the middle
WIDEST = 78


def scene(wiring: Wiring) -> Scene:
    """Return the picture of a network, ready to be drawn.

    Example:
        >>> scene(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)).title
        'aligned · steps · LSTM'
    """
    sketch = Sketch()
    DRAWN[wiring.shape, wiring.architecture](sketch, wiring)
    left, end = min(b.left for b in sketch.boxes), max(b.right for b in sketch.boxes)
    said = max(len(words) for remark in sketch.remarks for words in remark.words)
    margin = min(said + 2, max(said + 1, WIDEST - (end - left + 1)))
    spare = NARROWEST - margin - (end - left + 1)
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
        width=max(NARROWEST, end + right + 1),
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
