"""The pictures of the README: the five shapes, and measured speed (see `docs/make.py`)."""

from __future__ import annotations

import re
from pathlib import Path

from unrolled.explain.diagram.palette import DARK, LIGHT, Palette
from unrolled.shapes import FACTS, SHAPES, Shape

RESULTS = Path(__file__).parents[1] / "benchmarks" / "RESULTS.md"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
BOX, GAP = 20, 12  # side of a box, and the space between two boxes
ROWS = {"output": 72, "state": 122, "input": 172}  # top of the boxes of a row
COLUMNS: dict[Shape, tuple[int, str, str]] = {  # steps, which have inputs, which have outputs
    "one-to-one": (1, "x", "x"),
    "one-to-many": (3, "x..", "xxx"),
    "many-to-one": (3, "xxx", "..x"),
    "aligned": (3, "xxx", "xxx"),
    "unaligned": (5, "xxx..", "...xx"),
}
EXAMPLES: dict[Shape, str] = {
    "one-to-one": "a day's facts → its rentals",
    "one-to-many": "a country → a name",
    "many-to-one": "a review → its sentiment",
    "aligned": "words → their tags",
    "unaligned": "letters → phonemes",
}
CASES = {  # title of a group of bars, and its row in the table of the results
    "LSTM, rows of equal length": "lstm 32,100,16,128",
    "LSTM, rows of different lengths": "lstm 32,100,16,128 ragged",
    "GRU, rows of equal length": "gru 32,100,16,128",
    "GRU, rows of different lengths": "gru 32,100,16,128 ragged",
}


