"""The command line in this process, in an empty folder."""

import json
import re
from types import SimpleNamespace

import pytest

from unrolled.cli import main

NUMBER = re.compile(r" +-?\d+(\.\d+)?(e[-+]\d+)?(?= |$)", re.MULTILINE)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return an empty folder that is the current one, on a terminal of 100 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def unrolled(folder, capsys):  # noqa: ARG001
    """Return a function that runs `unrolled WORDS` and returns status, out and err."""

    def run(words):
        capsys.readouterr()
        status = 0
        try:
            main(words.split())
        except SystemExit as stop:
            status = stop.code
        result = capsys.readouterr()
        return SimpleNamespace(status=status, out=result.out, err=result.err)

    return run


@pytest.fixture(scope="session")
def rows():
    """Return 24 records: numbers, labels, text and lists whose lengths differ or agree."""
    return [
        {
            "a": i,
            "b": i % 3 + 0.5,
            "steps": [(i * 7 + k) % 5 + 0.5 for k in range(2 + i % 2)],
            "week": [i + k + 0.5 for k in range(3)],
            "total": (i % 5) / 2,
            "label": "yes" if i % 2 else "no",
            "text": "a good day" if i % 2 else "a bad night",
        }
        for i in range(24)
    ]


@pytest.fixture
def table(folder, rows):
    """Write the records as `rows.jsonl`."""
    lines = [json.dumps(row) for row in rows]
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / "rows.jsonl"


@pytest.fixture
def masked():
    """Return a function that puts # for each number that stands alone in a line."""
    return lambda text: NUMBER.sub(" #", text)
