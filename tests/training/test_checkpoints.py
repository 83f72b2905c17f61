"""A training that is interrupted anywhere and resumed ends as if it had not been interrupted."""

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


class PowerCut(Exception):
    """Stands for a power cut."""


def cut_power(monkeypatch, after):
    """Interrupt the training when as many checkpoints were written."""
    save, steps_written = NetworkCheckpoints.save_current, []

    def save_and_cut(self, state, step):
        save(self, state, step)
        steps_written.append(step)
        if len(steps_written) == after:
            raise PowerCut

    monkeypatch.setattr(NetworkCheckpoints, "save_current", save_and_cut)


def fit_sums(settings, *, sign=1.0, count=60):
    """Fit sums of steps; with sign -1 the validation rows have the opposite outputs."""
    validation = rows(1)
    validation.targets["y"].flat[:] *= sign
    networks = [network(seed) for seed in settings.network_seeds]
    return networks, fit.fit_each(networks, rows(0, count), validation, settings)


def fit_opposite(settings):
    return fit_sums(settings, sign=-1.0)


def fit_decoder(settings):
    model = decoder("ids")
    return [model], fit.fit_each([model], answers(0), answers(1), settings)


def fit_windows(settings):
    """Fit a forecaster that draws some of the windows anew in each epoch."""
    forecaster = unrolled.Forecaster(
        "y",
        horizon=2,
        time="t",
        id="id",
        lookback=6,
        network=Network(units=4, dropout=0.2),
        training=settings.model_copy(update={"epochs": 4}),
    ).fit(SERIES)
    return [forecaster.model_], (forecaster.history_,)


