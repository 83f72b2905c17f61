"""Programs that save to one place at once take turns; a load meanwhile gets a complete model."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
START = """
import sys, time
from pathlib import Path
import numpy, unrolled
sys.path.insert(0, sys.argv[1])
place, which, ends = Path(sys.argv[2]), sys.argv[3], time.time() + float(sys.argv[4])
def repeat(work):
    count = 0
    while count < 3 or time.time() < ends:
        work()
        count += 1
    print(count)
"""
FILES = """
from test_killed import files, read_number
from unrolled.saving import SEQUENCES, read_model, write_model
def load():
    assert read_model(place, {SEQUENCES: read_number}) in (1, 2)
if which == "load":
    repeat(load)
else:
    contents = files(int(which))
    repeat(lambda: write_model(place, contents))
"""
MODELS = """
saved = Path(sys.argv[1]).parent / "saved"
kinds = {"1": unrolled.SequenceModel, "2": unrolled.Forecaster}
def load():
    assert type(unrolled.load(place)) in kinds.values()
if which == "load":
    repeat(load)
else:
    model = unrolled.load(saved / {"1": "format-2-sequences", "2": "format-2-forecasts"}[which])
    assert type(model) is kinds[which]
    repeat(lambda: model.save(place))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model", "model.zip"])
@pytest.mark.parametrize(("script", "seconds"), [(FILES, 4), (MODELS, 5)], ids=["files", "models"])
def test_every_load_gives_a_complete_model(tmp_path, name, script, seconds):
    place = tmp_path / "in" / name
    command = [sys.executable, "-c", START + script, str(HERE), str(place)]
    subprocess.run([*command, "1", "0"], check=True, capture_output=True)
    running = [
        subprocess.Popen(
            [*command, which, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for which in ("1", "2", "load")
    ]
    outputs = [process.communicate(timeout=300) for process in running]
    codes = [process.returncode for process in running]
    assert codes == [0, 0, 0], [err[-2000:] for _, err in outputs]
    assert all(int(out) > 2 for out, _ in outputs), outputs
    assert sorted(path.name for path in place.parent.iterdir()) == [name]
