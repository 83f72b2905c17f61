"""States and gates: those of a loop over the readable step, and of Keras."""

import numpy as np
import pytest

from unrolled.backend import keras
from unrolled.program.operations import GRU, LSTM, SimpleRNN
from unrolled.runtime.network import runner_of
from unrolled.runtime.states import compute_states, layer_states

B, T, F, H = 4, 6, 3, 5
KINDS = {
    "lstm": LSTM(),
    "lstm of other activations": LSTM(activation="relu", recurrent_activation="hard_sigmoid"),
    "gru": GRU(),
    "gru, reset before": GRU(reset_after=False),
    "rnn": SimpleRNN(),
}


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(0, 0.6, shape).astype("float32")


def weights_of(operation, *, bias=True):
    width = operation.gate_count * H
    weights = [numbers(F, width), numbers(H, width, seed=1)]
    return [*weights, numbers(*operation.bias_shape(H), seed=2)] if bias else weights


def masks():
    real = np.arange(T) < np.array([T, 1, 4, 0])[:, None]
    gaps = np.ones((B, T), bool)
    gaps[1, 2:4] = gaps[2, 0] = False
    return {"no mask": None, "padded": real, "padded before": real[:, ::-1], "gaps": gaps}


def by_hand(operation, x, mask, states, weights):
    """Run step after step and keep the states and gates of each."""
    kept = {}
    for t in reversed(range(T)) if operation.reverse else range(T):
        new, gates = operation.step(x[:, t], states, weights)
        real = np.ones((B, 1), bool) if mask is None else mask[:, t, None]
        states = [np.where(real, n, s) for n, s in zip(new, states, strict=True)]
        for name, array in {**dict(zip("hc", states, strict=False)), **gates}.items():
            kept.setdefault(name, np.empty((B, T, H), "float32"))[:, t] = np.where(
                real, array, np.nan
            )
    return kept


@pytest.mark.parametrize("mask", masks())
@pytest.mark.parametrize("reverse", [False, True], ids=["", "reverse"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_state_and_gate_is_that_of_a_loop(kind, reverse, mask):
    operation = type(KINDS[kind])(**{**vars(KINDS[kind]), "reverse": reverse})
    x, real, weights = numbers(B, T, F), masks()[mask], weights_of(operation)
    states = [numbers(B, H, seed=3 + i) for i in range(operation.state_count)]
    found = layer_states(operation, [x, real, *states], weights)
    expected = by_hand(operation, x, real, states, weights)
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == np.float32
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_the_gates_of_an_lstm_make_its_cell_and_its_output(bias):
    operation = LSTM()
    arrays = layer_states(operation, [numbers(B, T, F), None], weights_of(operation, bias=bias))
    i, f, g, o, c, h = (arrays[name] for name in "ifgoch")
    before = np.concatenate([np.zeros((B, 1, H)), c[:, :-1]], axis=1)
    np.testing.assert_allclose(c, f * before + i * g, atol=1e-6)
    np.testing.assert_allclose(h, o * np.tanh(c), atol=1e-6)
    assert list(arrays) == ["h", "c", "i", "f", "g", "o"]


def test_the_gates_of_a_gru_make_its_output():
    arrays = layer_states(GRU(), [numbers(B, T, F), None], weights_of(GRU()))
    z, n, h = (arrays[name] for name in "znh")
    before = np.concatenate([np.zeros((B, 1, H)), h[:, :-1]], axis=1)
    np.testing.assert_allclose(h, z * before + (1 - z) * n, atol=1e-6)


def test_rows_without_steps_and_one_step():
    for t in (0, 1):
        for operation in KINDS.values():
            arrays = layer_states(operation, [numbers(2, t, F), None], weights_of(operation))
            assert {a.shape for a in arrays.values()} == {(2, t, H)}


def test_the_states_of_a_network_are_the_outputs_of_the_layers_of_keras():
    layers = keras.layers
    x = keras.Input((None, F), name="x")
    previous = keras.Input((None, 2), name="previous")
    masked = layers.Masking()(x)
    inner = layers.LSTM(H, return_sequences=True, return_state=True, name="both")
    wrapper = layers.Bidirectional(inner, merge_mode=None)
    first, second, h, c, *_ = wrapper(masked)
    joined = layers.Concatenate()([first, second])
    stacked = layers.GRU(H, return_sequences=True, name="stacked")(joined)
    decoded = layers.LSTM(H, return_sequences=True, name="decoder")(previous, initial_state=[h, c])
    ends = [layers.Dense(1)(stacked), layers.Dense(1)(decoded)]
    model = keras.Model([x, previous], ends)
    rows = numbers(B, T, F)
    rows[1, 2:] = 0
    runner = runner_of(model, ["y"])
    inputs = {"x": rows, "previous": numbers(B, 2, 2)}
    found = compute_states(runner.graph, inputs, runner._weights.arrays())
    outputs = keras.Model([x, previous], [first, second, stacked, decoded])
    expected = outputs(list(inputs.values()))
    names = ["forward_both", "backward_both", "stacked", "decoder"]
    assert set(found) == set(names)
    for layer, array in zip((found[name] for name in names), expected, strict=True):
        real = np.isfinite(layer.arrays["h"])
        np.testing.assert_allclose(layer.arrays["h"][real], np.asarray(array)[real], atol=1e-5)
    lengths = [list(found[name].lengths) for name in names]
    assert lengths == [[T, 2, T, T]] * 3 + [[2] * B]
    assert found["stacked"].reads == {"x"}
    assert found["decoder"].reads == {"x", "previous"}
    assert np.isnan(found["stacked"].arrays["z"][1, 2:]).all()
