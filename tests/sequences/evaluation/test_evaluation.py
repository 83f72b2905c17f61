"""Scores by hand on tiny data, and the sentence that says whether a network is worth having."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import softmax

import unrolled
from unrolled.baselines.verdict import format_score
from unrolled.errors import DataError, NotFittedError
from unrolled.inference import generate, predict
from unrolled.schema import Column
from unrolled.sequences.evaluation import Evaluation, evaluate, metrics
from unrolled.sequences.evaluation.scores import (
    check_lengths,
    compute_scores,
    error_rate_name,
    paired_verdict,
    row_errors,
)

NUMBER, VECTOR = Column(name="y", kind="number"), Column(name="y", kind="vector", width=2)
NUMBERS = Column(name="y", kind="numbers")
LABEL, TOKENS = Column(name="y", kind="category"), Column(name="y", kind="tokens")
TEXT = Column(name="y", kind="text", unit="characters")
WORDS = Column(name="y", kind="text", unit="words")


def steps(*rows):
    return [np.array(row, float)[:, None] for row in rows]


def test_numbers_are_scored_by_their_errors():
    found = compute_scores(NUMBER, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0]))
    assert found == pytest.approx({"RMSE": math.sqrt(4 / 3), "MAE": 2 / 3, "R2": 1 - 4 / 2})


def test_vectors_and_steps_are_scored_number_by_number():
    true, predicted = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])
    expected = {"RMSE": 1.0, "MAE": 0.5, "R2": 1 - 4 / 5}
    assert compute_scores(VECTOR, true, predicted) == pytest.approx(expected)
    rows = steps([0.0], [1.0, 2.0, 3.0]), steps([0.0], [1.0, 2.0, 1.0])
    assert compute_scores(NUMBERS, *rows) == pytest.approx(expected)


def test_labels_are_scored_by_their_classes():
    found = compute_scores(LABEL, [1, 2, 2], [1, 1, 2])
    assert found == pytest.approx({"accuracy": 2 / 3, "macro F1": 2 / 3})
    assert row_errors(LABEL, [1, 2, 2], [1, 1, 2]).tolist() == [0, 1, 0]
    assert row_errors(LABEL, ["1", 2, True], [1, 2, 1]).tolist() == [1, 0, 1]


def test_aligned_steps_are_compared_where_they_stand():
    true, predicted = [["a", "b"], ["c"]], [["a", "x", "y"], ["c"]]
    found = compute_scores(TOKENS, true, predicted, aligned=True)
    assert found == {"step accuracy": 2 / 4, "exact match": 0.5}
    assert row_errors(TOKENS, true, predicted, aligned=True).tolist() == pytest.approx([2 / 3, 0.0])


def test_tags_are_judged_by_their_spans_first():
    column = TOKENS.model_copy(update={"scheme": "BIO"})
    true = [["B-a", "I-a", "O"], ["B-b", "O"]]
    predicted = [["B-a", "O", "B-b"], ["B-b", "O"]]
    found = compute_scores(column, true, predicted, aligned=True)
    assert list(found.items()) == [
        ("span F1", 2 / 5),
        ("precision", 1 / 3),
        ("recall", 1 / 2),
        ("step accuracy", 3 / 5),
        ("exact match", 1 / 2),
    ]
    assert row_errors(column, true, predicted, aligned=True).tolist() == [3, 0]


def test_rows_of_a_length_of_their_own_have_an_error_rate_first():
    true, predicted = [["a", "b", "c"], ["c"]], [["b", "c"], ["c"]]
    found = compute_scores(TOKENS, true, predicted)
    assert list(found.items()) == [
        ("token error rate", 1 / 4),
        ("exact match", 0.5),
        ("step accuracy", 1 / 4),
    ]
    assert row_errors(TOKENS, true, predicted).tolist() == [1.0, 0.0]


def test_texts_are_compared_character_by_character():
    found = compute_scores(TEXT, ["abc", "", "e\u0301"], ["abd", "", "é"])
    assert found == {"character error rate": 1 / 4, "exact match": 2 / 3, "step accuracy": 3 / 4}


def test_words_are_compared_with_the_white_space_before_them():
    true, predicted = "Don't , I say, go !", "Don't, I say, stay!"
    found = compute_scores(WORDS, [true], [predicted])
    assert (found["word error rate"], found["exact match"]) == (3 / 7, 0.0)  # " ,", "go" and " !"
    assert found["BLEU"] == metrics.bleu([true], [predicted]) > 50
    assert found["chrF"] == metrics.chrf([true], [predicted]) > 50
    assert compute_scores(WORDS, ["Don't go!"], ["don't go!"])["word error rate"] == 1 / 3
    assert compute_scores(WORDS, ["˧˧ a"], ["˧ ˧ a"])["word error rate"] == 1 / 3


def test_bleu_waits_for_rows_of_four_and_leaves_tokens_whole():
    assert "BLEU" not in compute_scores(TOKENS, [["a", "b", "c"]], [["a", "b", "c"]])
    found = compute_scores(TOKENS, [["a.", "b", "c", "d"]], [["a.", "b", "c", "d"]])
    assert list(found) == ["token error rate", "exact match", "step accuracy", "BLEU"]
    assert found["BLEU"] == pytest.approx(100)


def test_without_sacrebleu_the_table_says_what_to_install(monkeypatch):
    monkeypatch.setattr(metrics, "find_spec", lambda _: None)
    found = compute_scores(WORDS, ["a b c d"], ["a b c d"])
    assert math.isnan(found["BLEU"])
    assert math.isnan(found["chrF"])
    lines = str(Evaluation(1, {"y": {"network": found}}, {"y": "Good."})).splitlines()
    assert lines[-3:] == [
        "  network                0            1              1           -           -",
        "BLEU and chrF need sacrebleu: pip install 'unrolled[text]'.",
        "Good.",
    ]


def test_the_errors_of_rows_are_means_over_their_numbers():
    assert row_errors(NUMBER, np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist() == [0.0, 4.0]
    predicted = row_errors(NUMBERS, steps([1.0], [1.0, 2.0]), steps([3.0], [1.0, 4.0]))
    assert predicted.tolist() == [4.0, 2.0]
    assert row_errors(VECTOR, np.eye(2), np.zeros((2, 2))).tolist() == [0.5, 0.5]


def test_rows_of_more_steps_than_predicted_are_refused():
    with pytest.raises(DataError) as caught:
        check_lengths(NUMBERS, steps([1.0], [1.0, 2.0]), steps([1.0], [1.0]))
    assert str(caught.value) == (
        "Column 'y', row 2: the row has 2 steps, but the model predicts 1 step for it. Cut or"
        " fill the row, or leave it out."
    )


def judge(ours, theirs, *, baseline="ridge", metric="RMSE"):
    errors = {"network": np.array(ours, float), baseline: np.array(theirs, float)}
    scores = {who: {metric: found.mean()} for who, found in errors.items()}
    return paired_verdict(errors, scores)


def test_a_clear_win_is_worth_having():
    assert judge([1.0] * 20, [2.0, 3.0] * 10) == (
        "The network is worth having: RMSE 1 against 2.5 by ridge (20 rows)."
    )


def test_a_clear_loss_is_stated():
    assert judge([2.0, 3.0] * 10, [1.0] * 20, baseline="most frequent", metric="accuracy") == (
        "The network is not worth having here: accuracy 2.5 against 1 by the most frequent value"
        " (20 rows); take the simpler one."
    )


@pytest.mark.parametrize("theirs", [[1.0, 3.0] * 10, [2.0] * 20, [1.2, 3.0] * 10])
def test_a_difference_that_may_be_chance_is_none(theirs):
    assert judge([2.0] * 20, theirs, baseline="mean").startswith(
        "No clear difference: RMSE 2 against"
    )
    assert judge([2.0] * 20, theirs, baseline="mean").endswith(
        "by the mean (20 rows); the simpler one will do until there is more data."
    )


def test_the_network_is_measured_against_the_better_baseline():
    errors = {"network": np.ones(9), "mean": np.full(9, 3.0), "ridge": np.full(9, 2.0)}
    scores = {who: {"RMSE": found[0]} for who, found in errors.items()}
    assert "against 2 by ridge" in paired_verdict(errors, scores)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.500"), (3.14159, "3.14"), (99.96, "100"), (1234.5, "1234"), (-0.25, "-0.250")],
)
def test_scores_are_short(value, text):
    assert format_score(value) == text


def test_an_evaluation_prints_as_a_table():
    found = Evaluation(
        2,
        {"y": {"network": {"RMSE": 0.5, "R2": 0.9}, "mean": {"RMSE": 1.5, "R2": math.nan}}},
        {"y": "Good."},
    )
    assert found.main == 0.5
    assert str(found).splitlines() == [
        "y (2 rows)",
        "                 RMSE          R2",
        "  network       0.500       0.900",
        "  mean            1.5           -",
        "Good.",
    ]


def test_a_predictor_without_a_metric_has_a_dash_and_long_names_keep_their_columns():
    network = {"word error rate": 0.25, "step accuracy": 0.5, "NLL per token": 1.5}
    table = {"network": network, "n-gram": {"NLL per token": 2.25}}
    assert str(Evaluation(3, {"y": table}, {"y": "Good."})).splitlines() == [
        "y (3 rows)",
        "           word error rate  step accuracy  NLL per token",
        "  network            0.250          0.500            1.5",
        "  n-gram                 -              -           2.25",
        "Good.",
    ]


# Trained for a moment: what is compared with what, and that it comes back from a folder.

KINDS = ["p", "q"] * 30
NAMES = [
    f"{'an' if kind == 'p' else 'ob'}{'aeiou'[i % 5]}{'x' * (i % 3)}"
    for i, kind in enumerate(KINDS)
]
TABLE = {"kind": KINDS, "name": NAMES, "loud": [" ".join(name.upper() + "!") for name in NAMES]}
QUICK = unrolled.Training(epochs=1, verbose=False)
SMALL = unrolled.Network(units=4)


def trained(inputs, outputs):
    return unrolled.SequenceModel(inputs, outputs, network=SMALL, training=QUICK).fit(TABLE)


@pytest.fixture(scope="module")
def named():
    return trained("kind", "name:characters")


@pytest.fixture(scope="module")
def spelled():
    return trained("name:characters", "loud")


def nll(model, name):
    """Return the NLL of each row and its steps, by the network's own probabilities."""
    encoder, table = model._trained.encoder, model._ingest(TABLE, None).table
    examples = encoder.encode(table, targets=True)
    known = generate.teacher_forced(examples, model._trained.spec, model._trained.runtime)
    logits = predict.predict_outputs(model._trained.runtime.model, known, [name])[name]
    shares = [softmax(row.astype(float), axis=-1) for row in logits]
    rows = examples.targets[name].rows()
    logs = [
        [math.log(shares[i][u, step]) for u, step in enumerate(row)] for i, row in enumerate(rows)
    ]
    return [-sum(row) for row in logs], sum(map(len, logs))


