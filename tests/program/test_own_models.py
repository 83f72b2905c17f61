"""Models that users build themselves: equal to Keras, or refused by name."""

import numpy as np
import pytest
from compare import assert_same_as_keras

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.runtime.network import runner_of

layers, ops = keras.layers, keras.ops
T, F, H = 5, 3, 4


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def padded(b=4, t=T, *, at_end=True):
    """Return rows with steps of zeros, which Masking leaves out."""
    x = numbers(b, t, F)
    real = np.arange(t) < np.array([t, 1, t - 1, max(t - 2, 1)])[:b, None]
    return np.where((real if at_end else real[:, ::-1])[..., None], x, 0).astype("float32")


def ids(b=4, t=T):
    """Return rows of ids that end with zeros."""
    rows = np.random.default_rng(0).integers(1, 7, (b, t)).astype("int32")
    rows[-1, 1:] = 0
    return rows


def of_steps(*inner):
    """Return a model of layers one after another, from steps of numbers."""
    x = y = keras.Input((None, F), name="x")
    for layer in inner:
        y = layer(y)
    return keras.Model(x, y)


MASKED = {
    "masking": lambda: (layers.Masking(), layers.LSTM(H)),
    "masking, every step": lambda: (layers.Masking(), layers.LSTM(H, return_sequences=True)),
    "masking by another value": lambda: (layers.Masking(mask_value=0.5), layers.GRU(H)),
    "through dense and dropout": lambda: (
        layers.Masking(),
        layers.Dense(H, activation="tanh"),
        layers.Dropout(0.3),
        layers.GRU(H, return_sequences=True),
        layers.Activation("relu"),
        layers.ReLU(),
        layers.SimpleRNN(H),
    ),
    "time distributed": lambda: (
        layers.Masking(),
        layers.TimeDistributed(layers.Dense(H)),
        layers.LSTM(H),
    ),
    "layer normalization": lambda: (layers.Masking(), layers.LayerNormalization(), layers.LSTM(H)),
    "mean of real steps": lambda: (
        layers.Masking(),
        layers.LSTM(H, return_sequences=True),
        layers.GlobalAveragePooling1D(),
    ),
    "maximum of all steps": lambda: (
        layers.Masking(),
        layers.LSTM(H, return_sequences=True),
        layers.GlobalMaxPooling1D(),
    ),
    "backwards": lambda: (layers.Masking(), layers.LSTM(H, go_backwards=True)),
    "backwards, every step": lambda: (
        layers.Masking(),
        layers.GRU(H, go_backwards=True, return_sequences=True),
    ),
    "no bias": lambda: (layers.Masking(), layers.GRU(H, use_bias=False, reset_after=False)),
    "zeros at padded steps": lambda: (
        layers.Masking(),
        layers.LSTM(H, return_sequences=True, zero_output_for_mask=True),
    ),
}
MERGES = ("concat", "sum", "ave", "mul")


@pytest.mark.representatives(4)
@pytest.mark.parametrize("name", MASKED)
def test_masks_that_keras_passes_on(name):
    model = of_steps(*MASKED[name]())
    assert_same_as_keras(model, (padded(),), (padded(at_end=False),), (padded(1, 1),))


@pytest.mark.slow
@pytest.mark.parametrize("merge", MERGES)
@pytest.mark.parametrize("sequences", [True, False])
def test_every_way_of_merging_two_directions(merge, sequences):
    inner = layers.GRU(H, return_sequences=sequences)
    model = of_steps(layers.Masking(), layers.Bidirectional(inner, merge_mode=merge))
    assert_same_as_keras(model, (padded(),), (padded(2, 1),))


def test_two_directions_side_by_side_and_their_states():
    x = keras.Input((None, F), name="x")
    both = layers.Bidirectional(layers.LSTM(H, return_sequences=True), merge_mode=None)(x)
    wrapper = layers.Bidirectional(layers.LSTM(H, return_state=True))
    model = keras.Model(x, [*both, *wrapper(x)])
    assert_same_as_keras(model, (numbers(3, T, F),))


def test_embedding_that_masks_zeros():
    x = keras.Input((None,), dtype="int32", name="x")
    steps = layers.LSTM(H, return_sequences=True)(layers.Embedding(7, F, mask_zero=True)(x))
    model = keras.Model(x, [steps, layers.GlobalAveragePooling1D()(steps)])
    assert_same_as_keras(model, (ids(),), (ids(1, 1),))


def test_masks_of_tensors_side_by_side_are_joined():
    x, z = (keras.Input((None,), dtype="int32", name=name) for name in "xz")
    embedding = layers.Embedding(7, F, mask_zero=True)
    joined = layers.Concatenate()([embedding(x), embedding(z), layers.Embedding(7, 2)(z)])
    model = keras.Model([x, z], layers.LSTM(H, return_sequences=True)(joined))
    assert_same_as_keras(model, (ids(), ids()[[1, 0, 2, 3]]))


def test_the_mean_of_tensors_counts_a_step_that_counts_in_one_of_them():
    x, z = (keras.Input((None,), dtype="int32", name=name) for name in "xz")
    embedding = layers.Embedding(7, F, mask_zero=True)
    joined = layers.Average()([embedding(x), embedding(z)])
    same = layers.Average()([layers.Dense(F)(embedding(x)), embedding(x)])
    open_ended = layers.Average()([embedding(x), layers.Embedding(7, F)(z)])
    ends = [layers.LSTM(H, return_sequences=True)(y) for y in (joined, same, open_ended)]
    assert_same_as_keras(keras.Model([x, z], ends), (ids(), ids()[[1, 0, 2, 3]]))


