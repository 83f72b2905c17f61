"""Write the pages and pictures that follow from the code and from measured results.

    python docs/make.py

A test checks that they are up to date.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import unrolled
from unrolled.cli import parser
from unrolled.explain import textbook
from unrolled.networks import ARCHITECTURES, Architecture
from unrolled.shapes import FACTS

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import arrows  # noqa: E402
from figures import figures  # noqa: E402

SIZES = {"t": 6, "f": 4, "u": 3, "o": 1, "units": 32}


def pages() -> dict[str, str]:
    """Return the content of every generated file by its path under docs/."""
    scripts = {os.path.relpath(textbook.FILE, HERE): textbook.record()}
    texts = {"architectures.md": architectures(), "commands.md": commands()}
    texts |= {"every-arrow.md": arrows.page(), **arrows.pictures()}
    pictures = {f"pictures/{slug(row)}.svg": picture(row).svg for row in ARCHITECTURES}
    return {**scripts, **texts, **pictures, **figures()}


def slug(row: Architecture) -> str:
    """Return the name of an architecture in links and file names."""
    return f"{row.shape}-{row.title}".replace(" ", "-")


def sizes(row: Architecture) -> dict[str, int]:
    """Return the sizes that the shape of an architecture needs."""
    facts = FACTS[row.shape]
    left_out = {"t"} if facts.inputs == "one" else set()
    left_out |= set() if row.shape in ("one-to-many", "unaligned") else {"u"}
    return {axis: size for axis, size in SIZES.items() if axis not in left_out}


def picture(row: Architecture) -> Any:
    """Return the picture of an architecture."""
    return unrolled.diagram(row.shape, **row.settings, **sizes(row))


def architectures() -> str:
    """Return the page of the architectures."""
    lines = [
        "# The architectures",
        "",
        "Every wiring of every shape, with its picture and its code at t=6, f=4, u=3, o=1, h=32.",
        "Written by `docs/make.py`.",
        "",
        "| shape | pattern | architecture | wiring |",
        "|---|---|---|---|",
        *(
            f"| {row.shape} | `{FACTS[row.shape].pattern}` | [`{row.title}`](#{slug(row)})"
            f" | {row.layers} |"
            for row in ARCHITECTURES
        ),
    ]
    for row in ARCHITECTURES:
        source = unrolled.code(row.shape, **row.settings, **sizes(row))
        lines += [
            "",
            f"## {slug(row)}",
            "",
            f"{row.layers}. {row.guide}",
            "",
            f"![{row.shape}, {row.title}](pictures/{slug(row)}.svg)",
            "",
            "```python",
            source.rstrip(),
            "```",
        ]
    return "\n".join(lines) + "\n"


def commands() -> str:
    """Return the page of the commands."""
    command = parser()
    start = command.make_context("unrolled", [], resilient_parsing=True, terminal_width=78)
    lines = ["# The commands", "", "Written by `docs/make.py` from `unrolled --help`."]
    for name, verb in sorted(command.commands.items()):
        context = verb.make_context(name, [], parent=start, resilient_parsing=True)
        text = re.sub(r" +$", "", verb.get_help(context), flags=re.MULTILINE)
        lines += ["", f"## unrolled {name}", "", "```", text.strip("\n"), "```"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        (HERE / name).parent.mkdir(exist_ok=True)
        (HERE / name).write_text(text, encoding="utf-8")
        print(HERE / name)


if __name__ == "__main__":
    main()
