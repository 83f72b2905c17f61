"""Numbers of a step are encoded exactly as the table encoder encodes them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.encoders.scaler import Scaler
from unrolled.schema import Column
from unrolled.sequences.streams.numbers import StepNumbers
from unrolled.sequences.streams.values import ValueEncoder

NUMBERS = st.one_of(
    st.none(),
    st.floats(-1e18, 1e18),
    st.just(math.nan),
    st.integers(-(2**62), 2**62),
    st.booleans(),
    st.floats(-1e3, 1e3, width=32).map(np.float32),
)


def scaler_of(rows, width):
    column = Column(name="x", kind="numbers", width=width)
    return column, Scaler(column).fit([np.array(rows, np.float64).reshape(-1, width)])


@pytest.mark.parametrize("rows", [[1, 2, 5], [1, math.nan, 5], [3, 3], [math.nan]])
@given(values=st.lists(NUMBERS, min_size=1, max_size=4))
def test_single_numbers(rows, values):
    column, scaler = scaler_of(rows, 1)
    numbers = StepNumbers({"x": (ValueEncoder(column, scaler, None), scaler, 0)})
    x = np.zeros((len(values), 1, scaler.size), np.float32)
    numbers.encode([{"x": value} for value in values], x)
    floats = [math.nan if value is None else float(value) for value in values]
    expected = np.stack(scaler.encode([np.array([[value]]) for value in floats]))
    np.testing.assert_array_equal(x, expected)


@given(values=st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4))
def test_lists_of_numbers(values):
    column, scaler = scaler_of([[1, math.nan], [2, 7], [5, 8]], 2)
    numbers = StepNumbers({"x": (ValueEncoder(column, scaler, None), scaler, 0)})
    x = np.zeros((len(values), 1, scaler.size), np.float32)
    floats = [[math.nan if v is None else float(v) for v in pair] for pair in values]
    numbers.encode([{"x": pair} for pair in floats], x)
    expected = np.stack(scaler.encode([np.array([pair]) for pair in floats]))
    np.testing.assert_array_equal(x, expected)
