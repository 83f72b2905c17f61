"""A training that is broken off anywhere and gone on with ends as if it had never been."""

import re
from contextlib import contextmanager

import numpy as np
import pytest
from test_fit import FEW, answers, decoder, network, rows

import unrolled
from unrolled.disk.locks import try_lock
from unrolled.errors import ArtifactError, CheckpointError, SettingError
from unrolled.settings import Network, Training
from unrolled.training import fit
from unrolled.training.checkpoints import NetworkCheckpoints

FINISHED = ["lock", "network-1.safetensors"]
SERIES = {
    "id": ["a"] * 60 + ["b"] * 60,
    "t": [*range(60), *range(60)],
    "y": np.random.default_rng(0).normal(size=120).cumsum(),
}


class Broken(Exception):
    """What stands for a power cut."""


def cut(monkeypatch, after):
    """Break off when as many checkpoints were written."""
    keep, written = NetworkCheckpoints.keep, []

    def kept(self, state, steps):
        keep(self, state, steps)
        written.append(steps)
        if len(written) == after:
            raise Broken

    monkeypatch.setattr(NetworkCheckpoints, "keep", kept)


def sums(settings, *, held=1.0, count=60):
    """Fit sums of steps; rows whose outputs are the opposite may say when to stop."""
    stops = rows(1)
    stops.targets["y"].flat[:] *= held
    made = [network(seed) for seed in settings.network_seeds]
    return made, fit.fit_each(made, rows(0, count), stops, settings)


def opposite(settings):
    return sums(settings, held=-1.0)


def forced(settings):
    made = decoder("ids")
    return [made], fit.fit_each([made], answers(0), answers(1), settings)


def windows(settings):
    """Fit a forecaster whose passes draw some of the windows anew."""
    made = unrolled.Forecaster(
        "y",
        horizon=2,
        time="t",
        id="id",
        lookback=6,
        network=Network(units=4, dropout=0.2),
        training=settings.model_copy(update={"epochs": 4}),
    ).fit(SERIES)
    return [made.network], (made.history,)


def same_bits(some, others):
    """Check that networks have the same weights and random states, to the last bit."""
    for one, other in zip(some, others, strict=True):
        for ours, theirs in zip(one.weights, other.weights, strict=True):
            np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


CASES = {
    "plateau": (sums, {}),
    "halved and ended early": (opposite, {"epochs": 40, "patience": 4}),
    "cosine": (sums, {"decay": "cosine"}),
    "own outputs": (forced, {"scheduled_sampling": "linear", "decay": "cosine"}),
    "windows drawn anew": (windows, {"decay": "cosine"}),
    "the second of two": (sums, {"seeds": 2, "epochs": 2}),
}


@pytest.mark.parametrize("name", CASES)
def test_it_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr("unrolled.forecasting.series.dataset.MAX_WINDOWS_PER_EPOCH", 64)
    run, changes = CASES[name]
    settings = FEW.model_copy(update=changes)
    made, history = run(settings)
    folder = tmp_path / "kept"
    keeping = settings.model_copy(update={"checkpoint": folder, "every": 3})
    with monkeypatch.context() as patch:
        cut(patch, 3)
        with pytest.raises(Broken):
            run(keeping)
    assert "current.safetensors" in names(folder)
    again, same = run(keeping.model_copy(update={"resume": True}))
    assert same == history
    same_bits(made, again)
    assert names(folder) == ["lock", *(f"network-{k + 1}.safetensors" for k in range(len(made)))]


def test_every_step_can_be_the_last(tmp_path, monkeypatch):
    """Break off again and again, at each step of the passes, between them and before any."""
    settings = FEW.model_copy(update={"epochs": 2})
    made, history = sums(settings)
    going = settings.model_copy(
        update={"checkpoint": tmp_path / "kept", "every": 1, "resume": True}
    )
    broken = 0
    with monkeypatch.context() as patch:
        cut(patch, 1)
        while broken < 20:
            try:
                again, same = sums(going)
                break
            except Broken:
                broken += 1
                patch.undo()
                cut(patch, 1)
    assert broken == 7  # before each of eight steps but the first
    assert same == history
    same_bits(made, again)


