"""Real processes: killed and gone on with, or begun twice, they leave the same bytes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

LIVES = Path(__file__).with_name("lives.py")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


def lived(folder, *aim, hashes):
    """Run a training, and return its status."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(LIVES), str(folder), *aim]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": hashes}, capture_output=True, text=True
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def content(folder):
    """Return every file of the model and its predictions."""
    paths = [*(folder / "model").iterdir(), folder / "said.csv"]
    return {path.name: path.read_bytes() for path in paths}


def test_killed_in_training_writing_and_saving_it_ends_with_the_same_bytes(tmp_path):
    """And so do two processes that keep their sets in another order."""
    whole, often = tmp_path / "whole", tmp_path / "often"
    assert lived(whole, hashes="1") == 0
    for aim in ("training", "writing", "saving"):
        assert lived(often, aim, hashes="2") == -signal.SIGKILL
        there = set(os.listdir(often / "kept"))
        assert ("current.safetensors.part" in there) == (aim == "writing")
        assert ("network-1.safetensors" in there) == (aim == "saving")
        assert "model" not in os.listdir(often)
    assert lived(often, hashes="3") == 0
    assert content(often) == content(whole)
    assert sorted(os.listdir(often / "kept")) == ["lock", "network-1.safetensors"]
