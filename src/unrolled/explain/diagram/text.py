"""The diagram as text, in Unicode box drawing."""

from __future__ import annotations

from unrolled.explain.diagram.boxes import Arrow, Box, Scene
from unrolled.explain.diagram.words import wrapped

DASHED = tuple("┌╌┐╎└╌┘")
NOTES = 68  # columns that a note may take under a narrow picture
SOLID = tuple("┌─┐│└─┘")
Cells = dict[tuple[int, int], str]  # line, column -> character


def text(scene: Scene) -> str:
    """Return the diagram as lines of at most 78 columns.

    Example:
        >>> from unrolled.explain.diagram import Wiring
        >>> from unrolled.explain.diagram.drawing import scene
        >>> print(text(scene(Wiring("aligned", "steps", t=2, u=2, f=4, o=1, units=8))))
        aligned · steps · LSTM
        b t f -> b t o
        <BLANKLINE>
        output         ┌─────┐    ┌─────┐
        t = 2          │  y1 │    │  y2 │
        o = 1          └──▲──┘    └──▲──┘
                          │          │
                       [Dense]    [Dense]
                          ▲          ▲
                       ┌──┴──┐    ┌──┴──┐
        LSTM →         │  h1 ├───▶│  h2 │
        h = 8          └──▲──┘    └──▲──┘
                          │          │
        input          ┌──┴──┐    ┌──┴──┐
        t = 2          │  x1 │    │  x2 │
        f = 4          └─────┘    └─────┘
        <BLANKLINE>
        Each input step has its own output.
    """
    cells: Cells = {}
    for box in scene.boxes:
        _box(cells, box)
    for arrow in sorted(scene.arrows, key=lambda a: a.at is not None or a.lane is not None):
        if arrow.lane is not None:
            _bent(cells, arrow, arrow.lane)
        else:
            _along(cells, arrow) if arrow.at is None else _up(cells, arrow, arrow.at)
    for remark in scene.remarks:
        for k, words in enumerate(remark.words):
            _write(cells, remark.first + k, 0, words)
    lines = [
        "".join(cells.get((line, column), " ") for column in range(scene.width)).rstrip()
        for line in range(scene.height)
    ]
    notes = [line for note in scene.notes for line in wrapped(note, max(scene.width, NOTES))]
    return "\n".join([scene.title, scene.pattern, "", *lines, "", *notes])


def _write(cells: Cells, line: int, column: int, words: str) -> None:
    """Write words from a column on."""
    for k, character in enumerate(words):
        cells[line, column + k] = character


def _box(cells: Cells, box: Box) -> None:
    """Draw a box: three lines, or brackets if slim, or only dots for a gap."""
    inner = box.right - box.left - 1
    label = str(box.label)
    if box.kind == "gap":
        _write(cells, box.line, box.center, label)
        return
    if box.slim:
        dashed = f"╎{f' {label} '.center(inner, '╌')}╎"
        whole = f"[{label.center(inner)}]"
        _write(cells, box.line, box.left, dashed if box.kind == "dropped" else whole)
        return
    a, b, c, side, d, e, f = DASHED if box.kind == "zero" else SOLID
    _write(cells, box.top, box.left, a + b * inner + c)
    _write(cells, box.line, box.left, side + label.center(inner) + side)
    _write(cells, box.bottom, box.left, d + e * inner + f)


def _along(cells: Cells, arrow: Arrow) -> None:
    """Draw an arrow along the line of its boxes."""
    ahead = arrow.target.left > arrow.source.right
    start, end = (
        (arrow.source.right, arrow.target.left)
        if ahead
        else (arrow.target.right, arrow.source.left)
    )
    for column in range(start + 1, end):
        cells[arrow.source.line, column] = "─"
    if arrow.source.kind != "gap":
        cells[arrow.source.line, start if ahead else end] = "├" if ahead else "┤"
    if arrow.head:
        cells[arrow.source.line, end - 1 if ahead else start + 1] = "▶" if ahead else "◀"


def _up(cells: Cells, arrow: Arrow, column: int) -> None:
    """Draw an upward arrow; its head breaks into the border of a box, not of a slim one."""
    shaft = "╎" if arrow.kind == "dropped" else "│"
    top, bottom = arrow.target.bottom, arrow.source.top
    for line in range(top + 1, bottom):
        cells[line, column] = "┼" if cells.get((line, column)) == "─" else shaft
    if not arrow.source.slim:
        cells[bottom, column] = "┴"
    head = "△" if arrow.kind == "dropped" else "▲"
    cells[top + 1 if arrow.target.slim else top, column] = head


def _bent(cells: Cells, arrow: Arrow, lane: int) -> None:
    """Draw an arrow by its lane into the left side of its target; arrows may share a lane."""
    start, end = arrow.source.line, arrow.target.line
    if arrow.rises:
        cells[arrow.source.top, lane] = "┴"
        start = arrow.source.top
    else:
        cells[start, arrow.source.right] = "├"
        for column in range(arrow.source.right + 1, lane):
            cells[start, column] = "─"
        cells[start, lane] = "┐"
    for line in range(min(start, end) + 1, max(start, end)):
        cells[line, lane] = {"─": "┼", "┌": "├", "├": "├"}.get(cells.get((line, lane), ""), "│")
    cells[end, lane] = "┌" if end < start else "└"
    for column in range(lane + 1, arrow.target.left):
        cells[end, column] = "─"
    if arrow.head:
        cells[end, arrow.target.left - 1] = "▶"
