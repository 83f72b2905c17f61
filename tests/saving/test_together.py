"""Programs that save to one place at once take turns; who loads meanwhile gets a whole model."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
BEGIN = """
import sys, time
from pathlib import Path
import numpy, unrolled
sys.path.insert(0, sys.argv[1])
place, which, ends = Path(sys.argv[2]), sys.argv[3], time.time() + float(sys.argv[4])
def often(work):
    times = 0
    while times < 3 or time.time() < ends:
        work()
        times += 1
    print(times)
"""
FILES = """
from test_killed import files, number
from unrolled.saving import SEQUENCES, read, write
def load():
    assert read(place, {SEQUENCES: number}) in (1, 2)
if which == "load":
    often(load)
else:
    ours = files(int(which))
    often(lambda: write(place, ours))
"""
MODELS = """
saved = Path(sys.argv[1]) / "saved"
kinds = {"1": unrolled.SequenceModel, "2": unrolled.Forecaster}
def load():
    assert type(unrolled.load(place)) in kinds.values()
if which == "load":
    often(load)
else:
    model = unrolled.load(saved / {"1": "format-2-sequences", "2": "format-2-forecasts"}[which])
    assert type(model) is kinds[which]
    often(lambda: model.save(place))
"""


@pytest.mark.parametrize("name", ["model", "model.zip"])
@pytest.mark.parametrize(("script", "seconds"), [(FILES, 4), (MODELS, 5)], ids=["files", "models"])
def test_every_load_gives_a_whole_model(tmp_path, name, script, seconds):
    place = tmp_path / "in" / name
    begin = [sys.executable, "-c", BEGIN + script, str(HERE), str(place)]
    subprocess.run([*begin, "1", "0"], check=True, capture_output=True)
    running = [
        subprocess.Popen(
            [*begin, which, str(seconds)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for which in ("1", "2", "load")
    ]
    said = [one.communicate(timeout=300) for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], [err[-2000:] for _, err in said]
    assert all(int(out) > 2 for out, _ in said), said
    assert sorted(path.name for path in place.parent.iterdir()) == [name]
