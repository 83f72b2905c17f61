"""`predict.py`: the files of `standalone/` as one file that imports nothing of unrolled."""

from __future__ import annotations

import ast
from pathlib import Path

from unrolled.export import standalone

PARTS = ("cells", "labels", "text", "tags", "columns", "decoding", "bundle", "command")


def program_text() -> str:
    """Return the source of `predict.py`.

    Example:
        >>> text = program_text()
        >>> "unrolled.export" in text, text.count("import numpy as np")
        (False, 1)
    """
    folder = Path(standalone.__file__).parent
    imports: dict[str, None] = {}
    bodies: list[str] = []
    doc = ""
    for part in PARTS:
        source = (folder / f"{part}.py").read_text(encoding="utf-8")
        doc, body = _split(source, imports)
        bodies.append(body)
    head = ["from __future__ import annotations", "", *sorted(imports)]
    return "\n".join([f'"""{doc}"""', "", *head, "", "", "\n\n\n".join(bodies), ""])


def _split(source: str, imports: dict[str, None]) -> tuple[str, str]:
    """Return the docstring of a file and what follows its imports, which are collected."""
    tree, lines = ast.parse(source), source.splitlines()
    last = 0
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            text = "\n".join(lines[statement.lineno - 1 : statement.end_lineno])
            if "unrolled" not in text and "__future__" not in text:
                imports[text] = None
            last = statement.end_lineno or last
    return ast.get_docstring(tree, clean=False) or "", "\n".join(lines[last:]).strip("\n")
