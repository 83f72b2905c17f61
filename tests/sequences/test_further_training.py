"""Training on all rows after the score, scoring on a table, and going on with trained weights."""

import numpy as np
import pytest

import unrolled
from unrolled import Network, SequenceModel, Training
from unrolled.backend import keras
from unrolled.errors import DataError, NotFittedError, SettingError

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 4, 2)).astype("float32")
TABLE = {
    "text": ["a good day", "a bad day"] * 20,
    "color": ["red", "blue"] * 20,
    "label": ["yes", "no"] * 20,
}
KINDS = {"text": "text:words", "color": "category"}


def model(**training):
    settings = Training(**{"epochs": 2, "verbose": False, **training})
    return SequenceModel(network=Network(units=4), training=settings)


def of_text(**training):
    settings = Training(**{"epochs": 1, "verbose": False, **training})
    return SequenceModel(KINDS, "label", network=Network(units=4), training=settings)


@pytest.fixture(scope="module")
def fitted():
    return of_text().fit(TABLE)


@pytest.mark.slow
def test_the_final_training_repeats_the_epochs_that_were_best_on_all_rows():
    seen = []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((epoch, "val_loss" in logs))

    final = model(epochs=4, patience=1)
    y = X.sum(axis=(1, 2))
    final.fit_and_evaluate(X, y, final=True, callbacks=[Count()])
    best = final.history_.best_epoch
    first = [epoch for epoch, validated in seen if validated]
    assert first == list(range(len(final.history_.loss)))
    assert [epoch for epoch, validated in seen if not validated] == list(range(best))
    assert final._trained.data["training_rows"] == 60
    assert final.predict(X).shape == (60,)


def test_the_score_is_that_of_the_table():
    quick = Training(epochs=1, verbose=False)
    scored = SequenceModel("x", "y", network=Network(units=4), training=quick)
    table = {"x": [[1.0, 2.5], [3.5], [4.0]] * 9, "y": [3.5, 3.0, 4.5] * 9}
    other = {"x": [[9.5, 1.0], [2.0]], "y": [1.5, 2.5]}
    assert scored.fit_and_evaluate(table, test=other).rows == 2
    with pytest.raises(SettingError, match=r"test=0 holds out no row.*Call fit"):
        scored.fit_and_evaluate(table, test=0)


@pytest.mark.slow
def test_warm_goes_on_with_the_weights_and_the_encoders(fitted, tmp_path):
    loaded = unrolled.load(fitted.save(tmp_path / "model"))
    before, encoder = loaded.score(TABLE), loaded._trained.encoder
    weights = loaded.model_.get_weights()
    loaded.set_params(training=Training(epochs=1, learning_rate=1e-9, verbose=False))
    loaded.fit(TABLE, warm=True)
    assert loaded._trained.encoder is encoder
    recurrent = loaded._trained.models.models_to_fit[0].get_weights()[0]
    assert any(w.shape == recurrent.shape and np.allclose(w, recurrent) for w in weights)
    assert loaded.score(TABLE) >= before - 0.1


def test_unknown_labels_and_words_are_counted(fitted):
    new = {"text": ["a fine day", "a bad day"] * 10, "color": ["red", "green"] * 10}
    with pytest.warns(UserWarning, match="are unknown to the model") as caught:
        fitted.fit({**new, "label": ["yes", "no"] * 10}, warm=True)
    said = " ".join(str(warning.message) for warning in caught)
    assert "words of 'text'" in said
    assert "labels of 'color'" in said


def test_new_labels_of_an_output_are_refused(fitted):
    new = {**TABLE, "label": ["yes", "maybe"] * 20}
    trained = fitted._trained
    with pytest.raises(DataError, match=r"20 rows have labels of the output 'label'.*'maybe'"):
        fitted.fit(new, warm=True)
    assert fitted._trained is trained


@pytest.mark.parametrize(
    ("parameter", "value", "message"),
    [
        ("network__units", 8, "units=8 changes the network, which has units=4"),
        ("training__seeds", 2, "seeds=2 changes the number of networks"),
    ],
)
def test_settings_that_change_the_network_are_refused(fitted, parameter, value, message):
    before = fitted.get_params()[parameter]
    fitted.set_params(**{parameter: value})
    try:
        with pytest.raises(SettingError, match=message):
            fitted.fit(TABLE, warm=True)
    finally:
        fitted.set_params(**{parameter: before})


def test_warm_needs_a_fitted_model_and_checkpoints_a_folder(tmp_path):
    with pytest.raises(NotFittedError, match="fit with warm=True"):
        of_text().fit(TABLE, warm=True)
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(unrolled.errors.CheckpointError, match="is a file, and checkpoints need"):
        of_text(checkpoint=tmp_path / "file.txt").fit(TABLE)
