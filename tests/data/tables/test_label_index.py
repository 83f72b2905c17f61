"""The same label, however it is written, means the same class."""

import itertools
from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unrolled.data.tables.label_index import LabelIndex, codes, is_missing

BITS = {
    "int": [0, 1],
    "float": [0.0, 1.0],
    "bool": [False, True],
    "digits": ["0", "1"],
    "decimals": ["0.0", "1.0"],
    "signs": ["-0", "+1"],
    "words": ["false", "true"],
    "Words": ["False", "True"],
    "blanks": [" 0", "1 "],
    "numpy": list(np.array([0, 1], "int8")),
    "numpy floats": list(np.array([0, 1], "float32")),
    "numpy booleans": list(np.array([0, 1], bool)),
    "decimal": [Decimal("0.0"), Decimal("1.0")],
}


@pytest.mark.parametrize(("fitted", "scored"), list(itertools.product(BITS, BITS)))
def test_truth_is_known_in_every_spelling(fitted, scored):
    assert LabelIndex(BITS[fitted]).ids(BITS[scored]).tolist() == [0, 1]


CODES = {
    "int": [1, 2, 30],
    "float": [1.0, 2.0, 30.0],
    "text": ["1", "2", "30"],
    "text of floats": ["1.0", "2.0", "3e1"],
    "zeros": ["01", "02", "030"],
}


@pytest.mark.parametrize(("fitted", "scored"), list(itertools.product(CODES, CODES)))
def test_codes_are_known_in_every_spelling(fitted, scored):
    assert LabelIndex(CODES[fitted]).ids(CODES[scored]).tolist() == [0, 1, 2]


def test_a_file_with_fewer_truth_words_than_the_training_data():
    index = LabelIndex(["false", "true", "unknown"])
    assert index.ids([True, False, "Unknown", "unknown "]).tolist() == [1, 0, -1, 2]


def test_truth_is_no_number_where_numbers_are_codes():
    assert LabelIndex([1, 2, 3]).ids([True, "true", 1.0]).tolist() == [-1, -1, 0]
    assert LabelIndex(["true", "false", "maybe"]).ids([1, 0]).tolist() == [-1, -1]


def test_the_same_value_goes_before_the_same_number():
    assert LabelIndex(["7", "007", 7.5]).ids(["007", "7", 7, "7.0", "7.50"]).tolist() == [
        *(1, 0, 0),  # the same text; the number 7 is spelled "7"
        *(-1, 2),  # "7.0" could be either of two
    ]
    assert LabelIndex([1, "1"]).ids(["1", 1, 1.0]).tolist() == [1, 0, -1]


def test_other_texts_differ_by_their_capitals_but_not_by_blanks_around_them():
    assert LabelIndex(["yes", "no"]).ids(["yes ", "Yes", "\tno", "n o"]).tolist() == [0, -1, 1, -1]
    assert LabelIndex(["a", "a "]).ids(["a", "a ", " a"]).tolist() == [0, 1, -1]
    assert LabelIndex([str(date(2024, 1, 2))]).ids(["2024-01-02"]).tolist() == [0]


def test_numbers_beyond_all_measure_are_text():
    assert LabelIndex(["9" * 5000, "1e999"]).ids(["9" * 5000, "1e998"]).tolist() == [0, -1]


def test_missing_labels():
    missing = [None, float("nan"), np.nan, pd.NA, pd.NaT, "", "  "]
    assert all(map(is_missing, missing))
    assert not any(map(is_missing, [0, 0.0, False, "0", "nan", "None"]))
    assert LabelIndex(["a", "nan"]).ids(missing).tolist() == [-1] * len(missing)


def test_labels_become_those_of_the_training_part():
    found = LabelIndex([0, 1]).as_classes(["1", True, "2", None])
    assert found.tolist() == [1, 1, "2", None]
    assert [type(label) for label in found] == [int, int, str, type(None)]


def test_codes_tell_types_apart():
    (true, predicted), labels = codes([1, "1", True], [1, 1.0, 1])
    assert true.tolist() == [0, 1, 2]
    assert predicted.tolist() == [0, 3, 0]
    assert list(labels.values()) == [1, "1", True, 1.0]


def test_categories_of_polars_and_pandas():
    index = LabelIndex(["a", "b"])
    assert index.ids(pl.Series(["a", "b"], dtype=pl.Categorical).to_list()).tolist() == [0, 1]
    assert index.ids(pd.Categorical(["a", None, "b"])).tolist() == [0, -1, 1]
