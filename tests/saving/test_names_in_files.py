"""The names in saved files stay what they are, whatever classes and attributes are called.

What the version that defined format 2 wrote is in `tests/saved`; each test compares with it.
"""

import json
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from keras.callbacks import LambdaCallback
from safetensors.numpy import load_file

import unrolled
from unrolled.data.encoders.encoder import make_encoder
from unrolled.data.layouts.columns_as_steps import ColumnsAsSteps, StepColumns
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.tables.table import Table
from unrolled.data.tables.trained_rows import describe_rows
from unrolled.forecasting.limits import Limits
from unrolled.forecasting.serialization import stated_parameters
from unrolled.forecasting.series.infer_timeline import infer_timeline
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.times.fiscal_weeks import FiscalWeeks
from unrolled.forecasting.series.times.month_days import MonthDays
from unrolled.forecasting.series.times.parse import parse_times
from unrolled.forecasting.series.times.spelling import infer_spelling
from unrolled.schema import Column
from unrolled.settings import Network, Training

SAVED = Path(__file__).parents[1] / "saved"
EARLIER = ("format-2-sequences", "format-2-forecasts")  # written before some names were added
MODELS = [
    path.parent
    for path in sorted(SAVED.glob("format-2-*/manifest.json"))
    if path.parent.name not in EARLIER
]

NETWORK = "architecture cell units layers bidirectional dropout pooling linear"
TRAINING = (
    "epochs batch_size learning_rate decay patience loss validation split split_by"
    " label_smoothing class_weight word_dropout scheduled_sampling seed seeds verbose"
)
SPEC = (
    "shape t u values embedded spelled counted mapped patterned vectors heads ragged pooled"
    " tokens stops labels"
)
HISTORY = "best_epoch loss validation stopped"
LINEAR = "kind name steps per_step outputs features"
COLUMN = "name kind unit width length spaced scheme why"  # and `decimal` where it is a comma
SHARED = "format kind versions ports network training data scores history files"
MANIFEST = {
    "sequences": f"{SHARED} schema steps_in steps_out text references temperatures",
    "forecasts": f"{SHARED} layout plan transform statics channels season reasons",
}
BASELINES = {
    "linear": LINEAR,
    "most frequent": "kind outputs",
    "nearest": "kind texts outputs categories",
    "n-gram": "kind sizes orders within categories",
}
ENCODERS = {
    "scaler": "encoder column output mean std marked",
    "labels": "encoder column output classes",
    "vocabulary": "encoder column output end lowered digits spelling runs known subwords",
}
ADDED_TO_ENCODERS = {  # since; a model that was saved before lacks them
    "scaler": "constant range",
    "labels": "constant",
    "vocabulary": "exact",
}
LABEL_SETS = "encoder column output classes"
DATES = "encoder column output first hours mean std constant marked"
SERIES_ARRAYS = "values starts offsets held naive scales others"
PARAMETERS = (
    "target horizon time id lookback past future static channels transform calendar season"
    " network training"
)
RUN_ID = {
    "rows to learn from": str,
    "rows to stop by": str,
    "network": str,
    **dict.fromkeys(TRAINING.replace(" verbose", "").split(), object),
}
CHECKPOINT = "best least mark level loss validation epoch step order"


def names(text):
    return set(text.split())


def read(folder, name):
    return json.loads((folder / name).read_text())


def metadata(path):
    """Return the JSON in the header of a checkpoint file."""
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    return json.loads(json.loads(raw[8 : 8 + length])["__metadata__"]["unrolled"])


@pytest.fixture(scope="module", params=MODELS, ids=lambda folder: folder.name)
def copies(request, tmp_path_factory):
    """Return the kind of a model, its folder in `tests/saved`, and the model saved again."""
    again = unrolled.load(request.param).save(tmp_path_factory.mktemp("again") / "model")
    return read(again, "manifest.json")["kind"], request.param, again


def test_a_model_that_is_loaded_and_saved_has_the_same_files(copies):
    _, before, after = copies
    names_before = {path.name for path in before.iterdir()}
    assert {path.name for path in after.iterdir()} == names_before | {"program.json"}
    for path in before.glob("*.safetensors"):
        if path.name == "weights.safetensors":  # their names come from Keras, their order counts
            old, new = (sorted(load_file(folder / path.name).items()) for folder in copies[1:])
            assert [key[:4] for key, _ in new] == [key[:4] for key, _ in old]
            for (_, one), (_, other) in zip(old, new, strict=True):
                np.testing.assert_array_equal(one, other)
        else:
            assert (after / path.name).read_bytes() == path.read_bytes()
    for path in before.glob("*.json"):
        old, new = read(before, path.name), read(after, path.name)
        if path.name == "manifest.json":
            for manifest in (old, new):
                del manifest["versions"], manifest["files"], manifest["format"]
        assert new == old
        assert json.dumps(new) == json.dumps(old)  # also in the same order


