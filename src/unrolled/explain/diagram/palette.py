"""The colours of a drawing, on light and on dark."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.explain.diagram.boxes import ArrowKind, BoxKind


@dataclass(frozen=True)
class Paint:
    """The colours of a box: its face, its border, its words."""

    fill: str
    stroke: str
    ink: str


@dataclass(frozen=True)
class Palette:
    """The colours of a drawing: paper, words, remarks, boxes by kind, arrows by kind."""

    paper: str
    ink: str
    quiet: str
    boxes: dict[BoxKind, Paint]
    arrows: dict[ArrowKind, str]


LIGHT = Palette(
    paper="#ffffff",
    ink="#1f2933",
    quiet="#5b6672",
    boxes={
        "input": Paint("#fbe6e2", "#b5483b", "#7d2a20"),
        "zero": Paint("#ffffff", "#b5483b", "#7d2a20"),
        "fed": Paint("#ffffff", "#2a69b0", "#173f73"),
        "state": Paint("#e0f2e6", "#2c7f55", "#17533a"),
        "output": Paint("#e0ecfb", "#2a69b0", "#173f73"),
        "dense": Paint("#eef0f3", "#77818d", "#343d47"),
        "join": Paint("#efe9f9", "#7757b3", "#452f78"),
        "dropped": Paint("#ffffff", "#9aa3ad", "#66707b"),
        "end": Paint("#173f73", "#173f73", "#ffffff"),
        "gap": Paint("none", "none", "#5b6672"),
    },
    arrows={
        "flow": "#5b6672",
        "state": "#2c7f55",
        "fed": "#2a69b0",
        "look": "#7757b3",
        "dropped": "#9aa3ad",
    },
)

DARK = Palette(
    paper="#15191e",
    ink="#e8ebef",
    quiet="#a4adb8",
    boxes={
        "input": Paint("#4a231d", "#e48b7d", "#ffdcd6"),
        "zero": Paint("#15191e", "#e48b7d", "#ffdcd6"),
        "fed": Paint("#15191e", "#7fb1ef", "#dceafd"),
        "state": Paint("#173b2a", "#5fbd8b", "#d5f4e3"),
        "output": Paint("#17335a", "#7fb1ef", "#dceafd"),
        "dense": Paint("#2a3037", "#939ca7", "#e1e5ea"),
        "join": Paint("#32284c", "#ab93e0", "#e9e0fb"),
        "dropped": Paint("#15191e", "#6b7580", "#a4adb8"),
        "end": Paint("#dceafd", "#dceafd", "#17335a"),
        "gap": Paint("none", "none", "#a4adb8"),
    },
    arrows={
        "flow": "#a4adb8",
        "state": "#5fbd8b",
        "fed": "#7fb1ef",
        "look": "#ab93e0",
        "dropped": "#6b7580",
    },
)
