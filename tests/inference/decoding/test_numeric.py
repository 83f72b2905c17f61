"""Numbers that are fed back: the values of a plain loop, and rows that stop themselves."""

import numpy as np
import pytest
from decoders import ops

from unrolled.errors import SettingError
from unrolled.inference.decoding import decode_numbers

RATES = np.array([[0.5], [2.0], [-1.0]], "float32")  # b 1
FIRST = np.array([[8.0, 1.0], [1.0, 3.0], [2.0, 0.0]], "float32")  # b o


def grown(previous, states, memory):
    """Multiply by a rate and add how many steps there were."""
    return previous * memory + states, states + 1.0


def until(limit):
    """Return the step that is the last when a row's first number would leave -limit..limit."""

    def step(previous, states, memory):
        new, states = grown(previous, states, memory)
        over = ops.where(ops.abs(new[:, :1]) >= limit, 5.0, -5.0)
        return ops.concatenate([new, over], axis=1), states

    return step


def by_hand(row, most):
    value, made = FIRST[row], []
    for steps in range(most):
        value = value * RATES[row] + steps
        made.append(value)
    return np.array(made)


def counts():
    return np.zeros((3, 1), "float32")


def test_each_value_makes_the_next():
    made = decode_numbers(grown, counts(), RATES, first=FIRST, most=4)
    np.testing.assert_allclose(made.values, [by_hand(row, 4) for row in range(3)], rtol=1e-6)
    assert ops.convert_to_numpy(made.lengths).tolist() == [4, 4, 4]
    assert ops.convert_to_numpy(made.ended).tolist() == [True, True, True]


def test_a_row_that_stops_is_zero_after_its_last_step():
    made = decode_numbers(until(20.0), counts(), RATES, first=FIRST, most=6, stop=0.5)
    lengths = ops.convert_to_numpy(made.lengths)
    assert lengths.tolist() == [6, 4, 6]  # 2, 5, 12, 27
    assert ops.convert_to_numpy(made.ended).tolist() == [False, True, False]
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(made.values[row, :length], by_hand(row, length), rtol=1e-6)
        assert not ops.convert_to_numpy(made.values)[row, length:].any()


@pytest.mark.parametrize(("stop", "length"), [(0.99, 1), (0.995, 5)])
def test_stop_is_a_probability(stop, length):
    """The logit of 5 is a probability of 0.9933."""
    made = decode_numbers(until(0.0), counts(), RATES, first=FIRST, most=5, stop=stop)
    assert ops.convert_to_numpy(made.lengths).tolist() == [length] * 3


def test_the_loop_ends_with_the_last_row(counted):
    step, count = counted(until(3.0))
    made = decode_numbers(step, counts(), RATES, first=FIRST, most=50, stop=0.5)
    assert count() == int(ops.max(made.lengths)) < 50


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"most": 0}, "got most=0, expected at least 1 step. Raise it."),
        (
            {"most": 2, "stop": 1.0},
            "got stop=1.0, expected a probability between 0 and 1, or None.",
        ),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(how, text):
    with pytest.raises(SettingError) as caught:
        decode_numbers(grown, counts(), RATES, first=FIRST, **how)
    assert str(caught.value) == text
