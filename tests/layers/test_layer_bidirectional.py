"""Inside Bidirectional the fast layers equal the stock ones, with and without masks."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from layer_cases import PAIRS, agree, inputs, masks, results

CASES = [
    ("LSTM", "right", True, True, "concat"),
    ("LSTM", "none", False, False, "sum"),
    ("GRU", "holes", True, False, "ave"),
    ("GRU", "right", False, True, "concat"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "padding", "sequences", "state", "merge"), CASES)
def test_as_stock(cell, padding, sequences, state, merge):
    x, _ = inputs(cell)
    mask = masks()[padding]
    both = []
    for kind in PAIRS[cell]:
        inner = kind(5, return_sequences=sequences, return_state=state)
        layer = keras.layers.Bidirectional(inner, merge_mode=merge)
        layer.build(x.shape)
        draw = np.random.default_rng(5)
        layer.set_weights([draw.normal(size=w.shape, scale=0.4) for w in layer.get_weights()])
        assert type(layer.backward_layer) is kind
        both.append(results(layer, x, **({} if mask is None else {"mask": mask})))
    agree(*both)
