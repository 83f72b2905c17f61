"""The page of the program has every operation, with the first sentence of its docstring."""

import inspect
from pathlib import Path

from unrolled.program.operations import OPERATIONS

PAGE = Path(__file__).parents[2] / "docs" / "program.md"


def test_the_table_has_every_operation():
    rows = [
        f"| `{name}` | {inspect.getdoc(OPERATIONS[name]).splitlines()[0]} |"
        for name in sorted(OPERATIONS, key=str.lower)
    ]
    lines = PAGE.read_text("utf-8").splitlines()
    first = lines.index("| operation | what it computes |") + 2
    assert lines[first : lines.index("", first)] == rows
