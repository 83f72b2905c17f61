"""The fast layers have the outputs, states and gradients of stock Keras in all combinations."""

from __future__ import annotations

import pytest
from layer_cases import PAIRS, agree, covering, inputs, masks, results, twins

FLAGS = {
    "padding": ("none", "right", "left", "holes"),
    "return_sequences": (False, True),
    "return_state": (False, True),
    "go_backwards": (False, True),
    "zero_output_for_mask": (False, True),
    "use_bias": (True, False),
    "initial_state": (False, True),
}
LSTM_CASES = covering(FLAGS)
GRU_CASES = covering({**FLAGS, "reset_after": (True, False)})


def ids(case):
    on = [name for name, value in case.items() if value is True]
    return "-".join([case["padding"], *on])


def check(cell, case):
    settings = {k: v for k, v in case.items() if k not in ("padding", "initial_state")}
    fast, stock = twins(cell, **settings)
    x, states = inputs(cell)
    states = states if case["initial_state"] else None
    mask = masks()[case["padding"]]
    call = {} if mask is None else {"mask": mask}
    expected = results(stock, x, states, **call)
    agree(results(fast, x, states, **call), expected)
    if case["padding"] == "right":
        agree(results(fast, x, states, lengths=mask.sum(1)), expected)


@pytest.mark.parametrize("case", LSTM_CASES, ids=ids)
def test_lstm(case):
    check("LSTM", case)


@pytest.mark.parametrize("case", GRU_CASES, ids=ids)
def test_gru(case):
    check("GRU", case)


def test_every_pair_of_flags_is_among_the_cases():
    for one in FLAGS["padding"]:
        for back in (False, True):
            assert any(c["padding"] == one and c["go_backwards"] == back for c in GRU_CASES)


@pytest.mark.parametrize("cell", PAIRS)
def test_a_wrong_weight_is_noticed(cell):
    """The comparison itself can fail."""
    fast, stock = twins(cell)
    x, states = inputs(cell)
    weights = fast.get_weights()
    weights[1][0, 0] += 1e-2
    fast.set_weights(weights)
    with pytest.raises(AssertionError):
        agree(results(fast, x, states), results(stock, x, states))
