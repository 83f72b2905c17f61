"""SequenceModel end to end: five shapes, every kind of column, every kind of table."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from keras.callbacks import LambdaCallback
from sklearn.metrics import accuracy_score

from unrolled import Network, SequenceModel, Training, errors
from unrolled.training.progress import Progress

RNG = np.random.default_rng(0)
SMALL = Network(units=16, dropout=0.0)
LONG = Training(epochs=60, batch_size=16, learning_rate=0.02, patience=60, verbose=False)
SHORT = Training(epochs=2, batch_size=16, learning_rate=0.02, verbose=False)
NAIVE = ("most frequent", "most frequent output", "mean", "constant")


def model(inputs=None, outputs=None, *, training=SHORT, **settings):
    return SequenceModel(inputs, outputs, network=SMALL, training=training, **settings)


def beaten(fitted, table, output, metric):
    """Return the network's score and the constant reference's."""
    scores = fitted.evaluate(table).scores[output]
    naive = next(scores[who][metric] for who in NAIVE if who in scores)
    return scores["network"][metric], naive


# The five shapes, each on a task that it can learn.

N = 96
A, B = RNG.normal(size=(2, N))
GROUP = RNG.choice(["p", "q", "r"], size=N)
LENGTHS = RNG.integers(2, 7, size=N)
TOKENS = [RNG.choice(["x", "y", "z"], size=n).tolist() for n in LENGTHS]
NUMBERS = [RNG.normal(size=n) for n in LENGTHS]
SPELLED = {"p": "one cat", "q": "two dogs", "r": "no"}


@pytest.fixture(scope="module")
def one_to_one():
    # a number with gaps, a category and one of many labels -> a number, a label and a vector
    many = np.array([f"k{i % 40}" for i in range(N)])
    table = {
        "a": [None if i % 20 == 7 else a for i, a in enumerate(A.tolist())],
        "group": GROUP.tolist(),
        "many": many.tolist(),
        "v": np.stack([A, B], axis=1).tolist(),
        "sum": (A + 2 * B).tolist(),
        "is_q": np.where(GROUP == "q", "yes", "no").tolist(),
        "both": np.stack([A - B, B], axis=1).tolist(),
    }
    outputs = ["sum", "is_q", "both"]
    return table, model(
        {"a": None, "group": None, "many": "category", "v": None}, outputs, training=LONG
    ).fit(table)


UNITS = [{"words": "words", "listed": "tokens"}, {"parts": "subwords"}, {"chars": "characters"}]


@pytest.fixture(scope="module", params=UNITS, ids=lambda kinds: " ".join(kinds.values()))
def one_to_many(request):
    table = {"group": GROUP.tolist()}
    for name in request.param:
        texts = [SPELLED[group] for group in GROUP]
        table[name] = [text.split() for text in texts] if name == "listed" else texts
    return table, model("group", request.param, training=LONG).fit(table)


@pytest.fixture(scope="module")
def many_to_one():
    table = {
        "t": TOKENS,
        "n": [row.tolist() for row in NUMBERS],
        "s": ["".join(row) for row in TOKENS],
        "a": A.tolist(),
        "first_x": [str(row[0] == "x") for row in TOKENS],
        "mean": [float(row.mean()) for row in NUMBERS],
    }
    kinds = {"t": "tokens", "n": "numbers", "s": "characters", "a": "number"}
    return table, model(kinds, ["first_x", "mean"], training=LONG).fit(table)


@pytest.fixture(scope="module")
def aligned():
    table = {
        "n": [row.tolist() for row in NUMBERS],
        "t": TOKENS,
        "twice": [(2 * row).tolist() for row in NUMBERS],
        "up": [[token.upper() for token in row] for row in TOKENS],
    }
    return table, model(["n", "t"], ["twice", "up"], training=LONG).fit(table)


@pytest.fixture(scope="module")
def unaligned():
    x = RNG.normal(size=(N, 4, 2))
    y = x[:, ::-1, :1][:, :2] * 3 + 1  # the last two steps, backwards
    return x, y, model(training=LONG).fit(x, y)


@pytest.mark.slow
def test_one_to_one_learns_numbers_labels_and_vectors(one_to_one):
    table, fitted = one_to_one
    assert fitted.shape_ == "one-to-one"
    ours, naive = beaten(fitted, table, "sum", "RMSE")
    assert ours < 0.5 * naive
    ours, naive = beaten(fitted, table, "is_q", "accuracy")
    assert ours > 0.95 > naive
    assert beaten(fitted, table, "both", "R2")[0] > 0.7


def test_missing_numbers_and_unseen_labels_are_predicted(one_to_one):
    _, fitted = one_to_one
    new = {"a": [None], "group": ["unseen"], "many": [None], "v": [[None, 1.0]]}
    found = fitted.predict(new)
    assert found["is_q"][0] in ("yes", "no")
    assert np.isfinite(found["sum"][0])
    assert np.isfinite(found["both"][0]).all()


@pytest.mark.representatives(1)
def test_one_to_many_spells_text_of_every_unit(one_to_many):
    table, fitted = one_to_many
    assert fitted.shape_ == "one-to-many"
    for name, rows in fitted.predict({"group": ["p", "q", "r"]}).items():
        texts = list(SPELLED.values())
        assert rows == ([text.split() for text in texts] if name == "listed" else texts)
        assert beaten(fitted, table, name, "exact match")[1] < 0.6


@pytest.mark.slow
def test_many_to_one_joins_sequences_of_every_kind(many_to_one):
    table, fitted = many_to_one
    assert fitted.shape_ == "many-to-one"
    ours, naive = beaten(fitted, table, "first_x", "accuracy")
    assert ours > 0.95 > naive
    ours, naive = beaten(fitted, table, "mean", "RMSE")
    assert ours < 0.5 * naive


def test_unknown_tokens_and_characters_are_predicted(many_to_one):
    _, fitted = many_to_one
    new = {"t": [["unknown", "x"]], "n": [[1.0, None]], "s": ["?x"], "a": [None]}
    found = fitted.predict(new)
    assert found["first_x"][0] in ("True", "False")
    assert np.isfinite(found["mean"][0])


@pytest.mark.slow
def test_aligned_gives_a_value_and_a_tag_at_every_step(aligned):
    table, fitted = aligned
    assert fitted.shape_ == "aligned"
    ours, naive = beaten(fitted, table, "twice", "RMSE")
    assert ours < 0.5 * naive
    ours, naive = beaten(fitted, table, "up", "step accuracy")
    assert ours > 0.95 > naive
    said = fitted.predict(table)
    assert [len(row) for row in said["twice"]] == [len(row) for row in said["up"]]
    assert [len(row) for row in said["up"]] == LENGTHS.tolist()


def test_unaligned_gives_rows_of_steps(unaligned):
    x, y, fitted = unaligned
    assert (fitted.shape_, fitted.network_settings_.architecture) == ("unaligned", "repeat")
    scores = next(iter(fitted.evaluate(x, y).scores.values()))
    assert scores["network"]["RMSE"] < 0.5 * scores["mean"]["RMSE"]
    said = fitted.predict(x)
    assert (said.shape, said.dtype) == (y.shape, "float64")
    assert fitted.score(x, y) == pytest.approx(scores["network"]["R2"])


def test_a_row_is_predicted_alike_alone_and_among_others(many_to_one):
    table, fitted = many_to_one
    together = fitted.predict(table)["mean"]
    order = RNG.permutation(N)[:9]
    some = fitted.predict({name: [column[i] for i in order] for name, column in table.items()})
    np.testing.assert_allclose(some["mean"], np.array(together)[order], atol=1e-5)
    alone = fitted.predict({name: column[3:4] for name, column in table.items()})
    np.testing.assert_allclose(alone["mean"], together[3:4], atol=1e-5)


def test_probabilities_are_shares_of_classes(many_to_one):
    table, fitted = many_to_one
    with pytest.raises(errors.SettingError) as caught:
        fitted.predict_proba(table)
    assert str(caught.value) == (
        "only labels have probabilities, but the output 'mean' is a number. Leave probabilities"
        " out."
    )


# Tables and arrays.


@pytest.fixture(scope="module")
def plain():
    table = pd.DataFrame({"a": A, "group": GROUP})
    return table, model(outputs="y", training=LONG).fit(table, np.where(A > 0, "up", "down"))


def test_a_prediction_comes_back_as_the_table_that_came_in(plain, tmp_path):
    table, fitted = plain
    said = fitted.predict(table.to_dict("list"))["y"]
    moved = fitted.predict(table.set_index(np.arange(N) + 500))
    assert isinstance(moved, pd.DataFrame)
    assert moved.index.tolist() == list(range(500, 500 + N))
    assert moved["y"].tolist() == said
    frame = pl.from_pandas(table)
    assert fitted.predict(frame).equals(pl.DataFrame({"y": said}))
    assert fitted.predict(frame.lazy().collect().to_arrow()).equals(
        pa.table({"y": pa.array(said, pa.large_string())})
    )
    frame.write_csv(tmp_path / "new.csv")
    assert fitted.predict(tmp_path / "new.csv").equals(pl.DataFrame({"y": said}))
    shares = fitted.predict_proba(table)
    assert shares.columns.tolist() == ["y=down", "y=up"]
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    assert np.where(shares["y=up"] > 0.5, "up", "down").tolist() == said


def test_a_file_is_predicted_beside_its_columns(plain, tmp_path):
    table, fitted = plain
    pl.from_pandas(table).write_csv(tmp_path / "new.csv")
    found = fitted.predict_file(tmp_path / "new.csv", tmp_path / "out.csv")
    written = pl.read_csv(tmp_path / "out.csv")
    assert (found, written.columns) == (N, ["a", "group", "y-predicted", "y-confidence"])
    assert written["y-predicted"].to_list() == fitted.predict(table)["y"].tolist()


def test_whole_number_labels_of_arrays_suit_scikit_learn():
    x = np.stack([A, B], axis=1)
    y = (A > 0).astype(int)
    fitted = model(training=LONG).fit(x, y)
    said = fitted.predict(x)
    assert (said.shape, said.dtype) == ((N,), np.dtype("int64"))
    assert accuracy_score(y, said) == fitted.score(x, y) > 0.9
    assert "many-to-one with `x` as an array (b t 1)" in fitted.reason_
    assert fitted.predict_proba(x).shape == (N, 2)


@pytest.mark.slow
def test_lists_of_arrays_give_lists_of_arrays():
    x = [row[:, None] for row in NUMBERS]
    fitted = model().fit(x, [2 * row for row in x])
    said = fitted.predict(x)
    assert fitted.shape_ == "aligned"
    assert [row.shape for row in said] == [row.shape for row in x]
    assert fitted.predict(x[:1]).shape == (1, *x[0].shape)


def test_a_list_of_texts_is_enough():
    texts = ["good day" if a > 0 else f"bad {i}" for i, a in enumerate(A)]
    fitted = model({"x": "words"}).fit(texts, A)
    assert (fitted.shape_, fitted.schema_.inputs[0].kind_name) == ("many-to-one", "text:words")
    assert fitted.predict(["good day", "unheard of"]).shape == (2,)
    assert np.isfinite(fitted.score(pd.Series(texts, index=range(5, 5 + N)), A))


@pytest.mark.parametrize(("o", "shape"), [(1, (N, 1)), (3, (N, 3))])
def test_a_vector_comes_back_as_a_vector(o, shape):
    x = np.stack([A, B], axis=1)
    assert model().fit(x, np.stack([A] * o, axis=1)).predict(x).shape == shape


# What must not change, and what must.


def test_one_seed_gives_the_same_predictions_and_another_gives_others():
    x = np.stack([A, B], axis=1)
    said = [
        model(training=SHORT.model_copy(update={"seed": seed})).fit(x, A).predict(x).tobytes()
        for seed in (3, 3, 4)
    ]
    assert said[0] == said[1] != said[2]


def test_values_that_only_the_rows_held_out_have_change_no_encoder():
    table = {"a": A.tolist(), "group": GROUP.tolist(), "y": B.tolist()}
    training = SHORT.model_copy(update={"split": "time", "epochs": 1})
    clean = model(outputs="y", training=training).fit(table)
    table["a"][-1], table["group"][-1], table["y"][-1] = 1e9, "planted", -1e9
    dirty = model(outputs="y", training=training).fit(table)
    for name, encoder in clean._trained.encoder.encoders.items():
        found = dirty._trained.encoder.encoders[name].to_dict()
        assert {**found, "column": 0} == {**encoder.to_dict(), "column": 0}
    for ours, theirs in zip(clean.model_.get_weights(), dirty.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    table["a"][0] = 1e9  # the detector would notice
    noticed = model(outputs="y", training=training).fit(table)
    assert noticed._trained.encoder.encoders["a"].mean > 1e6


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_fit_that_fails_leaves_the_earlier_fit(plain, error):
    table, fitted = plain
    before = fitted.predict_proba(table)

    def fails(_):
        raise error("before training")

    with pytest.raises(error):
        fitted.fit(table, B, callbacks=[LambdaCallback(on_train_begin=fails)])
    with pytest.raises(errors.DataError):
        fitted.fit(table, np.zeros(N))
    pd.testing.assert_frame_equal(fitted.predict_proba(table), before)


def test_ctrl_c_keeps_the_best_weights_and_leaves_a_usable_model(monkeypatch, tmp_path):
    told = Progress.epoch

    def interrupted(self, number, **facts):
        told(self, number, **facts)
        if number == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "epoch", interrupted)
    x = np.stack([A, B], axis=1)
    fitted = model(training=LONG).fit(x, A)
    assert (fitted.history_.stopped, len(fitted.history_.loss)) == ("interrupted", 2)
    assert fitted.predict(x).shape == (N,)
    assert "mean" in str(fitted.evaluate(x, A))
    assert fitted.save(tmp_path / "model").is_dir()


def test_a_trial_scores_rows_that_were_not_trained_on():
    table = {"a": A.tolist(), "y": A.tolist()}
    found = model("a", "y").fit_and_evaluate(table, test=0.25)
    assert found.rows == N // 4
    assert set(found.scores["y"]) == {"network", "mean", "ridge"}


# Before fit, and after.

METHODS = ["predict", "predict_proba", "attention", "evaluate", "score", "save", "code", "diagram"]
ATTRIBUTES = [
    *("model_", "schema_", "shape_", "reason_", "history_", "histories_", "classes_"),
    "network_settings_",
]


@pytest.mark.parametrize("name", [*METHODS, *ATTRIBUTES])
def test_nothing_works_before_fit(name):
    unfitted = model("a", "y")
    with pytest.raises(errors.NotFittedError) as caught:
        getattr(unfitted, name)(*[{"a": [1.0]}] * (name in METHODS[:6]))
    asked = {"shape_": "schema_", "reason_": "schema_"}.get(name, name)
    assert str(caught.value) == (
        f"This SequenceModel is not fitted yet, so '{asked}' is not available. Call fit first, or"
        " read a saved model with unrolled.load(folder)."
    )


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_model_has_its_fitted_attributes_after_fit(name, plain):
    assert not hasattr(model("a", "y"), name)
    assert hasattr(plain[1], name)


def test_classes_are_the_labels_in_the_order_of_the_probabilities(plain, unaligned, many_to_one):
    table, fitted = plain
    assert fitted.classes_.tolist() == ["down", "up"]
    names = [f"y={label}" for label in fitted.classes_]
    assert fitted.predict_proba(table).columns.tolist() == names
    assert many_to_one[1].classes_.tolist() == ["False", "True"]
    with pytest.raises(AttributeError) as caught:
        _ = unaligned[2].classes_
    assert str(caught.value) == ("There is no 'classes_': no output has labels, but 'y (numbers)'.")
    assert not hasattr(unaligned[2], "classes_")


def test_predicting_without_a_column_names_it(plain):
    _, fitted = plain
    with pytest.raises(errors.DataError) as caught:
        fitted.predict({"a": [1.0], "grup": ["p"]})
    assert str(caught.value) == (
        "the data has no column 'group', which the model was trained on. Did you mean 'grup'?"
    )


@pytest.mark.slow
def test_evaluating_rows_of_other_lengths_names_the_first(aligned):
    table, fitted = aligned
    wrong = {name: column[:3] for name, column in table.items()}
    wrong["twice"] = [*wrong["twice"][:2], [1.0] * 9]
    with pytest.raises(errors.DataError) as caught:
        fitted.evaluate(wrong)
    assert str(caught.value) == (
        f"Column 'twice', row 3: the row has 9 steps, but the model predicts {LENGTHS[2]} steps for"
        " it. Cut or fill the row, or leave it out."
    )


def test_a_model_prints_what_it_takes_and_why(plain):
    _, fitted = plain
    said = " ".join(str(fitted).split())  # however the lines are wrapped
    assert "shape one-to-one (b f -> b o)" in said
    assert fitted.reason_ in said
    assert str(model("a", "y")).startswith("SequenceModel(inputs='a'")
