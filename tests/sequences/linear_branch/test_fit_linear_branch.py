"""The linear branch: what it is, how much it contributes, and which rows it is fitted on."""

import json

import numpy as np
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

import unrolled
from unrolled.baselines.logistic import fit_one_vs_rest
from unrolled.errors import ArtifactError
from unrolled.inference import predict
from unrolled.runtime.network import runner_of
from unrolled.sequences import fitting
from unrolled.sequences.linear_branch import rows as branch_rows
from unrolled.sequences.linear_branch.fit import (
    INITIAL_WEIGHT,
    FittedLinearBranch,
    cross_entropy,
    fit_logit_weights,
)
from unrolled.sequences.linear_branch.rows import BranchRows, sample_rows, without_ngrams

RNG = np.random.default_rng(0)
QUICK = unrolled.Training(epochs=2, verbose=False)
SMALL = unrolled.Network(units=4)
TEXTS = [f"{'good' if i % 2 else 'bad'} {'film' if i % 3 else 'plot'}" for i in range(60)]
TABLE = {"text": TEXTS, "label": [str(i % 2) for i in range(60)]}


def model(training=QUICK, output="label"):
    kind = {"label": "category", "score": "number"}[output]
    return unrolled.SequenceModel(
        {"text": "words"}, {output: kind}, network=SMALL, training=training
    )


def test_features_are_scaled_by_their_log_count_ratio():
    counts = np.array([[2, 0, 1, 0], [1, 1, 0, 0], [0, 3, 1, 0], [0, 1, 1, 0]], "float32")
    ids, class_weights = np.array([0, 0, 1, 1]), np.array([1.0, 2.0])
    weights, bias = fit_one_vs_rest(sparse.csr_matrix(counts), 4, ids, class_weights, 0.5)
    of_class, others = np.array([0, 2, 2, 0]) + 1, np.array([2, 1, 1, 0]) + 1  # rows with it, + 1
    ratio = np.log((of_class / of_class.sum()) / (others / others.sum()))
    ratio[3] = 0  # no row has it
    theirs = LogisticRegression(C=0.5, solver="liblinear")
    theirs.fit(counts * ratio, ids, sample_weight=[1, 1, 2, 2])
    np.testing.assert_allclose(weights[:, 1], ratio * theirs.coef_[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bias, [-theirs.intercept_[0], theirs.intercept_[0]], rtol=1e-4)
    np.testing.assert_array_equal(weights[:, 0], -weights[:, 1])


def test_each_of_many_labels_is_separated_from_the_rest():
    ids = np.arange(90) % 3
    counts = 2 * np.eye(3)[ids] + (RNG.random((90, 3)) < 0.2)
    weights, bias = fit_one_vs_rest(sparse.csr_matrix(counts), 3, ids, np.ones(3), 3.0)
    assert (np.argmax(counts @ weights + bias, axis=1) == ids).mean() > 0.9


def test_the_weights_of_both_sides_maximise_the_likelihood():
    ids = RNG.integers(0, 3, 2000)
    true = 2.0 * np.eye(3)[ids] + RNG.normal(size=(2000, 3))
    noise = RNG.normal(size=(2000, 3))
    recurrent, linear = fit_logit_weights(noise, true, ids, np.ones(3))
    assert recurrent == pytest.approx(0, abs=0.1)
    grid = np.linspace(0, 4, 81)
    best = grid[np.argmin([cross_entropy(b * true, ids, np.ones(3)) for b in grid])]
    assert linear == pytest.approx(best, abs=0.1)


def test_rows_without_a_known_label_do_not_count():
    recurrent = RNG.normal(size=(9, 2))
    logit_weights = fit_logit_weights(recurrent, recurrent, np.full(9, -1), np.ones(2))
    assert logit_weights == (INITIAL_WEIGHT, INITIAL_WEIGHT)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 2])
def test_the_network_adds_both_logits(seeds):
    fitted_model = model(QUICK.model_copy(update={"seeds": seeds})).fit(TABLE)
    trained = fitted_model._trained
    examples = trained.encoder.encode(fitted_model._ingest(TABLE, None).table, targets=True)
    counts = BranchRows.of(examples, trained.models, trained.spec).features.toarray()
    expected = []
    for network, paths in zip(
        trained.models.models_to_fit, trained.models.linear_branches, strict=True
    ):
        (table,) = paths["label"].ngrams.values()
        linear = counts @ table.get_weights()[0]
        recurrent = predict.predict_outputs(
            runner_of(network, ["label"]), without_ngrams(examples, trained.spec), ["label"]
        )["label"]
        expected.append(softmax(recurrent + linear, axis=-1))
    probabilities = fitted_model.predict_proba(TABLE)
    logits = predict.predict_outputs(trained.runtime.model, examples, ["label"])["label"]
    np.testing.assert_allclose(
        softmax(logits, axis=-1), np.mean(expected, axis=0), rtol=1e-4, atol=1e-5
    )
    sure = np.array(probabilities["label=1"]) > 0.5
    np.testing.assert_array_equal(sure, [i % 2 == 1 for i in range(60)])


def weights_of(fitted_model):
    return np.concatenate([w.ravel() for w in fitted_model.model_.get_weights()])


def test_given_validation_rows_are_not_fitted_on():
    same = {"text": ["good film"] * 6, "label": ["1"] * 6}
    mixed = {"text": ["good film"] * 6, "label": ["1"] * 5 + ["0"]}
    sizes = []
    for validation in (same, mixed):
        fitted_model = model().fit(TABLE, validation=validation)
        path = fitted_model._trained.models.linear_branches[0]["label"]
        (table,) = path.ngrams.values()
        weights = table.get_weights()[0]
        sizes.append(weights / np.abs(weights).max())
    np.testing.assert_allclose(*sizes, atol=1e-6)  # the same weights, however much they contribute


