"""Reading a model and predicting with it imports neither Keras, JAX nor scikit-learn."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

SAVED = Path(__file__).parent / "saved"
ENGINES = ("keras", "jax", "torch", "tensorflow")
OTHERS = ("sklearn", "scipy", "matplotlib", "pandas", "pyarrow", "rich")
EXPECTED = {path.stem: json.loads(path.read_text()) for path in (SAVED / "expected").iterdir()}
ROWS = {"text": ["good", "bad"] * 5, "size": [0.0] * 10, "label": ["good", "bad"] * 5}
NEWEST = {
    "format-3-sequences": {"new": {"text": ["a good day"], "size": [1.0]}, "rows": ROWS},
    "format-3-forecasts": {},
}
OLDER = [path.name for path in sorted(SAVED.glob("format-2-*"))]
FEW = ("format-2-decoder", "format-2-linear")
MODELS = """
import json, sys
import polars as pl
import unrolled

def check(what, libraries):
    imported = [name for name in libraries if name in sys.modules]
    assert not imported, f"{what} imported {imported}"

engines, others, models = json.load(sys.stdin)
unrolled.SequenceModel, unrolled.Forecaster, unrolled.load
check("naming the models", engines + others)
loaded = []
for place, expected in models:
    model = unrolled.load(place)
    loaded.append((place, model, expected))
    check(f"reading {place}", engines + others)
    if "new" not in expected:
        future = expected.get("future")
        if future is not None:
            future = pl.DataFrame(future).with_columns(pl.col("day").str.to_date())
        assert model.predict(future=future, level=[80]).height
    else:
        new = expected["new"]
        assert model.predict(new)
        if "probabilities" in expected:
            assert model.predict_proba(new)
        if "decoding" in expected:
            assert model.predict(new, decoding=unrolled.Decoding(**expected["decoding"]))
            assert model.predict(new, decoding=unrolled.Decoding(samples=2))
        if "attention" in expected:
            assert model.attention(new)
    check(f"predicting with {place}", engines + others)
for place, model, expected in loaded:
    if "rows" in expected:
        assert str(model.evaluate(expected["rows"]))
    elif isinstance(model, unrolled.Forecaster):
        assert str(model.backtest())
    check(f"scoring {place}", engines)
print("all of them")
"""
COMMAND = """
import json, sys
from unrolled.cli import main
*arguments, libraries = sys.argv[1:]
try:
    main(arguments)
except SystemExit as stop:
    assert not stop.code, stop.code
imported = [name for name in json.loads(libraries) if name in sys.modules]
assert not imported, imported
"""


def run(script, *arguments, given=""):
    """Return what a script prints in a process of its own."""
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=given,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def check_models(models):
    """Read, predict and score in a process that must not import a heavy library."""
    facts = [ENGINES, OTHERS, [(str(place), expected) for place, expected in models]]
    assert run(MODELS, given=json.dumps(facts)) == "all of them\n"


def save_again(names, folder):
    """Save models of older formats in the newest one; yield where they are, and their rows."""
    for name in names:
        place = unrolled.load(SAVED / name).save(folder / name)
        yield place, EXPECTED.get(name, {})


def test_predictions_and_scores_need_no_heavy_library(tmp_path):
    newest = [(SAVED / name, expected) for name, expected in NEWEST.items()]
    check_models([*newest, *save_again(FEW, tmp_path)])


@pytest.mark.slow
def test_no_model_needs_a_heavy_library(tmp_path):
    names = [name for name in OLDER if name not in FEW and name != "format-2-sequences"]
    assert len(names) > 6
    check_models(save_again(names, tmp_path))


@pytest.mark.parametrize(
    ("model", "header"),
    [("sequences", "text,size,label-predicted,label-confidence"), ("forecasts", "t,y")],
)
def test_the_command_needs_no_heavy_library(model, header, tmp_path):
    table = tmp_path / "rows.csv"
    days = [f"2024-03-{day:02},{day % 7}\n" for day in range(1, 31)]
    table.write_text("t,y\n" + "".join(days) if model == "forecasts" else "text,size\ngood,1\n")
    place = str(SAVED / f"format-3-{model}")
    out = run(COMMAND, "predict", place, str(table), json.dumps([*ENGINES, *OTHERS]))
    assert out.startswith(f"{header}\n")
    assert len(out.splitlines()) > 1