def test_states_that_a_list_gives():
    x, h, c = keras.Input((None, F)), keras.Input((H,)), keras.Input((H,))
    lstm = layers.LSTM(H, return_state=True)(x, initial_state=[h, c])
    gru = layers.GRU(H)(x, initial_state=h)
    both = layers.Bidirectional(layers.LSTM(H))(x, initial_state=[h, c, c, h])
    model = keras.Model([x, h, c], [*lstm, gru, both])
    assert_same_as_keras(model, (numbers(2, T, F), numbers(2, H), numbers(2, H, seed=1)))


def test_layers_that_are_called_twice_have_the_same_weights():
    x, z = keras.Input((None, F)), keras.Input((None, F))
    encoder, head = layers.LSTM(H), layers.Dense(2, activation="softmax")
    ends = [head(encoder(x)), head(encoder(z))]
    model = keras.Model([x, z], [*ends, layers.Subtract()(ends)])
    assert_same_as_keras(model, (numbers(2, T, F), numbers(2, 3, F)))


def test_layers_that_change_axes():
    x = keras.Input((6, F))
    y = layers.Cropping1D((1, 2))(x)  # b 3 f
    joined = layers.Concatenate(axis=1)([y, layers.ZeroPadding1D((0, 1))(y)])  # b 7 f
    last = layers.RepeatVector(2)(layers.Flatten()(layers.Permute((2, 1))(joined)))
    model = keras.Model(x, [joined, layers.Reshape((-1, 2))(last), joined[:, ::-1], joined[:, -1]])
    assert_same_as_keras(model, (numbers(2, 6, F),))


def test_joins_of_tensors():
    x, z = keras.Input((T, F)), keras.Input((T, F))
    kinds = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")
    ends = [getattr(layers, kind)()([x, z]) for kind in kinds]
    model = keras.Model([x, z], [*ends, layers.Dot(axes=(2, 2))([x, z]), x * z - x / 2 + z])
    assert_same_as_keras(model, (numbers(2, T, F), numbers(2, T, F, seed=1)))


def test_attention_with_masks_of_both_sides():
    x, z = keras.Input((None, F)), keras.Input((None, F))
    masked, other = layers.Masking()(x), layers.Masking()(z)
    read, weights = layers.Attention()([masked, other], return_attention_scores=True)
    model = keras.Model([x, z], [read, weights, layers.LSTM(H)(read)])
    assert_same_as_keras(model, (padded(), padded(t=7)))


def test_functions_drop_the_mask_as_keras_does():
    x = keras.Input((None, F))
    y = layers.Masking()(x)
    model = keras.Model(x, [layers.LSTM(H)(y * 2.0), layers.LSTM(H)(ops.exp(y))])
    assert_same_as_keras(model, (padded(),))


def test_a_sequential_model():
    model = keras.Sequential(
        [keras.Input((None, F)), layers.LSTM(H, return_sequences=True), layers.Dense(1)]
    )
    assert_same_as_keras(model, (numbers(2, T, F),))


REFUSED = {
    "BatchNormalization": lambda x: layers.BatchNormalization()(x),
    "LeakyReLU": lambda x: layers.LeakyReLU()(x),
    "MultiHeadAttention": lambda x: layers.MultiHeadAttention(2, 2)(x, x),
    "ConvLSTM1D": lambda x: layers.ConvLSTM1D(2, 1)(layers.Reshape((T, F, 1))(x)),
    "RNN": lambda x: layers.RNN(layers.LSTMCell(H))(x),
    "Functional": lambda x: of_steps(layers.Dense(2))(x),
    "Flip": lambda x: ops.flip(x, axis=1),
    "gelu": lambda x: layers.Dense(2, activation="gelu")(x),
    "has the activation": lambda x: layers.Dense(2, activation=lambda y: y + 1)(x),
    "stateful": lambda x: layers.LSTM(H, unroll=True)(x),
    "has a maximum": lambda x: layers.ReLU(max_value=1)(x),
    "different numbers of axes": lambda x: layers.Add()([x, layers.Dense(F)(x[:, 0])]),
    "joins tensors that have masks": lambda x: layers.Add()([layers.Masking()(x), x]),
    "computes in float16": lambda x: layers.Dense(2, dtype="mixed_float16")(x),
    "reads the constant": lambda x: x + np.ones((1, T, F), "float32"),
    "several axes": lambda x: ops.expand_dims(x, (1, 2)),
    "reduces the batch": lambda x: ops.sum(x, axis=0),
    "contains a Conv1D": lambda x: layers.TimeDistributed(layers.Conv1D(2, 1))(
        layers.Reshape((T, F, 1))(x)
    ),
}


@pytest.mark.parametrize("words", REFUSED)
def test_what_a_program_does_not_have_is_refused_by_name(words):
    x = keras.Input((T, F), batch_size=None, name="x")
    model = keras.Model(x, REFUSED[words](x))
    with pytest.raises(SettingError, match=words):
        runner_of(model, ["y"])


def test_an_activation_of_the_users_own_with_a_known_name_is_refused():
    def relu(y):
        return y * 2

    x = keras.Input((F,))
    with pytest.raises(SettingError, match="activation relu"):
        runner_of(keras.Model(x, layers.Dense(2, activation=relu)(x)), ["y"])


def test_inputs_of_another_type_are_refused():
    x = keras.Input((F,), dtype="float64")
    with pytest.raises(SettingError, match="float64"):
        runner_of(keras.Model(x, layers.Flatten()(x)), ["y"])