def test_held_out_rows_are_fitted_on_in_the_end():
    texts = [*TEXTS, *["rare film"] * 6]
    table = {"text": texts, "label": [*TABLE["label"], *["1"] * 6]}
    fitted_model = model(QUICK.model_copy(update={"validation": 0.3})).fit(table)
    again = model(QUICK.model_copy(update={"validation": 0.3})).fit(table)
    np.testing.assert_array_equal(weights_of(fitted_model), weights_of(again))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "output"),
    [
        ({"text": TEXTS, "score": np.arange(60.0)}, "score"),
        (
            {"text": [f"a{i}" for i in range(240)], "label": [str(i // 2) for i in range(240)]},
            "label",
        ),
    ],
)
def test_without_a_few_labels_there_is_no_linear_branch(table, output):
    fitted_model = model(output=output).fit(table)
    assert fitted_model._trained.models.linear_branches == ()
    assert not fitted_model._trained.spec.linear_outputs


@pytest.mark.slow
@pytest.mark.parametrize("max_numbers", [90, 130, 210])
def test_of_too_many_rows_a_sample_is_used(max_numbers, monkeypatch):
    fitted_model = model().fit(TABLE)
    trained = fitted_model._trained
    examples = trained.encoder.encode(fitted_model._ingest(TABLE, None).table, targets=True)
    monkeypatch.setattr(branch_rows, "MAX_NUMBERS", max_numbers)
    sample = sample_rows(examples, trained.models, trained.spec)
    assert sample.rows == max_numbers // 8  # two words a row, and four n-grams that end at each
    assert set(sample.targets["label"].flat) == {0, 1}
    assert set(model().fit(TABLE).predict(TABLE)["label"]) == {"0", "1"}


def ragged(**more):
    rng = np.random.default_rng(3)
    lengths, labels = rng.integers(1, 9, 80), np.arange(80) % 2
    rows = [rng.normal(size=n) + 3 * k for n, k in zip(lengths, labels, strict=True)]
    return {"row": [row.tolist() for row in rows], "label": [str(k) for k in labels], **more}


def fitted(table, inputs="row", **settings):
    network = unrolled.Network(units=4, **settings)
    fitted_model = unrolled.SequenceModel(
        inputs, {"label": "category"}, network=network, training=QUICK
    )
    return fitted_model.fit(table)


@pytest.mark.slow
def test_rows_of_numbers_are_separated_by_their_summary():
    table = ragged()
    fitted_model = fitted(table)
    assert fitted_model._trained.spec.linear_numbers
    assert np.mean(np.array(fitted_model.predict(table)["label"]) == table["label"]) > 0.95
    assert fitted(table, linear=False)._trained.models.linear_branches == ()


@pytest.mark.slow
def test_rows_of_different_lengths_are_sampled_once(monkeypatch):
    for most in (120, 200, 280, 360):
        monkeypatch.setattr(branch_rows, "MAX_NUMBERS", most)
        assert fitted(ragged()).predict(ragged())["label"]


@pytest.mark.slow
@pytest.mark.parametrize("huge", [1e20, 1e25])
def test_huge_numbers_leave_probabilities_that_are_numbers(huge):
    table = ragged()
    for row in table["row"][::10]:
        row[0] = huge
    probabilities = fitted(table).predict_proba({"row": [[huge, 1.0, 2.0], [1.0, -huge]]})
    assert np.isfinite(list(probabilities.values())).all()


def test_categories_that_are_embedded_are_no_numbers():
    table = {**TABLE, "place": [f"p{i % 40}" for i in range(60)]}
    fitted_model = fitted(table, {"text": "words", "place": "category"})
    assert not fitted_model._trained.spec.linear_numbers
    assert set(fitted_model.predict(table)["label"]) == {"0", "1"}


@pytest.mark.parametrize(("size", "label"), [(2, 1), (2, 0), (3, 2)])
def test_where_every_row_has_one_label_it_is_predicted(size, label):
    rows = sparse.csr_matrix(RNG.normal(size=(20, 2)))
    weights, bias = fit_one_vs_rest(rows, 0, np.full(20, label), np.ones(size), 3.0)
    assert np.argmax(rows @ weights + bias, axis=1).tolist() == [label] * 20


@pytest.mark.parametrize(
    ("place", "stage"),
    [(fitting, "fit_linear_branch"), (FittedLinearBranch, "refit")],
    ids=["fit", "refit"],
)
def test_ctrl_c_keeps_what_is_fitted(place, stage, monkeypatch):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, stage, pressed)
    assert set(model().fit(TABLE).predict(TABLE)["label"]) <= {"0", "1"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"mapped": True}, "the linear branch of the network reads numbers, but no column has any"),
        (
            {"patterned": True},
            "the network has MiniRocket features, but its columns do not allow them",
        ),
    ],
    ids=str,
)
def test_a_saved_network_that_reads_numbers_where_there_are_none_is_refused(facts, says, tmp_path):
    path = model().fit(TABLE).save(tmp_path / "model") / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["ports"] |= facts
    manifest["format"] = 1
    del manifest["files"]
    path.write_text(json.dumps(manifest))
    with pytest.raises(ArtifactError, match=says):
        unrolled.load(tmp_path / "model")
