"""A save that is killed at any instant leaves a complete model, and the next save cleans up."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unrolled.saving import SEQUENCES, manifest_header, read_model, write_model

# Saves in one child process after another, each killed one system call later than the one before.
KILLED_SAVES = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_killed import files, load_number
from unrolled.saving import write_model

place, new_place = Path(sys.argv[1]), sys.argv[2] == "new place"
if not new_place:
    write_model(place, files(0))

def save_and_kill(after):
    calls = 0
    def count(event, arguments):
        nonlocal calls
        if event.split(".")[0] in ("open", "os", "shutil"):
            calls += 1
            if calls > after:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    write_model(place, files(1))
    os._exit(0)

after, loaded = 0, []
while True:
    child = os.fork()
    if not child:
        save_and_kill(after)
    status = os.waitpid(child, 0)[1]
    loaded.append(load_number(place))
    if status == 0:
        break
    if loaded[-1] == 1:  # the new model was in place: start again from the other one
        write_model(place, files(0))
    after += 1
print(after, *loaded)
print(*sorted(path.name for path in place.parent.iterdir()))
"""


def files(number):
    """Return the files of a model that consists of a number."""
    return {
        "weights.safetensors": {"0000/w": np.full(1000, number, "float32")},
        "README.md": f"the model {number}\n",
        "manifest.json": manifest_header(SEQUENCES) | {"number": number},
    }


def read_number(saved):
    """Return the number of a model, which all of its files must have."""
    number = saved.manifest["number"]
    assert (saved.read_arrays("weights.safetensors")["0000/w"] == number).all()
    assert saved.read_bytes("README.md") == f"the model {number}\n".encode()
    return number


def load_number(place):
    """Return the number of the model at a place; None if there is none."""
    if not place.exists() and not list(place.parent.glob(f".{place.name}-*.saving/earlier")):
        return None
    return read_model(place, {SEQUENCES: read_number})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model", "model.zip"])
@pytest.mark.parametrize("state", ["new place", "another model"])
def test_killed_at_every_call_a_complete_model_is_there(tmp_path, name, state):
    place = tmp_path / "in" / name
    arguments = [str(place), state, str(Path(__file__).parent)]
    result = subprocess.run(
        [sys.executable, "-c", KILLED_SAVES, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    (after, *loaded), names = (line.split() for line in result.stdout.splitlines())
    assert int(after) > 15
    assert set(loaded) <= ({"None", "0", "1"} if state == "new place" else {"0", "1"})
    assert loaded[-1] == "1"
    assert names == [name]


def test_leftovers_of_a_model_with_a_longer_name_stay(tmp_path):
    for name in ("m", "m-x"):
        (tmp_path / f".{name}-abcdefgh.saving").mkdir()
    write_model(tmp_path / "m", files(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".m-x-abcdefgh.saving", "m"]
