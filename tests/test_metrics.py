"""Scores computed by hand."""

import math

import numpy as np
import pytest

from unrolled import metrics

TRUE = ["a", "a", "b", "b", "b", "c", "b"]
SAID = ["a", "b", "b", "b", "a", "b", "b"]


def test_accuracy_is_the_share_of_equal_labels():
    assert metrics.accuracy(TRUE, SAID) == 4 / 7


def test_macro_f1_weighs_every_class_alike():
    a = 2 * 1 / (2 + 2)  # one right, two said, two true
    b = 2 * 3 / (5 + 4)
    assert metrics.macro_f1(TRUE, SAID) == pytest.approx((a + b + 0) / 3)


def test_macro_f1_takes_labels_of_any_type():
    assert metrics.macro_f1([1, "x", True], [1, "x", True]) == 1.0


def test_errors_of_numbers():
    true, said = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 2.0, 1.0])
    assert metrics.rmse(true, said) == pytest.approx(math.sqrt((1 + 4) / 4))
    assert metrics.mae(true, said) == pytest.approx(3 / 4)
    assert metrics.r2(true, said) == pytest.approx(1 - 5 / 5)


def test_one_value_has_no_explained_variance():
    assert math.isnan(metrics.r2(np.array([1.0]), np.array([1.0])))


def test_the_main_metric_of_each_kind_comes_first():
    assert (next(iter(metrics.NUMBERS)), next(iter(metrics.CLASSES))) == ("RMSE", "accuracy")
