"""Each architecture is, weight for weight, the stock Keras that everyone would write."""

import numpy as np
import pytest

from unrolled import networks
from unrolled.backend import keras
from unrolled.from_sizes import build
from unrolled.networks import NetworkSpec
from unrolled.settings import Network

layers = keras.layers
CELLS = {"lstm": layers.LSTM, "gru": layers.GRU, "rnn": layers.SimpleRNN}
T, F, U, OUT, H = 6, 4, 3, 2, 5


def facts():
    return np.random.default_rng(0).normal(size=(7, F)).astype("float32")


def rows():
    return np.random.default_rng(0).normal(size=(7, T, F)).astype("float32")


def same(ours, literal, x, *, literal_x=None):
    """Check weights and outputs, after giving the literal network our weights."""
    assert [w.shape for w in ours.weights] == [w.shape for w in literal.weights]
    rng = np.random.default_rng(1)
    ours.set_weights([rng.normal(size=w.shape, scale=0.5) for w in ours.get_weights()])
    literal.set_weights(ours.get_weights())
    said = keras.tree.flatten(ours.predict_on_batch(x))
    theirs = keras.tree.flatten(literal.predict_on_batch(x if literal_x is None else literal_x))
    for a, b in zip(said, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_dense_without_hidden_layers_is_dense():
    literal = keras.Sequential([keras.Input((F,)), layers.Dense(OUT)])
    same(build("one-to-one", f=F, o=OUT, layers=0), literal, facts())


def test_dense_has_relu_layers_before_its_head():
    literal = keras.Sequential(
        [
            keras.Input((F,)),
            layers.Dense(H, activation="relu"),
            layers.Dense(H, activation="relu"),
            layers.Dense(OUT),
        ]
    )
    same(build("one-to-one", f=F, o=OUT, units=H, layers=2), literal, facts())


@pytest.mark.parametrize("cell", CELLS)
def test_one_to_many_repeat_is_repeat_vector_and_every_step(cell):
    literal = keras.Sequential(
        [
            keras.Input((F,)),
            layers.RepeatVector(U),
            CELLS[cell](H, return_sequences=True),
            layers.Dense(OUT),
        ]
    )
    same(build("one-to-many", f=F, u=U, o=OUT, units=H, cell=cell), literal, facts())


@pytest.mark.parametrize("cell", CELLS)
def test_last_is_a_recurrent_layer_and_dense(cell):
    literal = keras.Sequential([keras.Input((T, F)), CELLS[cell](H), layers.Dense(OUT)])
    ours = build("many-to-one", architecture="last", t=T, f=F, o=OUT, units=H, cell=cell)
    same(ours, literal, rows())


def test_last_with_two_bidirectional_layers():
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
            layers.Bidirectional(layers.LSTM(H)),
            layers.Dense(OUT),
        ]
    )
    ours = build(
        "many-to-one", architecture="last", f=F, o=OUT, units=H, layers=2, bidirectional=True
    )
    same(ours, literal, rows())


def test_pooled_read_both_ways_is_the_mean_over_steps():
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
            layers.GlobalAveragePooling1D(),
            layers.Dense(OUT),
        ]
    )
    network = build("many-to-one", architecture="pooled", f=F, o=OUT, units=H, bidirectional=True)
    same(network, literal, rows())


@pytest.mark.parametrize("cell", CELLS)
def test_steps_read_one_way_is_every_step_and_dense(cell):
    literal = keras.Sequential(
        [keras.Input((T, F)), CELLS[cell](H, return_sequences=True), layers.Dense(OUT)]
    )
    ours = build("aligned", t=T, f=F, o=OUT, units=H, cell=cell, bidirectional=False)
    same(ours, literal, rows())


def test_steps_read_both_ways_is_every_step_and_dense():
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
            layers.Dense(OUT),
        ]
    )
    same(build("aligned", f=F, o=OUT, units=H, bidirectional=True), literal, rows())


@pytest.mark.parametrize("cell", CELLS)
def test_tail_is_every_step_cropped_to_the_last(cell):
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            CELLS[cell](H, return_sequences=True),
            layers.Cropping1D((T - U, 0)),
            layers.Dense(OUT),
        ]
    )
    ours = build("unaligned", architecture="tail", t=T, f=F, u=U, o=OUT, units=H, cell=cell)
    same(ours, literal, rows())


def test_tail_may_keep_every_step():
    literal = keras.Sequential(
        [keras.Input((T, F)), layers.LSTM(H, return_sequences=True), layers.Dense(OUT)]
    )
    same(build("unaligned", architecture="tail", t=T, f=F, u=T, o=OUT, units=H), literal, rows())


@pytest.mark.parametrize("t", [T, None], ids=["t known", "t open"])
def test_padded_is_every_step_of_an_input_padded_by_zero_steps(t):
    literal = keras.Sequential(
        [
            keras.Input((T + U, F)),
            layers.LSTM(H, return_sequences=True),
            layers.Cropping1D((T, 0)),
            layers.Dense(OUT),
        ]
    )
    ours = build("unaligned", architecture="padded", t=t, f=F, u=U, o=OUT, units=H)
    x = rows()
    same(ours, literal, x, literal_x=np.pad(x, ((0, 0), (0, U), (0, 0))))


@pytest.mark.parametrize("cell", CELLS)
def test_vector_is_the_last_state_and_one_dense_for_all_outputs(cell):
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            CELLS[cell](H),
            layers.Dense(U * OUT),
            layers.Reshape((U, OUT)),
        ]
    )
    ours = build("unaligned", architecture="vector", t=T, f=F, u=U, o=OUT, units=H, cell=cell)
    same(ours, literal, rows())