def check_same_bits(networks, others):
    """Check that networks have the same weights and random states, to the last bit."""
    for model, other in zip(networks, others, strict=True):
        for a, b in zip(model.weights, other.weights, strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


CASES = {
    "plateau": (fit_sums, {}),
    "halved and stopped early": (fit_opposite, {"epochs": 40, "patience": 4}),
    "cosine": (fit_sums, {"decay": "cosine"}),
    "scheduled sampling": (fit_decoder, {"scheduled_sampling": "linear", "decay": "cosine"}),
    "windows drawn anew": (fit_windows, {"decay": "cosine"}),
    "the second of two": (fit_sums, {"seeds": 2, "epochs": 2}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_resumed_training_ends_with_the_same_bits(name, tmp_path, monkeypatch):
    monkeypatch.setattr("unrolled.forecasting.series.dataset.MAX_WINDOWS_PER_EPOCH", 64)
    run, changes = CASES[name]
    settings = FEW.model_copy(update=changes)
    networks, histories = run(settings)
    folder = tmp_path / "kept"
    with_checkpoints = settings.model_copy(update={"checkpoint": folder, "every": 3})
    with monkeypatch.context() as patch:
        cut_power(patch, 3)
        with pytest.raises(PowerCut):
            run(with_checkpoints)
    assert "current.safetensors" in names(folder)
    resumed, same_histories = run(with_checkpoints.model_copy(update={"resume": True}))
    assert same_histories == histories
    check_same_bits(networks, resumed)
    numbers = range(1, len(networks) + 1)
    assert names(folder) == ["lock", *(f"network-{n}.safetensors" for n in numbers)]


@pytest.mark.slow
def test_a_training_can_be_interrupted_at_every_step(tmp_path, monkeypatch):
    """Interrupt it again and again: at each step, between epochs and before the first one."""
    settings = FEW.model_copy(update={"epochs": 2})
    networks, histories = fit_sums(settings)
    resuming = settings.model_copy(
        update={"checkpoint": tmp_path / "kept", "every": 1, "resume": True}
    )
    power_cuts = 0
    with monkeypatch.context() as patch:
        cut_power(patch, 1)
        while power_cuts < 20:
            try:
                resumed, same_histories = fit_sums(resuming)
                break
            except PowerCut:
                power_cuts += 1
                patch.undo()
                cut_power(patch, 1)
    assert power_cuts == 7  # before each of eight steps but the first
    assert same_histories == histories
    check_same_bits(networks, resumed)


def test_a_finished_network_is_loaded_and_without_resume_trained_again(tmp_path, monkeypatch):
    settings = FEW.model_copy(update={"epochs": 2, "checkpoint": tmp_path / "kept"})
    networks, histories = fit_sums(settings)
    assert names(tmp_path / "kept") == FINISHED
    monkeypatch.setattr(fit, "compile_network", None)  # training would call it
    loaded, same_histories = fit_sums(settings.model_copy(update={"resume": True}))
    assert same_histories == histories
    check_same_bits(networks, loaded)
    monkeypatch.undo()
    fit_sums(settings.model_copy(update={"epochs": 1}))
    assert names(tmp_path / "kept") == FINISHED


@pytest.fixture
def interrupted(tmp_path, monkeypatch):
    """Return the settings of a training that was interrupted."""
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept", "every": 3})
    with monkeypatch.context() as patch:
        cut_power(patch, 1)
        with pytest.raises(PowerCut):
            fit_sums(settings)
    return settings


def error_of(run, settings, **changes):
    with pytest.raises(CheckpointError) as caught:
        run(settings.model_copy(update=changes))
    return str(caught.value).replace(str(settings.checkpoint), "kept")


def test_an_interrupted_training_is_not_lost_by_mistake(interrupted):
    assert error_of(fit_sums, interrupted) == (
        "'kept' holds an interrupted training. Continue it with --resume (resume=True), or delete"
        " the folder to start again."
    )


def test_other_settings_or_data_are_refused_by_name(interrupted):
    message = error_of(fit_sums, interrupted, resume=True, epochs=9, learning_rate=0.5)
    assert message == (
        "cannot resume the training in 'kept', because it is a different one (epochs: now 9, in the"
        " checkpoint 6; learning_rate: now 0.5, in the checkpoint 0.02). Use the same data and"
        " settings as before, or choose another folder."
    )
    message = error_of(lambda s: fit_sums(s, count=61), interrupted, resume=True)
    numbers = r"now 61 \(\w{16}\), in the checkpoint 60 \(\w{16}\)"
    assert re.search(rf"\(training rows: {numbers}\)", message)
    message = error_of(fit_opposite, interrupted, resume=True)
    numbers = r"now 60 \(\w{16}\), in the checkpoint 60 \(\w{16}\)"
    assert re.search(rf"\(validation rows: {numbers}\)", message)


def test_two_trainings_in_one_folder_are_refused(interrupted):
    with try_lock(interrupted.checkpoint / "lock"):
        assert error_of(fit_sums, interrupted, resume=True) == (
            "another training is running in 'kept'. Wait until it ends, or choose another folder."
        )


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "notes.txt").write_text("mine")
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept"})
    assert error_of(fit_sums, settings) == (
        "'kept' holds files that are not checkpoints ('notes.txt'). Choose a new folder."
    )
    settings = FEW.model_copy(update={"checkpoint": tmp_path / "kept" / "notes.txt"})
    assert error_of(fit_sums, settings) == (
        "cannot write checkpoints to 'kept': File exists. Choose another folder."
    )


def test_a_damaged_checkpoint_is_an_error_that_names_it(interrupted):
    path = interrupted.checkpoint / "current.safetensors"
    path.write_bytes(path.read_bytes()[:-5])
    message = error_of(fit_sums, interrupted, resume=True)
    assert message.startswith("the checkpoint 'kept/current.safetensors' is damaged: ")
    assert message.endswith(" Delete its folder to start again.")


def test_a_partial_file_is_removed(interrupted):
    (interrupted.checkpoint / "current.safetensors.part").write_bytes(b"half")
    fit_sums(interrupted.model_copy(update={"resume": True}))
    assert names(interrupted.checkpoint) == FINISHED


@pytest.mark.parametrize("given", [{"every": 3}, {"resume": True}], ids=str)
def test_the_other_settings_of_checkpoints_need_a_folder(given):
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
    model = unrolled.SequenceModel("x", "y", training=Training(checkpoint=tmp_path / kept))
    with pytest.raises(SettingError, match="need two separate folders"):
        model.check_save(tmp_path / save)


def test_a_saved_model_does_not_mention_its_checkpoints(tmp_path):
    table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
    settings = Training(epochs=1, verbose=False, checkpoint=tmp_path / "kept", every=1)
    model = unrolled.SequenceModel("x", "y", training=settings).fit(table)
    saved = model.save(tmp_path / "model")
    assert not [path for path in saved.iterdir() if b"kept" in path.read_bytes()]
    assert unrolled.load(saved).get_params()["training"].checkpoint is None


@contextmanager
def limit_file_size(max_bytes):
    """Let no file of this process grow beyond a size, as on a full disk."""
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.slow
def test_on_a_full_disk_the_earlier_checkpoint_stays_and_training_continues(interrupted):
    folder = interrupted.checkpoint
    before = (folder / "current.safetensors").read_bytes()
    networks, histories = fit_sums(FEW)
    resuming = interrupted.model_copy(update={"resume": True})
    expected = "cannot write the checkpoint"
    with pytest.warns(RuntimeWarning, match=expected) as warned, limit_file_size(512):
        resumed, same_histories = fit_sums(resuming)
    assert {str(w.message) for w in warned if w.category is RuntimeWarning} == {
        f"cannot write the checkpoint in '{folder}': File too large. Training continues, and the"
        " earlier checkpoint stays."
    }
    assert same_histories == histories
    check_same_bits(networks, resumed)
    assert names(folder) == ["current.safetensors", "lock"]
    assert (folder / "current.safetensors").read_bytes() == before
    resumed, same_histories = fit_sums(resuming)
    check_same_bits(networks, resumed)
    assert names(folder) == FINISHED


def test_on_a_full_disk_the_model_that_was_saved_before_stays(tmp_path):
    table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
    settings = Training(epochs=1, verbose=False)
    model = unrolled.SequenceModel("x", "y", training=settings).fit(table)
    saved = model.save(tmp_path / "model")
    with limit_file_size(512), pytest.raises(ArtifactError) as caught:
        model.save(saved)
    assert str(caught.value) == (
        f"Cannot write the model to '{saved}': File too large. Choose another folder."
    )
    assert unrolled.load(saved).predict(table) == model.predict(table)
    assert names(tmp_path) == ["model"]
