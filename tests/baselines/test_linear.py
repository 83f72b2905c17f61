"""The linear baselines are what scikit-learn says, fitted by hand on the same features."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from unrolled.baselines import features, linear
from unrolled.baselines.linear import fit_linear
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema

ROWS = 40
RNG = np.random.default_rng(0)
A = RNG.normal(size=ROWS)
EVEN = RNG.normal(size=(ROWS, 3, 2))
UNEVEN = [RNG.normal(size=(n, 2)) for n in RNG.integers(1, 5, size=ROWS)]
LABELS = np.where(A + 0.3 * RNG.normal(size=ROWS) > 0, "up", "down")
THREE = np.array(["a", "b", "c"])[RNG.integers(0, 3, size=ROWS)]
TEXTS = ["".join(RNG.choice(list("abcd"), size=n)) for n in RNG.integers(1, 7, size=ROWS)]


def fit(columns, inputs, outputs, *, stated=None):
    """Return the baselines of a table by name, and its encoded rows."""
    frame = read(columns)
    values, into, out = infer_table(frame, inputs, outputs, stated=stated)
    encoding = TableEncoder.fit(infer_schema(values, into, out), values)
    examples = encoding.encode(values, targets=True)
    blocks = {**examples.inputs, **examples.targets}
    symbols = {
        n: size for n, size in encoding.sizes.items() if n in blocks and blocks[n].is_integer
    }
    aligned = encoding.schema.shape == "aligned"
    baselines = fit_linear(examples, list(examples.targets), symbols, aligned=aligned)
    return {baseline.name: baseline for baseline in baselines}, examples


def probabilities(logits):
    return softmax(np.asarray(logits, dtype=float), axis=-1)


def standard(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


def test_the_mean_is_the_mean_of_the_training_part():
    models, examples = fit({"a": A, "y": 3 * A + 1}, ["a"], ["y"])
    assert list(models) == ["mean", "ridge"]
    predicted = models["mean"].predict(examples)["y"]
    np.testing.assert_allclose(
        predicted, np.zeros((ROWS, 1)), atol=1e-6
    )  # scaled: the mean is zero


def test_the_most_frequent_label_leads_in_every_row():
    models, examples = fit({"a": A, "y": THREE}, ["a"], ["y"])
    assert list(models) == ["most frequent", "logistic regression"]
    predicted = models["most frequent"].predict(examples)["y"]
    names, counts = np.unique(THREE, return_counts=True)
    assert set(names[predicted.argmax(axis=1)]) == {names[counts.argmax()]}
    np.testing.assert_allclose(predicted[0], counts / ROWS, rtol=1e-6)


@pytest.mark.parametrize("labels", [LABELS, THREE], ids=["two", "three"])
def test_labels_are_predicted_by_logistic_regression(labels):
    models, examples = fit({"a": A, "y": labels}, ["a"], ["y"])
    predicted = models["logistic regression"].predict(examples)["y"]
    x = standard(A)[:, None].astype("float32")
    hand = LogisticRegression(C=3, max_iter=500).fit(x, labels).predict_proba(x)
    np.testing.assert_allclose(probabilities(predicted), hand, atol=1e-4)


@pytest.mark.parametrize("few", [200, 1], ids=["characters up to four", "words alone"])
def test_text_is_predicted_from_counts_of_ngrams(monkeypatch, few):
    monkeypatch.setattr(features, "FEW_SYMBOLS", few)
    models, examples = fit({"t": TEXTS, "y": LABELS}, ["t"], ["y"], stated={"t": "text:characters"})
    predicted = models["logistic regression"].predict(examples)["y"]
    counts = CountVectorizer(
        analyzer="char", ngram_range=(1, 4 if few == 200 else 1), lowercase=False
    ).fit_transform(TEXTS)
    hand = LogisticRegression(C=3, max_iter=500).fit(counts, LABELS).predict_proba(counts)
    np.testing.assert_allclose(probabilities(predicted), hand, atol=2e-3)


def by_hand(features, targets):
    targets = np.reshape(targets, (len(targets), -1))
    return Ridge(1.0).fit(features, targets).predict(features)


def test_rows_of_one_length_are_laid_end_to_end_for_ridge():
    y = EVEN[:, 2, 0] - EVEN[:, 0, 1]
    models, examples = fit({"s": list(EVEN), "y": y}, ["s"], ["y"])
    x = standard(EVEN.reshape(-1, 2)).reshape(ROWS, 6)
    predicted = models["ridge"].predict(examples)["y"]
    np.testing.assert_allclose(predicted, by_hand(x, standard(y)).reshape(-1, 1), atol=1e-4)


def test_rows_of_differing_length_are_summarised_for_ridge():
    y = np.array([row.mean() for row in UNEVEN])
    models, examples = fit({"s": UNEVEN, "y": y}, ["s"], ["y"])
    steps = np.concatenate(UNEVEN)
    rows = [(row - steps.mean(axis=0)) / steps.std(axis=0) for row in UNEVEN]
    x = [np.concatenate([f(r, axis=0) for f in (np.mean, np.std, np.min, np.max)]) for r in rows]
    predicted = models["ridge"].predict(examples)["y"]
    np.testing.assert_allclose(
        predicted[:, 0], by_hand(np.array(x), standard(y)).ravel(), atol=1e-4
    )


def test_a_row_of_outputs_is_one_target_of_ridge_for_each_step():
    y = np.stack([A, A**2, -A], axis=1)
    models, examples = fit({"a": A, "y": y}, ["a"], ["y"], stated={"y": "numbers"})
    predicted = models["ridge"].predict(examples)["y"]
    flat = ((y - y.mean()) / y.std()).astype("float32")
    hand = by_hand(standard(A)[:, None], flat)
    assert predicted.shape == (ROWS, 3, 1)
    np.testing.assert_allclose(predicted[:, :, 0], hand, atol=1e-4)
    assert models["mean"].predict(examples)["y"].shape == (ROWS, 3, 1)


def test_aligned_steps_see_themselves_and_their_neighbours():
    s = [row[:, 0] for row in UNEVEN]
    y = [np.convolve(row, [1, 0, 2], mode="same")[: len(row)] for row in s]
    models, examples = fit({"s": s, "y": y}, ["s"], ["y"], stated={"s": "numbers"})
    scaled = [(row - np.concatenate(s).mean()) / np.concatenate(s).std() for row in s]
    padded = [np.pad(row, 1) for row in scaled]
    x = np.concatenate([np.stack([p[:-2], p[1:-1], p[2:]], axis=1) for p in padded])
    hand = by_hand(x, standard(np.concatenate(y))).ravel()
    predicted = models["ridge"].predict(examples)["y"]
    assert [len(row) for row in predicted] == [len(row) for row in s]
    np.testing.assert_allclose(np.concatenate(predicted)[:, 0], hand, atol=1e-4)
    assert [len(row) for row in models["mean"].predict(examples)["y"]] == [len(row) for row in s]


def test_baselines_of_numbers_and_labels_together_have_names_of_their_own():
    models, _ = fit({"a": A, "y": A, "z": LABELS}, ["a"], ["y", "z"])
    assert list(models) == ["constant", "linear map"]


def test_the_only_class_of_a_training_part_is_always_predicted():
    frame = {"a": A, "y": ["p"] * (ROWS - 1) + ["q"]}
    data = read(frame)
    values, into, out = infer_table(data, ["a"], ["y"])
    encoding = TableEncoder.fit(infer_schema(values, into, out), values.take(range(ROWS - 1)))
    examples = encoding.encode(values.take(range(ROWS - 1)), targets=True)
    models = fit_linear(examples, ["y"], {"y": 1}, aligned=False)
    assert [r.predict(examples)["y"].tolist() for r in models] == [[[1.0]] * (ROWS - 1)] * 2


def test_targets_too_many_for_memory_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(linear, "MAX_TARGET_CELLS", 40)
    assert linear._subsample(100, 10).tolist() == [0, 33, 66, 99]
    assert len(linear._subsample(3, 10)) == 3


def test_the_constant_of_even_aligned_rows_is_one_for_each_step():
    rows = {
        "x": [[0.0, 1.0, 5.0], [1.0, 0.0, 2.0]] * 4,
        "y": [[1.0, 2.0, 3.0], [3.0, 4.0, 8.0]] * 4,
    }
    frame = read(rows)
    values, into, out = infer_table(frame, ["x"], ["y"], stated={"x": "numbers", "y": "numbers"})
    encoding = TableEncoder.fit(infer_schema(values, into, out), values)
    examples = encoding.encode(values, targets=True)
    constant = fit_linear(examples, ["y"], {}, aligned=True)[0]
    predicted = constant.predict(encoding.encode(values, targets=False))["y"]
    decoded = encoding.decode(out[0], predicted)
    np.testing.assert_allclose(np.ravel(decoded[0]), [2.0, 3.0, 5.5], rtol=1e-5)


def test_steps_of_a_row_are_thinned_together(monkeypatch):
    monkeypatch.setattr(linear, "MAX_TARGET_CELLS", 40)
    assert linear._subsample(12, 5, group=4).tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
