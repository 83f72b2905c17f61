"""The diagram as an SVG document with its own background, without scripts and links."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from unrolled.explain.diagram.boxes import Arrow, Box, Label, Remark, Scene
from unrolled.explain.diagram.palette import DARK, LIGHT
from unrolled.explain.diagram.words import wrapped

X, Y = 9, 18  # pixels of a column and of a line
SLIM = 10  # half the height of a slim box
EDGE = 22  # paper around the picture
HEADER = 58  # title and pattern
NOTE = 19  # height of a line of notes
LETTER = 7  # width of a letter of a note, on the safe side
MARGIN = 17  # height of a line of the margin
HEAD = (4, 8)  # half the width and the length of an arrowhead
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
Point = tuple[float, float]


@dataclass(frozen=True)
class Frame:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float


def svg(scene: Scene) -> str:
    """Return the diagram as an SVG document.

    Example:
        >>> from unrolled.explain.diagram import Wiring
        >>> from unrolled.explain.diagram.drawing import scene
        >>> svg(scene(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)))[:4]
        '<svg'
    """
    width = max((scene.width - 1) * X, len(scene.title) * X) + 2 * EDGE
    foot = HEADER + EDGE + (scene.height - 1) * Y + EDGE
    lines = [line for note in scene.notes for line in wrapped(note, (width - 2 * EDGE) // LETTER)]
    height = foot + len(lines) * NOTE + EDGE
    notes = [
        _words(EDGE, foot + (k + 1) * NOTE, line, "note", LIGHT.quiet)
        for k, line in enumerate(lines)
    ]
    size = f'width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" role="img"'
        f' style="max-width:100%;height:auto" font-family="{SANS}">',
        f"<title>{escape(scene.title)}</title>",
        f"<desc>{escape(scene.description)}</desc>",
        f"<style>{_dark()}</style>",
        f'<rect class="unrolled-paper" {size} rx="8" fill="{LIGHT.paper}"/>',
        _words(EDGE, 34, scene.title, "title", LIGHT.ink, size=16, extra='font-weight="600"'),
        _words(EDGE, 54, scene.pattern, "note", LIGHT.quiet, extra=f'font-family="{MONO}"'),
        *(_arrow(arrow) for arrow in scene.arrows),
        *(_box(box) for box in scene.boxes),
        *(_remark(remark) for remark in scene.remarks),
        *notes,
        "</svg>",
    ]
    return "\n".join(parts)


def _dark() -> str:
    """Return the rules that change the colours on a dark screen."""
    rules = [
        _rule("paper", f"fill:{DARK.paper}"),
        _rule("title", f"fill:{DARK.ink}"),
        _rule("note", f"fill:{DARK.quiet}"),
    ]
    for kind, paint in DARK.boxes.items():
        rules.append(_rule(f"{kind} rect", f"fill:{paint.fill};stroke:{paint.stroke}"))
        rules.append(_rule(f"{kind} text", f"fill:{paint.ink}"))
    for way, colour in DARK.arrows.items():
        rules.append(_rule(f"{way}-arrow path", f"stroke:{colour}"))
        rules.append(_rule(f"{way}-arrow polygon", f"fill:{colour}"))
    return "@media (prefers-color-scheme:dark){" + "".join(rules) + "}"


def _rule(where: str, what: str) -> str:
    """Return one rule that touches nothing outside these pictures."""
    return f".unrolled-{where}{{{what}}}"


def frame(box: Box) -> Frame:
    """Return where a box stands, in pixels."""
    middle = _y(box.line)
    half = SLIM if box.slim else Y
    return Frame(_x(box.left), middle - half, _x(box.right), middle + half)


def _x(column: int) -> int:
    """Return the middle of a column in pixels."""
    return EDGE + column * X


def _y(line: int) -> int:
    """Return the middle of a line in pixels."""
    return HEADER + EDGE + line * Y


def _box(box: Box) -> str:
    """Draw a box and its label."""
    paint, where = LIGHT.boxes[box.kind], frame(box)
    middle = (where.left + where.right) / 2
    dashes = ' stroke-dasharray="4 3"' if box.kind in ("zero", "dropped") else ""
    rect = (
        f'<rect x="{where.left}" y="{where.top}" width="{where.right - where.left}"'
        f' height="{where.bottom - where.top}" rx="{SLIM if box.slim else 6}" fill="{paint.fill}"'
        f' stroke="{paint.stroke}" stroke-width="1.5"{dashes}/>'
    )
    size = 12 if box.slim else 14
    drop = 1 if box.kind == "gap" else size * 0.35  # dots stand on the line, words around it
    label = (
        f'<text x="{middle}" y="{_y(box.line) + drop:g}" text-anchor="middle"'
        f' font-size="{size}" fill="{paint.ink}">{_label(box.label)}</text>'
    )
    return f'<g class="unrolled-box unrolled-{box.kind}">{rect}{label}</g>'


def _label(label: Label) -> str:
    """Return a label with its number below the line."""
    if len(label.name) > 1 or not label.name.isalpha():
        return escape(label.name)
    index = f'<tspan dy="4" font-size="10">{label.index.replace("-", "−")}</tspan>'
    return f'<tspan font-style="italic">{label.name}</tspan>{index if label.index else ""}'


def _arrow(arrow: Arrow) -> str:
    """Draw an arrow from edge to edge."""
    colour = LIGHT.arrows[arrow.kind]
    *way, end = _way(arrow)
    dx, dy = _sign(end[0] - way[-1][0]), _sign(end[1] - way[-1][1])
    half, length = HEAD
    base = (end[0] - dx * length, end[1] - dy * length) if arrow.head else end
    dashes = ' stroke-dasharray="3 3"' if arrow.kind == "dropped" else ""
    line = "L".join(f"{x:g} {y:g}" for x, y in (*way, base))
    shaft = (
        f'<path d="M{line}" stroke="{colour}" stroke-width="1.5" stroke-linejoin="round"'
        f' fill="none"{dashes}/>'
    )
    corners = [
        end,
        (base[0] - dy * half, base[1] + dx * half),
        (base[0] + dy * half, base[1] - dx * half),
    ]
    points = " ".join(f"{x:g},{y:g}" for x, y in corners)
    head = f'<polygon points="{points}" fill="{colour}"/>' if arrow.head else ""
    return f'<g class="unrolled-arrow unrolled-{arrow.kind}-arrow">{shaft}{head}</g>'


def _way(arrow: Arrow) -> list[Point]:
    """Return where an arrow starts, its corners, and where it ends."""
    source, target = frame(arrow.source), frame(arrow.target)
    if arrow.at is not None:
        return [(_x(arrow.at), source.top), (_x(arrow.at), target.bottom)]
    y = float(_y(arrow.source.line))
    if arrow.lane is not None:
        lane, end = _x(arrow.lane), float(_y(arrow.target.line))
        start = [(lane, source.top)] if arrow.rises else [(source.right, y), (lane, y)]
        return [*start, (lane, end), (target.left, end)]
    if target.left > source.right:
        return [(source.right, y), (target.left, y)]
    return [(source.left, y), (target.right, y)]


def _sign(number: float) -> int:
    """Return -1, 0 or 1."""
    return (number > 0) - (number < 0)


def _remark(remark: Remark) -> str:
    """Write words into the margin, level with a row."""
    first = _y(remark.line) - (len(remark.words) - 1) * MARGIN / 2 + 4.5
    lines = []
    for k, words in enumerate(remark.words):
        y = first + k * MARGIN
        if remark.strong and k == 0:
            lines.append(_words(EDGE, y, words, "title", LIGHT.ink, extra='font-weight="600"'))
        else:
            lines.append(_words(EDGE, y, words, "note", LIGHT.quiet))
    return "".join(lines)


def _words(
    x: float, y: float, words: str, role: str, colour: str, *, size: int = 13, extra: str = ""
) -> str:
    """Write a line of words from a point to the right."""
    return (
        f'<text class="unrolled-{role}" x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}"'
        f"{' ' if extra else ''}{extra}>{escape(words)}</text>"
    )