def test_the_names_in_the_json_of_a_model(copies):
    kind, _, folder = copies
    manifest = read(folder, "manifest.json")
    assert set(manifest) == names(MANIFEST[kind])
    assert set(manifest["network"]) == names(NETWORK)
    assert set(manifest["training"]) == names(TRAINING)
    assert set(manifest["ports"]) == names(SPEC)
    assert set(manifest["data"]) in (set(), names("rows columns sha256"))
    assert set(manifest["scores"]) == {"validation_loss"}
    histories = manifest["history"] if kind == "sequences" else [manifest["history"]]
    assert all(set(history) == names(HISTORY) for history in histories)
    check = check_rows if kind == "sequences" else check_forecaster
    check(folder, manifest)


def test_the_names_in_a_program(copies):
    program = read(copies[2], "program.json")
    graphs = names("model") | (names("encode step") if "step" in program else set())
    assert set(program) - {"attend"} == graphs | {"program"}
    for name in graphs:
        graph = program[name]
        assert set(graph) == names("inputs nodes outputs")
        assert all(set(tensor) == names("shape dtype") for tensor in graph["inputs"].values())
        for node in graph["nodes"]:
            assert set(node) - names("weights settings") == names("name operation inputs outputs")


def check_rows(folder, manifest):
    assert set(manifest["schema"]) == names("inputs outputs shape reason")
    columns = [*manifest["schema"]["inputs"], *manifest["schema"]["outputs"]]
    assert all(set(column) == names(COLUMN) for column in columns)
    assert set(manifest["text"]) == names("lowercase digits characters vectors")
    for baseline in manifest["references"]:
        assert set(baseline) == names(BASELINES[baseline["kind"]])
        if baseline.get("features"):
            assert set(baseline["features"]) == names("per_step flat grams symbols")
        if "categories" in baseline:
            assert set(baseline["categories"]) == names("marks ids")
    encoders = read(folder, "encoders.json")
    assert list(encoders) == [column["name"] for column in columns]
    for encoder in encoders.values():
        assert set(encoder) == names(ENCODERS[encoder["encoder"]])
        assert set(encoder["column"]) == names(COLUMN)
        if encoder.get("spelling"):
            assert set(encoder["spelling"]) == names("known longest")
        if encoder.get("runs"):
            assert set(encoder["runs"]) == names("base closed known")


def check_forecaster(folder, manifest):
    assert set(manifest["layout"]) == names("targets time id past future static")
    assert set(manifest["plan"]) == names("lookback horizon marked calendar")
    assert set(manifest["statics"]) == names("scales categories")
    series = read(folder, "series.json")
    assert set(series) == names("ids timeline static")
    assert set(series["ids"]) == names("type values")
    assert set(series["timeline"]) == names("unit every anchor dtype clock ends")
    assert set(read(folder, "settings.json")) == names(PARAMETERS)
    assert set(load_file(folder / "series.safetensors")) == names(SERIES_ARRAYS)
    assert set(load_file(folder / "references.safetensors")) == {"ridge"}


def test_the_names_of_what_a_forecaster_saves_only_where_it_is_needed():
    shared = names("unit every anchor dtype clock ends")
    days = pl.Series("t", [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 15)])
    dates = parse_times(days)
    line = infer_timeline(dates, np.zeros(len(days)))
    state = replace(line, spelling=infer_spelling(days, dates)).to_dict()
    assert set(state) == shared | names("calendar spelling")
    assert set(state["spelling"]) == names("kind pattern suffix")
    assert set(state["calendar"]) == names("kind weekdays times")
    assert set(MonthDays(("30",)).to_dict()) == names("kind rules time loose")
    fiscal = FiscalWeeks((4, 4, 5), 5, 1, nearest=True).to_dict()
    assert set(fiscal) == names("kind weeks weekday month nearest extra starts time")
    layout = Layout(("y",), past=("promo",), categories={"promo": ("no", "yes")}).to_dict()
    assert set(layout) == names("targets time id past future static categories")
    assert Limits({"y": (0.0, np.inf)}).to_dict() == {"y": [0.0, None]}
    later = {"steps": None, "every": "1h", "combine": None, "floor": -np.inf, "ceiling": None}
    assert stated_parameters(later) == {"every": "1h", "floor": "-inf"}