@pytest.mark.slow
def test_many_correct_outputs_are_judged_by_their_probability(named, tmp_path):
    found = named.evaluate(TABLE)
    assert named.shape_ == "one-to-many"
    assert next(iter(found.scores["name"]["network"])) == "NLL per token"
    rows, steps = nll(named, "name")
    assert found.main == pytest.approx(sum(rows) / steps)
    assert named.score(TABLE) == pytest.approx(-found.main)
    assert found.verdicts["name"].startswith("The network is not worth having here: NLL per token ")
    assert "by the n-gram (60 rows)" in found.verdicts["name"]
    assert list(found.scores["name"]) == [
        "network",
        "most frequent output",
        "nearest training input",
        "n-gram",
    ]
    assert str(unrolled.load(named.save(tmp_path / "model")).evaluate(TABLE)) == str(found)


def test_a_model_saved_without_an_n_gram_is_judged_by_edits(named):
    older = replace(named._trained, baselines=named._trained.baselines[:2])
    table = named._ingest(TABLE, None).table
    assert "character error rate" in evaluate(older, table).verdicts["name"]


@pytest.mark.slow
def test_one_correct_output_is_judged_by_edits(spelled, tmp_path):
    found = spelled.evaluate(TABLE)
    assert spelled.shape_ == "unaligned"
    assert next(iter(found.scores["loud"]["network"])) == "token error rate"
    assert found.scores["loud"]["nearest training input"]["token error rate"] < 0.2
    assert spelled.score(TABLE) == pytest.approx(1 - found.main)
    assert found.verdicts["loud"].startswith(
        "The network is not worth having here: token error rate "
    )
    assert "by the nearest training input (60 rows)" in found.verdicts["loud"]
    assert str(unrolled.load(spelled.save(tmp_path / "model")).evaluate(TABLE)) == str(found)