def document(width: int, height: int, title: str, description: str, body: list[str]) -> str:
    """Return an SVG document that follows the light or dark theme of its viewer."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img" font-family="{SANS}">',
            f"<title>{title}</title>",
            f"<desc>{description}</desc>",
            f"<style>{rules(LIGHT)}@media (prefers-color-scheme:dark){{{rules(DARK)}}}</style>",
            f'<rect class="paper" width="{width}" height="{height}" rx="8"/>',
            *body,
            "</svg>",
        ]
    )


def rules(palette: Palette) -> str:
    """Return the colours as CSS."""
    boxes = "".join(
        f".{kind}{{fill:{paint.fill};stroke:{paint.stroke}}}.{kind}-bar{{fill:{paint.stroke}}}"
        for kind, paint in palette.boxes.items()
        if kind in ("input", "state", "output", "dense")
    )
    lines = "".join(
        f".{kind}-line{{stroke:{color}}}.{kind}-head{{fill:{color}}}"
        for kind, color in palette.arrows.items()
        if kind in ("flow", "state")
    )
    return (
        f".paper{{fill:{palette.paper}}}.ink{{fill:{palette.ink}}}.quiet{{fill:{palette.quiet}}}"
        f"{boxes}{lines}"
    )


def text(
    x: float, y: float, words: str, *, size: int = 13, kind: str = "ink", more: str = ""
) -> str:
    """Return words; `more` are further attributes, such as the anchor."""
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" font-size="{size}"{more}>{words}</text>'


def arrow(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """Return an arrow that points up or to the right."""
    if x1 == x2:
        head = f"{x2:g},{y2:g} {x2 - 4:g},{y2 + 7:g} {x2 + 4:g},{y2 + 7:g}"
    else:
        head = f"{x2:g},{y2:g} {x2 - 7:g},{y2 - 4:g} {x2 - 7:g},{y2 + 4:g}"
    return (
        f'<line class="{kind}-line" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
        f' stroke-width="1.6"/><polygon class="{kind}-head" points="{head}"/>'
    )


def box(kind: str, x: float, round_: bool = False) -> str:
    """Return a square, or a circle for a state."""
    radius = BOX / 2 if round_ else 3
    return (
        f'<rect class="{kind}" x="{x:g}" y="{ROWS[kind]}" width="{BOX}" height="{BOX}"'
        f' rx="{radius:g}" stroke-width="1.6"/>'
    )


def shape_columns(shape: Shape, left: float) -> list[str]:
    """Return the boxes and the arrows of a shape."""
    steps, inputs, outputs = COLUMNS[shape]
    parts = []
    for k in range(steps):
        x = left + k * (BOX + GAP)
        middle = x + BOX / 2
        parts.append(box("state", x, round_=True))
        if k:
            y = ROWS["state"] + BOX / 2
            parts.append(arrow(x - GAP, y, x, y, "state"))
        if inputs[k] == "x":
            parts += [
                box("input", x),
                arrow(middle, ROWS["input"], middle, ROWS["state"] + BOX, "flow"),
            ]
        if outputs[k] == "x":
            parts += [
                box("output", x),
                arrow(middle, ROWS["state"], middle, ROWS["output"] + BOX, "flow"),
            ]
    return parts


def five_shapes() -> str:
    """Return the picture of the five shapes."""
    body, cell, first = [], 164, 78
    for row, top in ROWS.items():
        body.append(text(14, top + 15, row, kind="quiet"))
    for number, shape in enumerate(SHAPES):
        steps = COLUMNS[shape][0]
        middle = first + number * cell + cell / 2
        width = steps * BOX + (steps - 1) * GAP
        centred = ' text-anchor="middle"'
        body += [
            text(middle, 32, shape, size=15, more=centred + ' font-weight="600"'),
            text(
                middle,
                53,
                FACTS[shape].pattern.replace("->", "→"),
                size=12,
                kind="quiet",
                more=centred + f' font-family="{MONO}"',
            ),
            *shape_columns(shape, middle - width / 2),
            text(middle, 220, EXAMPLES[shape], size=12, kind="quiet", more=centred),
        ]
    letters = "b batch   t input step   u output step   f input feature   o output value"
    body.append(
        text(
            first + 2.5 * cell,
            248,
            letters.replace("   ", " · "),
            size=12,
            kind="quiet",
            more=' text-anchor="middle"',
        )
    )
    width = first + 5 * cell + 20
    return document(
        width,
        266,
        "The five shapes",
        "Five small networks: one input to one output, one to many, many to one, many to many of"
        " the same length, and many to many of another length.",
        body,
    )


def measured() -> dict[str, tuple[float, float, float]]:
    """Return by group the time of a step with unrolled, torch and Keras, divided by the first."""
    table = RESULTS.read_text(encoding="utf-8")
    groups = {}
    for title, case in CASES.items():
        cells = re.search(rf"^\| {re.escape(case)} \|(.+)\|$", table, re.MULTILINE)
        assert cells, case
        torch, keras = (float(cell.strip(" x")) for cell in cells[1].split("|")[2:4])
        groups[title] = (1.0, torch, keras)
    return groups


def speed() -> str:
    """Return the bar chart of the time of a training step."""
    left, right, bar, top = 230, 640, 15, 66
    groups = measured()
    scale = (right - left) / max(max(values) for values in groups.values())
    sides = (("unrolled", "state-bar"), ("torch", "output-bar"), ("Keras on JAX", "dense-bar"))
    body = [
        text(
            20, 30, "Time of one training step on two CPU cores", size=15, more=' font-weight="600"'
        ),
        text(20, 50, "relative to unrolled; a shorter bar is faster", size=12, kind="quiet"),
    ]
    for number, (side, kind) in enumerate(sides):
        x = 370 + 100 * number
        body.append(f'<rect class="{kind}" x="{x}" y="40" width="11" height="11" rx="2"/>')
        body.append(text(x + 17, 50, side, size=12))
    for group, (title, values) in enumerate(groups.items()):
        y = top + 10 + group * (3 * bar + 18)
        body.append(text(left - 14, y + 1.5 * bar + 4, title, more=' text-anchor="end"'))
        for number, (value, (_, kind)) in enumerate(zip(values, sides, strict=True)):
            at = y + number * bar
            body += [
                f'<rect class="{kind}" x="{left}" y="{at}" width="{value * scale:.1f}"'
                f' height="{bar - 3}" rx="2"/>',
                text(left + value * scale + 6, at + 11, f"{value:.1f}×", size=12, kind="quiet"),
            ]
    height = top + 10 + len(groups) * (3 * bar + 18) + 24
    body.append(
        text(
            20,
            height - 12,
            "32 rows of up to 100 steps with 16 features, 128 units, float32",
            size=12,
            kind="quiet",
        )
    )
    return document(
        right + 60,
        height,
        "Time of one training step",
        "Bars of the time of a training step, relative to unrolled.",
        body,
    )


def figures() -> dict[str, str]:
    """Return both pictures by their path under docs/."""
    return {"pictures/five-shapes.svg": five_shapes(), "pictures/speed.svg": speed()}
