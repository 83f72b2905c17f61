"""Windows are slices of the series, without a copy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.forecasting.series.windows import WindowIndex, Windows


@given(st.lists(st.integers(0, 9), min_size=1, max_size=5), st.integers(1, 4))
def test_a_window_is_identified_by_its_number(counts, stride):
    first = np.cumsum([0, *[50 + c for c in counts]])[:-1]
    index = WindowIndex(first, np.array(counts), stride)
    starts = [f + k * stride for f, count in zip(first, counts, strict=True) for k in range(count)]
    rows = np.arange(index.total)
    assert index.starts(rows).tolist() == starts
    assert index.series(rows).tolist() == np.repeat(np.arange(len(counts)), counts).tolist()


@pytest.mark.parametrize("level", [None, 0, 3])
def test_a_window_is_its_slice_minus_its_level(level):
    flat = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    block = Windows(flat, None, WindowIndex(np.array([0, 20]), np.array([5, 2])), 1, 4, level, 2)
    rows = np.array([6, 0, 4])
    for begin, window in zip([21, 0, 4], block.gather(rows), strict=True):
        expected = flat[begin + 1 : begin + 5].copy()
        if level is not None:
            expected[:, :2] -= flat[begin + level, :2]
        np.testing.assert_array_equal(window, expected)
    assert np.shares_memory(block.flat, flat)


def test_steps_without_a_value_have_no_weight():
    known = np.ones(10, bool)
    known[4] = False
    index = WindowIndex(np.array([0]), np.array([6]))
    block = Windows(np.zeros((10, 1), "float32"), None, index, 2, 3, None, 1, known)
    assert block.step_weights(np.arange(3)).tolist() == [[1, 1, 0], [1, 0, 1], [0, 1, 1]]