@pytest.mark.parametrize(
    ("column", "name"),
    [
        (TOKENS, "token error rate"),
        (TEXT, "character error rate"),
        (WORDS, "word error rate"),
        (Column(name="y", kind="text", unit="subwords"), "word error rate"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.kind_name,
)
def test_an_error_rate_is_named_by_what_is_counted(column, name):
    assert error_rate_name(column) == name


def test_a_model_saved_untrained_has_nothing_to_be_compared_with(named):
    untrained = replace(named._trained, baselines=())
    with pytest.raises(NotFittedError) as caught:
        evaluate(untrained, named._ingest(TABLE, None).table)
    assert str(caught.value) == (
        "Cannot evaluate: this model was saved untrained, so it has no baselines. Call fit first."
    )


def test_a_notebook_shows_verdicts_above_tables_of_scores():
    page = Evaluation(
        2,
        {"<y>": {"network": {"RMSE": 0.5, "R2": 0.9}, "mean": {"RMSE": 1.5}}},
        {"<y>": "Worth <b>it</b> & more."},
    )._repr_html_()
    assert page == (
        "<p>Worth &lt;b&gt;it&lt;/b&gt; &amp; more.</p><p>&lt;y&gt; (2 rows)</p>"
        "<table><thead><tr><th></th><th>RMSE</th><th>R2</th></tr></thead><tbody>"
        "<tr><td>network</td><td>0.500</td><td>0.900</td></tr>"
        "<tr><td>mean</td><td>1.5</td><td>-</td></tr></tbody></table>"
    )


def test_a_notebook_says_what_to_install_for_bleu():
    scores = {"network": {"word error rate": 0.5, "BLEU": math.nan}}
    page = Evaluation(2, {"y": scores}, {"y": "Good."})._repr_html_()
    assert "<p>BLEU and chrF need sacrebleu: pip install &#x27;unrolled[text]&#x27;.</p>" in page
