"""Real processes that are killed and resumed leave the same bytes."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("training_process.py")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")


def run_training(folder, *kill_at, hash_seed):
    """Run a training in a process and return its exit status."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(SCRIPT), str(folder), *kill_at]
    process = subprocess.run(
        command, env=os.environ | {"PYTHONHASHSEED": hash_seed}, capture_output=True, text=True
    )
    assert process.returncode in (0, -signal.SIGKILL), process.stderr
    return process.returncode


def read_files(folder):
    """Return the content of every file of the model, and of its predictions."""
    paths = [*(folder / "model").iterdir(), folder / "predictions.csv"]
    return {path.name: path.read_bytes() for path in paths}


@pytest.mark.slow
def test_killed_while_training_writing_and_saving_it_ends_with_the_same_bytes(tmp_path):
    """So do processes with different hash seeds, which order their sets differently."""
    once, killed = tmp_path / "once", tmp_path / "killed"
    assert run_training(once, hash_seed="1") == 0
    for moment in ("training", "writing", "saving"):
        assert run_training(killed, moment, hash_seed="2") == -signal.SIGKILL
        files = set(os.listdir(killed / "kept"))
        assert ("current.safetensors.part" in files) == (moment == "writing")
        assert ("network-1.safetensors" in files) == (moment == "saving")
        assert "model" not in os.listdir(killed)
    assert run_training(killed, hash_seed="3") == 0
    assert read_files(killed) == read_files(once)
    assert sorted(os.listdir(killed / "kept")) == ["lock", "network-1.safetensors"]
