"""A saved model is a folder that says the same in a new process, and nothing else is left."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from keras.callbacks import LambdaCallback

import unrolled
from unrolled.errors import ArtifactError, NotFittedError

FILES = [
    "README.md",
    "code.py",
    "encoders.json",
    "manifest.json",
    "program.json",
    "references.safetensors",
    "weights.safetensors",
]
RNG = np.random.default_rng(0)
TABLE = {
    "words": [" ".join(RNG.choice(list("abcde"), size=n)) for n in RNG.integers(1, 7, size=50)],
    "size": RNG.normal(size=50).tolist(),
}
TABLE["label"] = ["has" if "a" in words else "lacks" for words in TABLE["words"]]
NEW = {"words": ["a b", "q", "", "e e e d"], "size": [0.5, None, 3.0, -1.0]}


def raw(model, table):
    """Return the network's numbers for a table, before they become labels."""
    return np.stack(list(model.predict_proba(table).values()))


@pytest.fixture(scope="module")
def model():
    training = unrolled.Training(epochs=3, verbose=False)
    made = unrolled.SequenceModel(
        {"words": "words", "size": "number"},
        "label",
        network=unrolled.Network(units=4),
        training=training,
    )
    return made.fit(TABLE)


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    return model.save(tmp_path_factory.mktemp("saved") / "deep" / "model")


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


@pytest.mark.slow
def test_the_folder_holds_text_and_safetensors_and_nothing_else(saved):
    assert sorted(path.name for path in saved.iterdir()) == FILES
    assert [path.name for path in saved.parent.iterdir()] == ["model"]
    for path in saved.iterdir():
        assert not path.read_bytes().startswith(b"\x80")  # how every pickle begins
    for name in ("manifest.json", "encoders.json"):
        json.loads((saved / name).read_text(encoding="utf-8"))


SCRIPT = """
import json, sys
import numpy as np
import unrolled
folder, given, out = sys.argv[1:]
columns = json.load(open(given))
model = unrolled.load(folder)
shares = model.predict_proba(columns["new"])
np.save(out, np.stack(list(shares.values())))
print(json.dumps([model.predict(columns["new"]), str(model.evaluate(columns["all"]))]))
"""


@pytest.mark.slow
def test_a_new_process_says_the_same_to_the_bit(model, saved, tmp_path):
    (tmp_path / "columns.json").write_text(json.dumps({"new": NEW, "all": TABLE}))
    files = [str(saved), str(tmp_path / "columns.json"), str(tmp_path / "said.npy")]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *files], capture_output=True, text=True, check=True
    )
    labels, scores = json.loads(done.stdout)
    assert np.load(tmp_path / "said.npy").tobytes() == raw(model, NEW).tobytes()
    assert labels == model.predict(NEW)
    assert scores == str(model.evaluate(TABLE))
    assert "logistic regression" in scores


def test_what_is_loaded_is_what_was_saved(model, saved, tmp_path):
    loaded = unrolled.load(str(saved))
    assert loaded.schema_ == model.schema_
    assert loaded.history_ == model.history_
    assert loaded.network_settings_ == model.network_settings_
    assert loaded.code() == model.code()
    again = loaded.save(tmp_path / "again")
    for name in ("manifest.json", "encoders.json", "code.py", "README.md"):
        assert (again / name).read_text() == (saved / name).read_text()
    assert (again / "references.safetensors").read_bytes() == (
        saved / "references.safetensors"
    ).read_bytes()


BLOCKED = """
import runpy, sys
sys.modules["unrolled"] = None
found = runpy.run_path(sys.argv[1])
print([tuple(w.shape) for w in found["model"].get_weights()])
"""


@pytest.mark.slow
def test_the_code_runs_where_unrolled_is_not(model, saved):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(saved / "code.py")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([tuple(w.shape) for w in model.model_.get_weights()])


def test_saving_over_a_model_replaces_it(model, copy):
    (copy / "code.py").unlink()
    (copy / "stale.txt").write_text("old")
    model.save(copy)
    assert sorted(path.name for path in copy.iterdir()) == FILES
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


def test_an_empty_folder_is_used(model, tmp_path):
    (tmp_path / "empty").mkdir()
    model.save(tmp_path / "empty")
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == FILES


def test_a_link_to_a_model_stays_a_link(model, copy):
    link = copy.parent / "link"
    link.symlink_to(copy)
    (copy / "stale.txt").write_text("old")
    model.save(link)
    assert link.is_symlink()
    assert sorted(path.name for path in copy.iterdir()) == FILES