def test_what_is_finished_is_there_at_once_and_else_begun_anew(tmp_path, monkeypatch):
    keeping = FEW.model_copy(update={"epochs": 2, "checkpoint": tmp_path / "kept"})
    made, history = sums(keeping)
    assert names(tmp_path / "kept") == FINISHED
    monkeypatch.setattr(fit, "compiled", None)  # it would be called to train
    again, same = sums(keeping.model_copy(update={"resume": True}))
    assert same == history
    same_bits(made, again)
    monkeypatch.undo()
    sums(keeping.model_copy(update={"epochs": 1}))
    assert names(tmp_path / "kept") == FINISHED


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Return the settings of a training that was broken off."""
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept", "every": 3})
    with monkeypatch.context() as patch:
        cut(patch, 1)
        with pytest.raises(Broken):
            sums(settings)
    return settings


def refused(run, settings, **changes):
    with pytest.raises(CheckpointError) as caught:
        run(settings.model_copy(update=changes))
    return str(caught.value).replace(str(settings.checkpoint), "kept")


def test_one_that_was_broken_off_is_not_lost_by_mistake(broken):
    assert refused(sums, broken) == (
        "'kept' holds a training that was broken off, expected a new folder. Go on with it by"
        " --resume (resume=True), or delete the folder to begin anew."
    )


def test_other_settings_or_data_are_refused_by_name(broken):
    said = refused(sums, broken, resume=True, epochs=9, learning_rate=0.5)
    assert said == (
        "the training in 'kept' is another one (epochs: 9, there 6; learning_rate: 0.5, there"
        " 0.02), expected the same data and settings to go on. Give those, or choose another"
        " folder."
    )
    said = refused(lambda given: sums(given, count=61), broken, resume=True)
    assert re.search(r"\(rows to learn from: 61 \(\w{16}\), there 60 \(\w{16}\)\)", said)
    said = refused(opposite, broken, resume=True)
    assert re.search(r"\(rows to stop by: 60 \(\w{16}\), there 60 \(\w{16}\)\)", said)


def test_two_trainings_in_one_folder_are_refused(broken):
    with try_lock(broken.checkpoint / "lock"):
        assert refused(sums, broken, resume=True) == (
            "another training runs in 'kept', expected a folder for each. Wait until it ends, or"
            " choose another folder."
        )


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "notes.txt").write_text("mine")
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept"})
    assert refused(sums, settings) == (
        "'kept' holds something else ('notes.txt'), expected a new folder, or one of checkpoints."
        " Choose another folder."
    )
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept" / "notes.txt"})
    assert refused(sums, settings) == (
        "cannot keep checkpoints in 'kept': File exists. Choose another folder."
    )


def test_a_damaged_checkpoint_is_said_to_be_one(broken):
    path = broken.checkpoint / "current.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    said = refused(sums, broken, resume=True)
    assert said.startswith("the checkpoint 'kept/current.safetensors' is damaged: ")
    assert said.endswith(" Delete its folder to begin anew.")


def test_half_a_file_is_swept_away(broken):
    (broken.checkpoint / "current.safetensors.part").write_bytes(b"half")
    sums(broken.model_copy(update={"resume": True}))
    assert names(broken.checkpoint) == FINISHED


@pytest.mark.parametrize("given", [{"every": 3}, {"resume": True}], ids=str)
def test_nothing_is_kept_or_resumed_without_a_folder(given):
    ((name, value),) = given.items()
    with pytest.raises(SettingError) as caught:
        Training(**given)
    assert str(caught.value) == (
        f"{name}={value} needs a folder for checkpoints, and Training has none. Name one"
        f" (checkpoint, --checkpoint), or leave {name} out."
    )


@pytest.mark.parametrize(
    ("save", "kept"), [("same", "same"), ("a/model", "a"), ("model", "model/kept")]
)
def test_the_model_and_its_checkpoints_need_folders_of_their_own(save, kept, tmp_path):
    made = unrolled.SequenceModel("x", "y", training=Training(checkpoint=tmp_path / kept))
    with pytest.raises(SettingError, match="expected two folders beside each other"):
        made.check_save(tmp_path / save)


def test_a_saved_model_knows_of_no_checkpoint(tmp_path):
    table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
    settings = Training(epochs=1, verbose=False, checkpoint=tmp_path / "kept", every=1)
    made = unrolled.SequenceModel("x", "y", training=settings).fit(table)
    saved = made.save(tmp_path / "model")
    assert not [path for path in saved.iterdir() if b"kept" in path.read_bytes()]
    assert unrolled.load(saved).get_params()["training"].checkpoint is None


@contextmanager
def full(most):
    """Let no file of this process grow beyond so many bytes."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_leaves_the_checkpoint_before_and_stops_nothing(broken):
    before = (broken.checkpoint / "current.safetensors").read_bytes()
    made, history = sums(FEW)
    going = broken.model_copy(update={"resume": True})
    with pytest.warns(RuntimeWarning, match="cannot write the checkpoint") as told, full(512):
        again, same = sums(going)
    said = {str(one.message) for one in told if one.category is RuntimeWarning}
    assert said == {
        f"cannot write the checkpoint in '{broken.checkpoint}': File too large. Training goes on,"
        " and what was written before stays."
    }
    assert same == history
    same_bits(made, again)
    assert names(broken.checkpoint) == ["current.safetensors", "lock"]
    assert (broken.checkpoint / "current.safetensors").read_bytes() == before
    again, same = sums(going)
    same_bits(made, again)
    assert names(broken.checkpoint) == FINISHED


def test_a_full_disk_leaves_the_model_that_was_saved_before(tmp_path):
    table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
    made = unrolled.SequenceModel("x", "y", training=Training(epochs=1, verbose=False)).fit(table)
    saved = made.save(tmp_path / "model")
    with full(512), pytest.raises(ArtifactError) as caught:
        made.save(saved)
    assert str(caught.value) == (
        f"cannot write the model to '{saved}': File too large. Choose another folder."
    )
    assert unrolled.load(saved).predict(table) == made.predict(table)
    assert names(tmp_path) == ["model"]