def test_the_rows_that_were_trained_on_are_saved_in_one_text():
    rows = Table({"a": np.arange(30.0)}, 30)
    assert set(describe_rows(rows, [Column(name="a", kind="number")], [])) == {"trained_rows"}


def test_attention_is_saved_only_where_it_is_off():
    assert set(Network().to_dict()) == names(NETWORK)
    without = Network(attention=False).to_dict()
    assert without == {**Network().to_dict(), "attention": False}
    assert Network.from_dict(without) == Network(attention=False)


def test_the_names_in_the_layout_of_a_table():
    rows = RowsAsSteps(id="machine", many={}, labels={}).to_dict()
    assert set(rows) == names("id time one many labels elapsed")
    columns = ColumnsAsSteps(sequences={"t": StepColumns(columns=("t0", "t1"))}).to_dict()
    assert set(columns) == {"sequences"}
    assert set(columns["sequences"]["t"]) == names("columns kind")


def test_the_names_of_the_arrays_of_baselines():
    linear = load_file(SAVED / "format-2-linear" / "references.safetensors")
    assert set(linear) == {f"{i}/label/{part}" for i in (0, 1) for part in ("weights", "bias")}
    tokens = load_file(SAVED / "format-2-decoder" / "references.safetensors")
    counts = {f"2/every/sounds/{n}/{part}" for n in range(1, 6) for part in ("keys", "counts")}
    assert set(tokens) == counts | names(
        "0/sounds 1/numbers 1/labels 1/in/word/steps 1/in/word/lengths 1/out/sounds/steps"
        " 1/out/sounds/lengths 2/classes"
    )


def test_the_names_in_a_checkpoint(tmp_path):
    before = SAVED / "checkpoint"
    folder = shutil.copytree(before, tmp_path / "checkpoint")
    expected = read(SAVED / "expected", "checkpoint.json")
    kept = tmp_path / "current.safetensors"

    def keep(*_, **__):
        if (folder / "current.safetensors").exists():
            shutil.copy(folder / "current.safetensors", kept)

    training = Training(
        epochs=4, batch_size=8, verbose=False, checkpoint=folder, every=1, resume=True
    )
    model = unrolled.SequenceModel(
        "a", "b", network=Network(units=3, dropout=0.2), training=training
    )
    model.fit(expected["rows"], callbacks=[LambdaCallback(on_train_batch_end=keep)])
    for path in (before / "current.safetensors", kept):
        state = metadata(path)
        assert set(state) == names("format begun number facts")
        assert set(state["begun"]) == set(RUN_ID)
        assert set(state["facts"]) == names(CHECKPOINT)
    arrays = [load_file(path) for path in (before / "current.safetensors", kept)]
    shapes = [{name: array.shape for name, array in each.items()} for each in arrays]
    assert shapes[0] == shapes[1]
    assert {name.split("/")[0] for name in shapes[0]} == names("best metrics network optimizer")
    assert metadata(kept)["begun"] == metadata(before / "current.safetensors")["begun"]
    finished = folder / "network-1.safetensors"
    assert set(metadata(finished)["facts"]) == names(HISTORY)
    assert list(load_file(finished)) == [f"{i:03d}" for i in range(len(model.model_.weights))]


def test_the_names_that_were_added_to_encoders():
    text = Column(name="a", kind="text", unit="words")
    number = Column(name="a", kind="number")
    label = Column(name="a", kind="category")
    date = Column(name="a", kind="date")
    now = {
        "scaler": make_encoder(number, output=False).fit(np.array([1.0, 1.0])),
        "labels": make_encoder(label, output=False).fit(["a", "a"]),
        "vocabulary": make_encoder(text, output=True).fit(["a"]),
    }
    for kind, encoder in now.items():
        added = names(ADDED_TO_ENCODERS[kind])
        assert set(encoder.to_dict()) == names(ENCODERS[kind]) | added
    dates = make_encoder(date, output=False).fit(np.array(["2024-01-31"], "datetime64[us]"))
    assert set(dates.to_dict()) == names(DATES)
    topics = make_encoder(Column(name="a", kind="labels", width=0), output=True).fit([["b", "c"]])
    assert set(topics.to_dict()) == names(LABEL_SETS)


def test_the_names_in_the_state_of_a_live_forecaster(tmp_path):
    live = unrolled.load(SAVED / "format-2-forecasts").live()
    arrays = load_file(live.save(tmp_path / "state.safetensors"))
    assert set(arrays) == names("forecaster new_series places values waiting dropped")
    assert set(json.loads(arrays["new_series"].tobytes())) == names("ids labels static")