def refused(work, *given):
    with pytest.raises(ArtifactError) as caught:
        work(*given)
    return str(caught.value)


def test_a_folder_of_other_things_is_refused_and_left_alone(model, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert refused(model.save, tmp_path) == (
        f"Cannot write the model to '{tmp_path}': it exists, and is not a saved model. Choose a new"
        " folder, an empty one, or a model to replace."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_in_place_of_the_folder_is_refused(model, tmp_path):
    (tmp_path / "file").write_text("here")
    message = f"Cannot write the model to '{tmp_path / 'file'}': it exists, and is not a saved"
    assert refused(model.save, tmp_path / "file").startswith(message)
    assert refused(model.check_save, tmp_path / "file").startswith(message)


def test_what_cannot_be_written_leaves_nothing(model, tmp_path):
    (tmp_path / "file").write_text("here")
    target = tmp_path / "file" / "model"
    assert refused(model.save, target) == (
        f"Cannot write the model to '{target}': 'file' is not a folder that can be written to."
        " Choose another folder."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_failure_halfway_keeps_the_earlier_model(model, copy, monkeypatch):
    before = {path.name: path.read_bytes() for path in copy.iterdir()}

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert refused(model.save, copy) == (
        f"Cannot write the model to '{copy}': No space left on device. Choose another folder."
    )
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    assert [path.name for path in copy.parent.iterdir()] == ["copy"]


@pytest.mark.parametrize("name", ["nowhere", "folder"])
def test_a_folder_that_is_no_model_is_refused(tmp_path, name):
    (tmp_path / "folder").mkdir()
    assert refused(unrolled.load, tmp_path / name) == (
        f"There is no saved model at '{tmp_path / name}': a saved model is a folder or a .zip file"
        " with a manifest.json. Save one with model.save(folder), or unrolled train --save folder."
    )


def test_a_newer_format_is_refused(copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    assert refused(unrolled.load, copy) == (
        f"The model in '{copy}' has format 99, and this version of unrolled reads formats up to 3."
        " Install a newer unrolled."
    )


def test_references_that_name_no_kind_are_linear(model, copy):
    manifest = json.loads((copy / "manifest.json").read_text())
    assert [row.pop("kind") for row in manifest["references"]] == ["linear", "linear"]
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert str(unrolled.load(copy).evaluate(TABLE)) == str(model.evaluate(TABLE))


DAMAGE = {
    "manifest.json": ['{"format": 1', "[]", '{"format": "1"}', '{"format": 1}', "\x00"],
    "encoders.json": ["", "[]", "{}", '{"words": {"encoder": "other"}}'],
    "weights.safetensors": ["", "garbage that is long enough to have a header"],
    "references.safetensors": ["garbage that is long enough to have a header"],
}


@pytest.mark.parametrize(
    ("name", "content"), [(name, text) for name, texts in DAMAGE.items() for text in texts]
)
def test_a_damaged_file_is_said(copy, name, content):
    (copy / name).write_text(content)
    said = refused(unrolled.load, copy)
    assert said.startswith(f"The model in '{copy}' is damaged: ")
    assert said.endswith(" Save it again.")


@pytest.mark.parametrize("name", [n for n in FILES if "safetensors" in n] + ["encoders.json"])
def test_a_missing_file_is_said(copy, name):
    (copy / name).unlink()
    said = refused(unrolled.load, copy)
    assert said == f"The model in '{copy}' is damaged: the file '{name}' is missing. Save it again."


def test_a_model_must_be_fitted_to_be_saved(tmp_path):
    with pytest.raises(NotFittedError) as caught:
        unrolled.SequenceModel("a", "b").save(tmp_path / "model")
    assert str(caught.value) == (
        "This SequenceModel is not fitted yet, so 'save' is not available. Call fit first, or read"
        " a saved model with unrolled.load(folder)."
    )
    assert not list(tmp_path.iterdir())


def test_a_network_saved_before_it_was_trained_can_be_read(tmp_path):
    model = unrolled.SequenceModel(
        "size", "label", training=unrolled.Training(epochs=1, verbose=False)
    )
    save = LambdaCallback(on_train_begin=lambda _: model.save(tmp_path / "early"))
    model.fit(TABLE, callbacks=[save])
    early = unrolled.load(tmp_path / "early")
    assert early.history_ is None
    with pytest.raises(
        NotFittedError, match="this model was saved untrained, so it has no baselines"
    ):
        early.evaluate(TABLE)
