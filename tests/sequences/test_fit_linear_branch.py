"""A linear map beside a recurrence: what it is, how much it counts, and what it is found from."""

import json

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

import unrolled
from unrolled.errors import ArtifactError
from unrolled.inference import predict
from unrolled.sequences import fit_linear_branch

RNG = np.random.default_rng(0)
QUICK = unrolled.Training(epochs=2, verbose=False)
SMALL = unrolled.Network(units=4)
TEXTS = [f"{'good' if i % 2 else 'bad'} {'film' if i % 3 else 'plot'}" for i in range(60)]
TABLE = {"text": TEXTS, "label": [str(i % 2) for i in range(60)]}


def model(training=QUICK, output="label"):
    asked = {"label": "category", "score": "number"}[output]
    return unrolled.SequenceModel(
        {"text": "words"}, {output: asked}, network=SMALL, training=training
    )


def test_features_are_scaled_by_how_much_oftener_they_stand_with_the_label():
    counts = np.array([[2, 0, 1, 0], [1, 1, 0, 0], [0, 3, 1, 0], [0, 1, 1, 0]], "float32")
    ids, each = np.array([0, 0, 1, 1]), np.array([1.0, 2.0])
    weights, bias = fit_linear_branch.logistic(sparse.csr_matrix(counts), 4, ids, each, 0.5)
    mine, others = np.array([0, 2, 2, 0]) + 1, np.array([2, 1, 1, 0]) + 1  # rows that have it, + 1
    ratio = np.log((mine / mine.sum()) / (others / others.sum()))
    ratio[3] = 0  # no row has it
    theirs = LogisticRegression(C=0.5, solver="liblinear")
    theirs.fit(counts * ratio, ids, sample_weight=[1, 1, 2, 2])
    np.testing.assert_allclose(weights[:, 1], ratio * theirs.coef_[0], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(bias, [-theirs.intercept_[0], theirs.intercept_[0]], rtol=1e-4)
    np.testing.assert_array_equal(weights[:, 0], -weights[:, 1])


def test_each_of_many_labels_is_told_from_all_others():
    ids = np.arange(90) % 3
    counts = 2 * np.eye(3)[ids] + (RNG.random((90, 3)) < 0.2)
    weights, bias = fit_linear_branch.logistic(sparse.csr_matrix(counts), 3, ids, np.ones(3), 3.0)
    assert (np.argmax(counts @ weights + bias, axis=1) == ids).mean() > 0.9


def test_a_side_counts_as_much_as_makes_rows_most_probable():
    ids = RNG.integers(0, 3, 2000)
    true = 2.0 * np.eye(3)[ids] + RNG.normal(size=(2000, 3))
    noise = RNG.normal(size=(2000, 3))
    own, other = fit_linear_branch.weighed(noise, true, ids, np.ones(3))
    assert own == pytest.approx(0, abs=0.1)
    grid = np.linspace(0, 4, 81)
    best = grid[np.argmin([fit_linear_branch.loss(b * true, ids, np.ones(3)) for b in grid])]
    assert other == pytest.approx(best, abs=0.1)


def test_rows_without_a_known_label_tell_nothing():
    own = RNG.normal(size=(9, 2))
    told = fit_linear_branch.weighed(own, own, np.full(9, -1), np.ones(2))
    assert told == (fit_linear_branch.ALIKE, fit_linear_branch.ALIKE)


@pytest.mark.parametrize("seeds", [1, 2])
def test_the_network_is_the_sum_of_both(seeds):
    made = model(QUICK.model_copy(update={"seeds": seeds})).fit(TABLE)
    trained = made._trained
    examples = trained.encoder.encode(made._ingest(TABLE, None).table, targets=True)
    counts = fit_linear_branch.Rows.of(examples, trained.bundle, trained.spec).features.toarray()
    said = []
    for network, paths in zip(trained.bundle.models_to_fit, trained.bundle.linear_branches, strict=True):
        (table,) = paths["label"].runs.values()
        linear = counts @ table.get_weights()[0]
        own = predict.predict_outputs(
            network, fit_linear_branch.recurrent(examples, trained.spec), ["label"]
        )["label"]
        said.append(predict.softmax(own + linear))
    shares = made.predict_proba(TABLE)
    logits = predict.predict_outputs(made.model_, examples, ["label"])["label"]
    np.testing.assert_allclose(predict.softmax(logits), np.mean(said, axis=0), rtol=1e-4, atol=1e-5)
    sure = np.array(shares["label=1"]) > 0.5
    np.testing.assert_array_equal(sure, [i % 2 == 1 for i in range(60)])


def weights_of(made):
    return np.concatenate([w.ravel() for w in made.model_.get_weights()])


def test_rows_given_to_stop_by_are_for_that_alone():
    other = {"text": ["good film"] * 6, "label": ["1"] * 6}
    more = {"text": ["good film"] * 6, "label": ["1"] * 5 + ["0"]}
    sizes = []
    for held in (other, more):
        made = model().fit(TABLE, validation=held)
        path = made._trained.bundle.linear_branches[0]["label"]
        (table,) = path.runs.values()
        weights = table.get_weights()[0]
        sizes.append(weights / np.abs(weights).max())
    np.testing.assert_allclose(*sizes, atol=1e-6)  # the same map, however much it counts


def test_rows_held_out_of_the_table_are_learned_from_in_the_end():
    texts = [*TEXTS, *["rare film"] * 6]
    table = {"text": texts, "label": [*TABLE["label"], *["1"] * 6]}
    made = model(QUICK.model_copy(update={"validation": 0.3})).fit(table)
    again = model(QUICK.model_copy(update={"validation": 0.3})).fit(table)
    np.testing.assert_array_equal(weights_of(made), weights_of(again))


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
def test_without_a_few_labels_there_is_no_linear_map(table, output):
    made = model(output=output).fit(table)
    assert made._trained.bundle.linear_branches == ()
    assert not made._trained.spec.linear_outputs


@pytest.mark.parametrize("most", [90, 130, 210])
def test_of_too_many_rows_some_are_drawn(most, monkeypatch):
    made = model().fit(TABLE)
    trained = made._trained
    examples = trained.encoder.encode(made._ingest(TABLE, None).table, targets=True)
    monkeypatch.setattr(fit_linear_branch, "MOST_NUMBERS", most)
    some = fit_linear_branch.thinned(examples, trained.bundle, trained.spec)
    assert some.rows == most // 8  # two words a row, and four runs that end at each
    assert set(some.targets["label"].flat) == {0, 1}
    assert set(model().fit(TABLE).predict(TABLE)["label"]) == {"0", "1"}


def ragged(**more):
    rng = np.random.default_rng(3)
    lengths, labels = rng.integers(1, 9, 80), np.arange(80) % 2
    rows = [rng.normal(size=n) + 3 * k for n, k in zip(lengths, labels, strict=True)]
    return {"row": [row.tolist() for row in rows], "label": [str(k) for k in labels], **more}


def fitted(table, inputs="row", **settings):
    network = unrolled.Network(units=4, **settings)
    made = unrolled.SequenceModel(inputs, {"label": "category"}, network=network, training=QUICK)
    return made.fit(table)


def test_rows_of_numbers_are_told_apart_by_what_sums_them_up():
    table = ragged()
    made = fitted(table)
    assert made._trained.spec.linear_numbers
    assert np.mean(np.array(made.predict(table)["label"]) == table["label"]) > 0.95
    assert fitted(table, linear=False)._trained.bundle.linear_branches == ()


def test_rows_of_different_lengths_are_thinned_once(monkeypatch):
    for most in (120, 200, 280, 360):
        monkeypatch.setattr(fit_linear_branch, "MOST_NUMBERS", most)
        assert fitted(ragged()).predict(ragged())["label"]


@pytest.mark.parametrize("huge", [1e20, 1e25])
def test_huge_numbers_leave_probabilities_that_are_numbers(huge):
    table = ragged()
    for row in table["row"][::10]:
        row[0] = huge
    shares = fitted(table).predict_proba({"row": [[huge, 1.0, 2.0], [1.0, -huge]]})
    assert np.isfinite(list(shares.values())).all()


def test_categories_that_are_embedded_are_no_numbers():
    table = {**TABLE, "place": [f"p{i % 40}" for i in range(60)]}
    made = fitted(table, {"text": "words", "place": "category"})
    assert not made._trained.spec.linear_numbers
    assert set(made.predict(table)["label"]) == {"0", "1"}


@pytest.mark.parametrize(("size", "label"), [(2, 1), (2, 0), (3, 2)])
def test_where_every_row_has_one_label_it_is_the_answer(size, label):
    rows = sparse.csr_matrix(RNG.normal(size=(20, 2)))
    weights, bias = fit_linear_branch.logistic(rows, 0, np.full(20, label), np.ones(size), 3.0)
    assert np.argmax(rows @ weights + bias, axis=1).tolist() == [label] * 20


@pytest.mark.parametrize(
    ("place", "stage"),
    [(fit_linear_branch, "mixed"), (fit_linear_branch.FittedLinearBranch, "again")],
    ids=["mixed", "again"],
)
def test_ctrl_c_keeps_what_is_fitted(place, stage, monkeypatch):
    def pressed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, stage, pressed)
    assert set(model().fit(TABLE).predict(TABLE)["label"]) <= {"0", "1"}


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"mapped": True}, "maps the numbers of rows, and its columns have none"),
        ({"patterned": True}, "looks for patterns, and its columns have none"),
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
