"""Reads an SVG picture back: its boxes, its arrows, and which box reaches which.

It knows nothing of the layout: an arrow belongs to the boxes whose edges its ends touch.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class DrawnBox:
    kind: str
    label: str
    left: float
    top: float
    right: float
    bottom: float

    def on_edge(self, x: float, y: float) -> bool:
        across = self.left <= x <= self.right and y in (self.top, self.bottom)
        beside = self.top <= y <= self.bottom and x in (self.left, self.right)
        return across or beside

    def overlaps(self, other: DrawnBox) -> bool:
        apart = self.right < other.left or other.right < self.left
        return not (apart or self.bottom < other.top or other.bottom < self.top)


@dataclass(frozen=True)
class DrawnArrow:
    kind: str
    source: DrawnBox
    target: DrawnBox
    points: tuple[tuple[float, float], ...]
    head: bool

    @property
    def start(self) -> tuple[float, float]:
        return self.points[0]

    @property
    def end(self) -> tuple[float, float]:
        return self.points[-1]


@dataclass(frozen=True)
class Drawn:
    root: ElementTree.Element
    boxes: tuple[DrawnBox, ...]
    arrows: tuple[DrawnArrow, ...]

    def labels(self, kind: str) -> list[str]:
        """Return the labels of the boxes of a kind, from left to right."""
        boxes = sorted((b for b in self.boxes if b.kind == kind), key=lambda b: (b.left, -b.top))
        return [box.label for box in boxes]

    def count(self, kind: str) -> int:
        return sum(arrow.kind == kind for arrow in self.arrows)

    def seen_by(self, box: DrawnBox) -> set[DrawnBox]:
        """Return every box from which arrows lead to a box."""
        seen: set[DrawnBox] = set()
        waiting = [box]
        while waiting:
            here = waiting.pop()
            for arrow in self.arrows:
                if arrow.target == here and arrow.source not in seen:
                    seen.add(arrow.source)
                    waiting.append(arrow.source)
        return seen

    def inputs_seen(self) -> dict[str, list[str]]:
        """Return, for each output, the labels of the inputs that reach it, left to right."""
        found = {}
        for output in (b for b in self.boxes if b.kind == "output"):
            seen = sorted(self.seen_by(output), key=lambda b: b.left)
            found[output.label] = [b.label for b in seen if b.kind in ("input", "zero")]
        return found

    def overlapping(self) -> list[tuple[DrawnBox, DrawnBox]]:
        return [(a, b) for a, b in combinations(self.boxes, 2) if a.overlaps(b)]


def read(svg: str) -> Drawn:
    """Read a picture; fail if an end of an arrow touches no box, or more than one."""
    root = ElementTree.fromstring(svg)
    groups = root.findall(f"{SVG}g")
    boxes = tuple(_box(g) for g in groups if "unrolled-box" in g.attrib["class"])
    arrows = tuple(_arrow(g, boxes) for g in groups if "unrolled-arrow" in g.attrib["class"])
    assert len(boxes) + len(arrows) == len(groups)
    return Drawn(root, boxes, arrows)


def _box(group: ElementTree.Element) -> DrawnBox:
    rect, text = group.find(f"{SVG}rect"), group.find(f"{SVG}text")
    assert rect is not None
    assert text is not None
    x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
    kind = group.attrib["class"].split("unrolled-")[-1]
    return DrawnBox(kind, "".join(text.itertext()), x, y, x + width, y + height)


def _arrow(group: ElementTree.Element, boxes: tuple[DrawnBox, ...]) -> DrawnArrow:
    path, head = group.find(f"{SVG}path"), group.find(f"{SVG}polygon")
    assert path is not None
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", path.attrib["d"])]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    if head is not None:
        x, y = head.attrib["points"].split()[0].split(",")
        points[-1] = float(x), float(y)
    kind = group.attrib["class"].split("unrolled-")[-1].removesuffix("-arrow")
    (source,) = (box for box in boxes if box.on_edge(*points[0]))
    (target,) = (box for box in boxes if box.on_edge(*points[-1]))
    return DrawnArrow(kind, source, target, tuple(points), head is not None)
