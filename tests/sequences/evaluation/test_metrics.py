"""Scores computed by hand."""

import math

import numpy as np
import pytest

from unrolled.errors import MissingExtraError
from unrolled.sequences.evaluation import metrics

TRUE = ["a", "a", "b", "b", "b", "c", "b"]
PREDICTED = ["a", "b", "b", "b", "a", "b", "b"]


def test_accuracy_is_the_share_of_equal_labels():
    assert metrics.accuracy(TRUE, PREDICTED) == 4 / 7


def test_macro_f1_weighs_every_class_alike():
    a = 2 * 1 / (2 + 2)  # one right, two predicted, two true
    b = 2 * 3 / (5 + 4)
    assert metrics.macro_f1(TRUE, PREDICTED) == pytest.approx((a + b + 0) / 3)


def test_macro_f1_takes_labels_of_any_type():
    assert metrics.macro_f1([1, "x", True], [1, "x", True]) == 1.0


def test_errors_of_numbers():
    true, predicted = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 2.0, 1.0])
    assert metrics.rmse(true, predicted) == pytest.approx(math.sqrt((1 + 4) / 4))
    assert metrics.mae(true, predicted) == pytest.approx(3 / 4)
    assert metrics.r2(true, predicted) == pytest.approx(1 - 5 / 5)


def test_one_value_has_no_explained_variance():
    assert math.isnan(metrics.r2(np.array([1.0]), np.array([1.0])))


def test_the_main_metric_of_each_kind_comes_first():
    assert (next(iter(metrics.NUMBERS)), next(iter(metrics.CLASSES))) == ("RMSE", "accuracy")


ROWS = [["a", "b", "c"], ["d"], []]
GENERATED = [["b", "c"], ["d"], ["e", "e"]]


def test_rows_of_steps_by_hand():
    assert metrics.error_rate(ROWS, GENERATED) == (1 + 0 + 2) / 4
    assert metrics.exact_match(ROWS, GENERATED) == 1 / 3
    assert metrics.step_accuracy(ROWS, GENERATED) == 1 / (3 + 1 + 2)


def test_a_step_is_one_whatever_its_letters():
    assert metrics.error_rate([["t\u0361ʃ", "ɑ\u0303"]], [["t", "ɑ\u0303"]]) == 1 / 2


# each row, the true tags above the predicted ones
ODD = """
O B-loc O B-per O I-per I-per I-per I-loc I-per O O
O B-loc O B-per O I-loc I-per I-per I-loc I-per O O
I-per O I-per I-per B-loc O I-loc I-per B-per I-loc O B-loc
I-loc O I-per B-per B-loc O I-loc I-per B-per I-loc B-per B-loc
O B-per O O O I-loc B-loc O I-per I-loc O I-per
O B-per O O O I-loc B-loc O I-per I-loc O I-per
"""
ENDS = """
O E-loc S-per O B-per S-per E-per I-loc E-loc O E-loc O
O E-loc S-per O B-per S-per O I-loc E-loc O E-loc O
I-per S-loc S-loc S-loc E-per B-per B-per S-per B-loc O B-loc S-per
I-per S-loc S-per S-loc E-per B-per B-loc S-per B-loc O B-loc S-per
S-per B-loc E-per S-per I-loc S-loc I-loc E-loc I-per S-per S-loc O
S-per O O S-per I-loc I-per S-loc I-per B-per B-per S-loc O
"""


@pytest.mark.parametrize(
    ("rows", "correct", "true_spans", "predicted_spans"), [(ODD, 16, 19, 22), (ENDS, 21, 28, 26)]
)
def test_spans_are_counted_as_conlleval_does(rows, correct, true_spans, predicted_spans):
    """The counts are what conlleval.py (github.com/spyysalo/conlleval.py) printed."""
    lines = [line.split() for line in rows.split("\n") if line]
    true, predicted = lines[::2], lines[1::2]
    assert metrics.span_recall(true, predicted) == correct / true_spans
    assert metrics.span_precision(true, predicted) == correct / predicted_spans
    f1 = 2 * correct / (true_spans + predicted_spans)
    assert metrics.span_f1(true, predicted) == pytest.approx(f1)


def test_spans_of_seqevals_own_example():
    """The example of seqeval's README, with the figures it prints: F1 0.50, accuracy 0.80."""
    person = ["B-PER", "I-PER", "O"]
    true = [["O", "O", "O", "B-MISC", "I-MISC", "I-MISC", "O"], person]
    predicted = [["O", "O", "B-MISC", "I-MISC", "I-MISC", "I-MISC", "O"], person]
    assert metrics.span_f1(true, predicted) == 0.5
    assert metrics.step_accuracy(true, predicted) == 0.8


def test_without_spans_nothing_is_right():
    assert metrics.span_f1([["O"]], [["O"]]) == metrics.span_recall([["O"]], [["B-a"]]) == 0
    assert metrics.span_precision([["B-a"]], [["O"]]) == 0


def test_bleu_is_that_of_the_papers_formula():
    # 5 words of 5; 4/5, 3/4, 2/3 and 1/2 of the runs of one to four are in the true text
    found = metrics.bleu(["a b c d e"], ["a b c d x"])
    assert found == pytest.approx(100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25)


def test_a_short_text_is_punished_as_a_whole():
    found = metrics.bleu(["a b c d", "e f g h i j"], ["a b c d", "e f g h"])
    assert found == pytest.approx(100 * math.exp(1 - 10 / 8))


def test_punctuation_is_split_off_unless_steps_are_given():
    assert metrics.bleu(["a b c d."], ["a b c d ."]) == pytest.approx(100)
    assert metrics.bleu(["a b c d."], ["a b c d ."], split=False) < 90


def test_the_best_of_several_answers_counts_in_rows_of_their_own_number():
    answers = [["x y z u v", "a b c d e"], ["f g h i j"]]
    assert metrics.bleu(answers, ["a b c d e", "f g h i j"]) == pytest.approx(100)
    assert metrics.chrf(answers, ["a b c d e", "f g h i j"]) == pytest.approx(100)
    assert metrics.bleu([["x y z u v"], ["f g h i j"]], ["a b c d e", "f g h i j"]) < 60


def test_chrf_of_one_letter_wrong():
    # of "abc" and "abd": 2/3 of single letters, 1/2 of pairs, none of triples; recall is the same
    assert metrics.chrf(["abc"], ["abd"]) == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)


def test_without_sacrebleu_bleu_says_what_to_install(monkeypatch):
    monkeypatch.setattr(metrics, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught:
        metrics.bleu(["a"], ["a"])
    assert str(caught.value) == "BLEU and chrF need sacrebleu: pip install 'unrolled[text]'."


@pytest.mark.parametrize("size", [1e-200, 1e-3, 1.0, 1e200, 1e300])
def test_scores_of_huge_and_tiny_numbers_do_not_overflow(size: float) -> None:
    true, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    for metric in (metrics.rmse, metrics.mae):
        assert metric(true * size, predicted * size) == pytest.approx(
            metric(true, predicted) * size, rel=1e-12
        )
    assert metrics.r2(true * size, predicted * size) == pytest.approx(metrics.r2(true, predicted))
