"""A save that is killed at any instant leaves a whole model, and the next save cleans up."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from unrolled.saving import SEQUENCES, head, read, write

# Saves anew in child after child, each killed one call to the system later than the one before.
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_killed import files, said
from unrolled.saving import write

place, fresh = Path(sys.argv[1]), sys.argv[2] == "fresh"
if not fresh:
    write(place, files(0))

def killed(after):
    calls = 0
    def count(event, given):
        nonlocal calls
        if event.split(".")[0] in ("open", "os", "shutil"):
            calls += 1
            if calls > after:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)
    write(place, files(1))
    os._exit(0)

after, seen = 0, []
while True:
    child = os.fork()
    if not child:
        killed(after)
    status = os.waitpid(child, 0)[1]
    seen.append(said(place))
    if status == 0:
        break
    if seen[-1] == 1:  # it was in place: begin again from the other
        write(place, files(0))
    after += 1
print(after, *seen)
print(*sorted(path.name for path in place.parent.iterdir()))
"""


def files(number):
    """Return the files of a model that is a number."""
    return {
        "weights.safetensors": {"0000/w": np.full(1000, number, "float32")},
        "README.md": f"the model {number}\n",
        "manifest.json": head(SEQUENCES) | {"number": number},
    }


def number(saved):
    """Return the number that a model is, by all of its files."""
    found = saved.manifest["number"]
    assert (saved.arrays("weights.safetensors")["0000/w"] == found).all()
    assert saved.content("README.md") == f"the model {found}\n".encode()
    return found


def said(place):
    """Return the number of the model at a place; None if there is none."""
    if not place.exists() and not list(place.parent.glob(f".{place.name}-*.saving/earlier")):
        return None
    return read(place, {SEQUENCES: number})


@pytest.mark.parametrize("name", ["model", "model.zip"])
@pytest.mark.parametrize("state", ["fresh", "over another"])
def test_killed_at_every_call_a_whole_model_stands(tmp_path, name, state):
    place = tmp_path / "in" / name
    arguments = [str(place), state, str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *arguments], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    (after, *seen), left = (line.split() for line in done.stdout.splitlines())
    assert int(after) > 15
    assert set(seen) <= ({"None", "0", "1"} if state == "fresh" else {"0", "1"})
    assert seen[-1] == "1"
    assert left == [name]


def test_what_a_killed_save_left_is_not_of_a_model_with_a_longer_name(tmp_path):
    for name in ("m", "m-x"):
        (tmp_path / f".{name}-abcdefgh.saving").mkdir()
    write(tmp_path / "m", files(0))
    assert sorted(path.name for path in tmp_path.iterdir()) == [".m-x-abcdefgh.saving", "m"]