@pytest.mark.parametrize("cell", CELLS)
def test_unaligned_repeat_is_encoder_repeat_decoder(cell):
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            CELLS[cell](H),
            layers.RepeatVector(U),
            CELLS[cell](H, return_sequences=True),
            layers.TimeDistributed(layers.Dense(OUT)),
            layers.Activation("linear"),
        ]
    )
    ours = build("unaligned", architecture="repeat", t=T, f=F, u=U, o=OUT, units=H, cell=cell)
    same(ours, literal, rows())


def test_unaligned_repeat_with_two_layers_has_two_on_either_side():
    literal = keras.Sequential(
        [
            keras.Input((T, F)),
            layers.LSTM(H, return_sequences=True),
            layers.LSTM(H),
            layers.RepeatVector(U),
            layers.LSTM(H, return_sequences=True),
            layers.LSTM(H, return_sequences=True),
            layers.TimeDistributed(layers.Dense(OUT)),
            layers.Activation("linear"),
        ]
    )
    same(build("unaligned", f=F, u=U, o=OUT, units=H, layers=2), literal, rows())


IDS, WIDTH = 9, 128  # tokens that come out, and the numbers that stand for one
SAYS = {"ids": {"tokens": True}, "numbers": {}, "numbers that stop": {"stops": True}}
each_cell = pytest.mark.parametrize("cell", CELLS)
each_says = pytest.mark.parametrize("says", SAYS)


def decoder(shape, says, **settings):
    """Return a decoder with what it is given: x, and the outputs one step late."""
    o = IDS if says == "ids" else OUT
    spec = NetworkSpec(shape, u=U, values=F, heads={"y": o}, **SAYS[says])
    rng = np.random.default_rng(2)
    previous = rng.integers(1, IDS, size=(7, U)) if says == "ids" else rng.normal(size=(7, U, OUT))
    x = facts() if shape == "one-to-many" else rows()
    network = Network(architecture="decoder", units=H, **settings)
    return networks.build(spec, network), {"x": x, "previous": previous}


def fed_back(says):
    """Return the input of what was said before."""
    if says == "ids":
        return keras.Input((None,), dtype="int32", name="previous")
    return keras.Input((None, OUT), name="previous")


def taught(x, previous, h, says):
    """Return the model from both inputs to the heads on what a decoder's layers made, h."""
    y = layers.Dense(IDS if says == "ids" else OUT)(h)
    outputs = {"y": y, "stop": layers.Dense(1)(h)} if says == "numbers that stop" else y
    return keras.Model({"x": x, "previous": previous}, outputs)


def attending(x, previous, steps, states, cell, says):
    """Return Luong's decoder of one or more layers over an encoder's steps."""
    h = layers.Embedding(IDS, WIDTH)(previous) if says == "ids" else previous
    for start in states:
        h = CELLS[cell](H, return_sequences=True)(h, initial_state=start)
    context = layers.Attention()([h, steps, layers.Dense(H, use_bias=False)(steps)])
    h = layers.Dense(H, activation="tanh")(layers.Concatenate()([h, context]))
    return taught(x, previous, h, says)


@pytest.mark.representatives(4)
@each_says
@each_cell
@pytest.mark.parametrize("count", [1, 2])
def test_unaligned_decoder_is_an_encoder_whose_states_start_luongs_decoder(cell, says, count):
    ours, given = decoder("unaligned", says, cell=cell, layers=count, bidirectional=False)
    x = steps = keras.Input((T, F), name="x")
    starts = []
    for _ in range(count):
        steps, *states = CELLS[cell](H, return_sequences=True, return_state=True)(steps)
        starts.append(states)
    same(ours, attending(x, fed_back(says), steps, starts, cell, says), given)


@pytest.mark.representatives(4)
@each_says
@each_cell
@pytest.mark.parametrize("count", [1, 2])
def test_unaligned_decoder_joins_the_states_of_both_directions(cell, says, count):
    ours, given = decoder("unaligned", says, cell=cell, layers=count)
    x = steps = keras.Input((T, F), name="x")
    starts = []
    for _ in range(count):
        layer = CELLS[cell](H, return_sequences=True, return_state=True)
        steps, *ends = layers.Bidirectional(layer)(steps)
        half = len(ends) // 2
        starts.append(
            [
                layers.Dense(H, activation="tanh")(layers.Concatenate()([ends[i], ends[half + i]]))
                for i in range(half)
            ]
        )
    same(ours, attending(x, fed_back(says), steps, starts, cell, says), given)


@pytest.mark.representatives(4)
@each_says
@each_cell
@pytest.mark.parametrize("count", [1, 2])
def test_one_to_many_decoder_is_started_by_the_facts_and_given_them_at_every_step(
    cell, says, count
):
    ours, given = decoder("one-to-many", says, cell=cell, layers=count)
    x, previous = keras.Input((F,), name="x"), fed_back(says)
    each = 2 if cell == "lstm" else 1
    starts = [layers.Dense(H, activation="tanh")(x) for _ in range(count * each)]
    fact = layers.RepeatVector(1)(layers.Dense(H)(x))  # b 1 h, the same at every step
    h = layers.Embedding(IDS, H) if says == "ids" else layers.Dense(H)
    h = layers.Add()([h(previous), fact])
    for i in range(count):
        start = starts[i * each : (i + 1) * each]
        h = CELLS[cell](H, return_sequences=True)(h, initial_state=start)
    same(ours, taught(x, previous, h, says), given)
