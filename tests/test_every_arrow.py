"""Every script of the page "Every arrow, in Keras" runs as it is, and its network has learned."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled
from unrolled.networks import ARCHITECTURES

PAGE = Path(__file__).parents[1] / "docs" / "every-arrow.md"
TEXT = PAGE.read_text("utf-8")
SECTIONS = re.findall(r"^## (.+?)\n.*?^```python\n(.+?)^```", TEXT, re.MULTILINE | re.DOTALL)
CHECK = """
assert predicted.shape == outputs[-60:].shape, predicted.shape
error = ((predicted - outputs[-60:]) ** 2).mean() / outputs.var()
assert error < 0.3, error
"""


def run(script):
    """Run a script in a new Python, whose environment names no engine of Keras."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    command = [sys.executable, "-c", script + CHECK]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_the_page_has_the_nine_arrows():
    assert len(SECTIONS) == 9
    assert len(re.findall(r"^```python", TEXT, re.MULTILINE)) == 9


@pytest.mark.parametrize("script", [s for _, s in SECTIONS], ids=[title for title, _ in SECTIONS])
@pytest.mark.representatives(1)
def test_a_script_of_the_page_runs_as_it_is(script):
    run(script)


@pytest.mark.slow
@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.title}")
def test_the_script_of_every_architecture_runs_with_sizes_of_ones_own(row):
    steps = {"u": 4} if row.shape in ("one-to-many", "unaligned") else {}
    steps |= {"t": 8} if row.name in ("tail", "segments") else {}
    run(unrolled.code(row.shape, train=True, f=2, o=3, units=24, **steps, **row.settings))


def test_train_is_an_argument_of_code_only():
    assert "model.fit(" in unrolled.code("aligned", train=True)
    assert "model.fit(" not in unrolled.code("aligned", train=False)
    with pytest.raises(unrolled.errors.SettingError, match=r"build\(\) has no argument 'train'"):
        unrolled.build("aligned", train=True)
