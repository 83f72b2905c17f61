"""Decoding of numbers: the values of a simple loop, and rows that stop by themselves."""

import numpy as np
import pytest

from unrolled.errors import SettingError
from unrolled.inference.decoding import decode_numbers

RATES = np.array([[0.5], [2.0], [-1.0]], "float32")  # b 1
FIRST = np.array([[8.0, 1.0], [1.0, 3.0], [2.0, 0.0]], "float32")  # b o


def grow(previous, states, memory):
    """Multiply by a rate and add the number of steps so far."""
    return previous * memory["rate"] + states["count"], {"count": states["count"] + 1.0}


def until(limit):
    """Return a step that is the last when a row's first number would leave -limit..limit."""

    def step(previous, states, memory):
        new, states = grow(previous, states, memory)
        over = np.where(np.abs(new[:, :1]) >= limit, np.float32(5.0), np.float32(-5.0))
        return np.concatenate([new, over], axis=1), states

    return step


def simple_loop(row, max_steps):
    value, values = FIRST[row], []
    for steps in range(max_steps):
        value = value * RATES[row] + steps
        values.append(value)
    return np.array(values)


def parts():
    return {"count": np.zeros((3, 1), "float32")}, {"rate": RATES}


def test_each_value_is_the_input_of_the_next_step():
    generated = decode_numbers(grow, *parts(), first=FIRST, max_steps=4)
    np.testing.assert_allclose(
        generated.values, [simple_loop(row, 4) for row in range(3)], rtol=1e-6
    )
    assert generated.lengths.tolist() == [4, 4, 4]
    assert generated.ended.tolist() == [True, True, True]


def test_a_row_that_stops_is_zero_after_its_last_step():
    generated = decode_numbers(until(20.0), *parts(), first=FIRST, max_steps=6, stop=0.5)
    lengths = generated.lengths
    assert lengths.tolist() == [6, 4, 6]  # 2, 5, 12, 27
    assert generated.ended.tolist() == [False, True, False]
    for row, length in enumerate(lengths):
        np.testing.assert_allclose(
            generated.values[row, :length], simple_loop(row, length), rtol=1e-6
        )
        assert not generated.values[row, length:].any()


@pytest.mark.parametrize(("stop", "length"), [(0.99, 1), (0.995, 5)])
def test_stop_is_a_probability(stop, length):
    """The logit of 5 is a probability of 0.9933."""
    generated = decode_numbers(until(0.0), *parts(), first=FIRST, max_steps=5, stop=stop)
    assert generated.lengths.tolist() == [length] * 3


def test_the_loop_ends_with_the_last_row(counted):
    step, count = counted(until(3.0))
    generated = decode_numbers(step, *parts(), first=FIRST, max_steps=50, stop=0.5)
    assert count() == generated.lengths.max() < 50


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_steps": 0}, "a decoder needs at least one step, but max_steps is 0. Raise it."),
        (
            {"max_steps": 2, "stop": 1.0},
            "stop is 1.0, but a probability lies between 0 and 1. Choose one, or None.",
        ),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(options, text):
    with pytest.raises(SettingError) as caught:
        decode_numbers(grow, *parts(), first=FIRST, **options)
    assert str(caught.value) == text
