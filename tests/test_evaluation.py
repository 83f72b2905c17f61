"""Scores by hand on tiny data, and the sentence that says whether a network is worth having."""

import math

import numpy as np
import pytest

from unrolled.errors import DataError
from unrolled.evaluation import Evaluation, comparable, row_errors, scored, shown, verdict
from unrolled.schema import Column

NUMBER, VECTOR = Column(name="y", kind="number"), Column(name="y", kind="vector", width=2)
NUMBERS = Column(name="y", kind="numbers")
LABEL, TOKENS = Column(name="y", kind="category"), Column(name="y", kind="tokens")
TEXT = Column(name="y", kind="text", unit="characters")


def steps(*rows):
    return [np.array(row, float)[:, None] for row in rows]


def test_numbers_are_scored_by_their_errors():
    found = scored(NUMBER, np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0]))
    assert found == pytest.approx({"RMSE": math.sqrt(4 / 3), "MAE": 2 / 3, "R2": 1 - 4 / 2})


def test_vectors_and_steps_are_scored_number_by_number():
    true, said = np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])
    expected = {"RMSE": 1.0, "MAE": 0.5, "R2": 1 - 4 / 5}
    assert scored(VECTOR, true, said) == pytest.approx(expected)
    rows = steps([0.0], [1.0, 2.0, 3.0]), steps([0.0], [1.0, 2.0, 1.0])
    assert scored(NUMBERS, *rows) == pytest.approx(expected)


def test_labels_are_scored_by_their_spelling():
    found = scored(LABEL, ["1", "2", "2"], [1, 1, 2])
    assert found == pytest.approx({"accuracy": 2 / 3, "macro F1": 2 / 3})
    assert row_errors(LABEL, ["1", "2", "2"], [1, 1, 2]).tolist() == [0, 1, 0]


def test_steps_beyond_the_other_row_are_wrong():
    true, said = [["a", "b"], ["c"]], [["a", "x", "y"], ["c"]]
    assert scored(TOKENS, true, said) == {"step accuracy": 2 / 4, "exact rows": 0.5}
    assert row_errors(TOKENS, true, said).tolist() == pytest.approx([2 / 3, 0.0])


def test_texts_are_compared_character_by_character():
    assert scored(TEXT, ["abc", ""], ["abd", ""]) == {"step accuracy": 2 / 3, "exact rows": 0.5}


def test_the_errors_of_rows_are_means_over_their_numbers():
    assert row_errors(NUMBER, np.array([1.0, 2.0]), np.array([1.0, 4.0])).tolist() == [0.0, 4.0]
    said = row_errors(NUMBERS, steps([1.0], [1.0, 2.0]), steps([3.0], [1.0, 4.0]))
    assert said.tolist() == [4.0, 2.0]
    assert row_errors(VECTOR, np.eye(2), np.zeros((2, 2))).tolist() == [0.5, 0.5]


def test_rows_of_more_steps_than_predicted_are_refused():
    with pytest.raises(DataError) as caught:
        comparable(NUMBERS, steps([1.0], [1.0, 2.0]), steps([1.0], [1.0]))
    assert str(caught.value) == (
        "column 'y', row 2: got 2 steps, expected 1, as many as the model gives this row. Cut or"
        " fill the row, or leave it out."
    )


def judged(ours, theirs, *, rival="ridge", metric="RMSE"):
    errors = {"network": np.array(ours, float), rival: np.array(theirs, float)}
    scores = {who: {metric: found.mean()} for who, found in errors.items()}
    return verdict(errors, scores)


def test_a_clear_win_is_worth_having():
    assert judged([1.0] * 20, [2.0, 3.0] * 10) == (
        "The network is worth having: RMSE 1 against 2.5 by ridge (20 rows)."
    )


def test_a_clear_loss_is_said():
    assert judged([2.0, 3.0] * 10, [1.0] * 20, rival="most frequent", metric="accuracy") == (
        "The network is not worth having here: accuracy 2.5 against 1 by the most frequent value"
        " (20 rows); take the simpler one."
    )


@pytest.mark.parametrize("theirs", [[1.0, 3.0] * 10, [2.0] * 20, [1.2, 3.0] * 10])
def test_a_difference_that_may_be_chance_is_none(theirs):
    assert judged([2.0] * 20, theirs, rival="mean").startswith(
        "No clear difference: RMSE 2 against"
    )
    assert judged([2.0] * 20, theirs, rival="mean").endswith(
        "by the mean (20 rows); the simpler one will do until there is more data."
    )


def test_the_network_is_measured_against_the_better_reference():
    errors = {"network": np.ones(9), "mean": np.full(9, 3.0), "ridge": np.full(9, 2.0)}
    scores = {who: {"RMSE": found[0]} for who, found in errors.items()}
    assert "against 2 by ridge" in verdict(errors, scores)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.500"), (3.14159, "3.14"), (99.96, "100"), (1234.5, "1234"), (-0.25, "-0.250")],
)
def test_scores_are_short(value, text):
    assert shown(value) == text


def test_an_evaluation_prints_as_a_table():
    found = Evaluation(
        2,
        {"y": {"network": {"RMSE": 0.5, "R2": 0.9}, "mean": {"RMSE": 1.5, "R2": math.nan}}},
        {"y": "Said."},
    )
    assert found.main == 0.5
    assert str(found).splitlines() == [
        "y (2 rows)",
        "                 RMSE          R2",
        "  network       0.500       0.900",
        "  mean            1.5           -",
        "Said.",
    ]
