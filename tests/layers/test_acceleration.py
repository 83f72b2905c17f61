"""`accelerate` replaces the recurrent layers of a model, reports it, and changes nothing else."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from unrolled.errors import SettingError
from unrolled.layers import GRU, LSTM
from unrolled.layers.acceleration import STOCK, accelerate, describe_acceleration, to_stock_layers

layers = keras.layers
BACKEND = keras.backend.backend()
pytestmark = pytest.mark.skipif(BACKEND == "tensorflow", reason="no fast path on TensorFlow")
WORDS = np.array([[3, 4, 5, 6, 7, 1], [2, 3, 0, 0, 0, 0], [0, 0, 4, 4, 2, 1]])


def outputs(model):
    return model.predict(WORDS, verbose=0)


def functional():
    """Embedding, Bidirectional, a nested Sequential, a layer shared by two calls, a cell."""
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 6, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(5, return_sequences=True, name="lstm"), name="both")(x)
    inner = [keras.Input((None, 10)), layers.GRU(4, return_sequences=True, name="inner")]
    x = keras.Sequential(inner, name="nested")(x)
    shared = layers.LSTM(4, return_sequences=True, name="shared")
    x = shared(shared(x))
    x = layers.RNN(layers.GRUCell(4), return_sequences=True, name="cell")(keras.ops.tanh(x))
    x = layers.LSTM(3, activation="elu", return_sequences=True, name="elu")(x)
    x = layers.GRU(3, recurrent_dropout=0.2, name="dropping")(x)
    return keras.Model(words, layers.Dense(2)(x))


@pytest.mark.filterwarnings("ignore:Layer 'nested'")
def test_a_functional_model():
    model = functional()
    fast = accelerate(model)
    assert str(fast.acceleration).splitlines() == [
        "fast   both/forward_lstm: accelerated",
        "fast   both/backward_lstm: accelerated",
        "fast   nested/inner: accelerated",
        "fast   shared: accelerated",
        "fast   cell: accelerated",
        "stock  elu: `activation` is not `tanh` or `recurrent_activation` is not `sigmoid`: "
        "the kernels have these two built in",
        "fast   dropping: accelerated, but stock during training because of its recurrent_dropout",
    ]
    assert type(fast.get_layer("both").forward_layer) is LSTM
    assert type(fast.get_layer("nested").layers[0]) is GRU
    assert type(fast.get_layer("elu")) is layers.LSTM
    assert len(fast.weights) == len(model.weights)
    np.testing.assert_allclose(outputs(fast), outputs(model), atol=1e-6)
    assert type(model.get_layer("shared")) is layers.LSTM
    back = to_stock_layers(fast)
    assert not [layer for layer in back._flatten_layers() if type(layer) in STOCK]
    np.testing.assert_allclose(outputs(back), outputs(model), atol=1e-6)


def test_the_copy_shares_no_weights():
    model = keras.Sequential([keras.Input((6, 1)), layers.LSTM(3)])
    fast = accelerate(model)
    before = model.get_weights()
    fast.set_weights([w + 1 for w in fast.get_weights()])
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_the_state_of_the_optimizer_is_copied():
    x, y = np.ones((4, 6, 1), "float32"), np.ones((4, 3), "float32")
    model = keras.Sequential([keras.Input((6, 1)), layers.LSTM(3)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(x, y, verbose=0)
    fast = accelerate(model)
    assert int(fast.optimizer.iterations) == 1
    losses = [m.fit(x, y, epochs=2, verbose=0).history["loss"] for m in (model, fast)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_adapted_layers_keep_their_state():
    norm = layers.Normalization()
    norm.adapt(np.arange(24.0).reshape(4, 6, 1))
    model = keras.Sequential([keras.Input((6, 1)), norm, layers.LSTM(3)])
    x = np.ones((2, 6, 1), "float32")
    one, other = (keras.ops.convert_to_numpy(m(x)) for m in (model, accelerate(model)))
    np.testing.assert_allclose(one, other, atol=1e-6)


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.inner = layers.LSTM(3)

    def call(self, x):
        return self.inner(x)


class Block(layers.Layer):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.inner = layers.LSTM(3, name="inner")

    def call(self, x):
        return self.inner(x)


class Special(layers.LSTM):
    pass


class Lossy(Block):
    def get_config(self):
        return {"unknown": 1}


class Tuned(keras.Model):
    def train_step(self, *args):
        return super().train_step(*args)


class Tower(keras.Model):
    """A subclassed model with a setting, layers in a list, a wrapper and a layer with a layer."""

    def __init__(self, units=3, **settings):
        super().__init__(**settings)
        self.units = units
        self.embed = layers.Embedding(9, 4, mask_zero=True)
        self.reads = [layers.GRU(units, return_sequences=True, name=f"read_{i}") for i in range(2)]
        self.both = layers.Bidirectional(layers.LSTM(units, return_sequences=True))
        self.block = Block(name="block")

    def get_config(self):
        return {"units": self.units}

    def call(self, words):
        x = self.embed(words)
        for layer in self.reads:
            x = layer(x)
        return self.block(self.both(x))


class Closed(keras.Model):
    def __init__(self, function):
        super().__init__()
        self.inner, self.function = layers.LSTM(3), function

    def call(self, x):
        return self.function(self.inner(x))


@pytest.mark.slow
def test_a_subclassed_model_is_accelerated():
    model = Tower(4)
    expected = outputs(model)
    fast = accelerate(model)
    assert type(fast) is Tower
    assert fast.units == 4
    inner = [*fast.reads, fast.both.forward_layer, fast.both.backward_layer, fast.block.inner]
    assert [type(layer) for layer in inner] == [GRU, GRU, LSTM, LSTM, LSTM]
    np.testing.assert_allclose(outputs(fast), expected, atol=1e-6)
    assert all(row.fast for row in fast.acceleration.layers)
    assert type(model.reads[0]) is layers.GRU
    np.testing.assert_array_equal(outputs(model), expected)
    np.testing.assert_allclose(outputs(to_stock_layers(fast)), expected, atol=1e-6)


def test_a_subclassed_model_without_settings_trains_on_as_it_was():
    x, y = np.ones((4, 6, 1), "float32"), np.ones((4, 3), "float32")
    model = Own()
    model.compile(keras.optimizers.Adam(0.1), "mse")
    model.fit(x, y, verbose=0)
    fast = accelerate(model)
    losses = [m.fit(x, y, epochs=2, verbose=0).history["loss"] for m in (model, fast)]
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_a_subclassed_model_that_cannot_be_rebuilt_is_refused():
    with pytest.raises(SettingError) as error:
        accelerate(Closed(keras.ops.tanh))
    assert str(error.value) == (
        "a Closed cannot be rebuilt from its config: it takes function and has no get_config that"
        " returns their values. Write get_config and from_config that restore it, or use"
        " unrolled.layers.LSTM and GRU in its own code instead."
    )


def test_a_subclassed_model_whose_config_restores_another_is_refused():
    class Wrong(keras.Model):
        def __init__(self, units):
            super().__init__()
            self.head = layers.Dense(units)

        def call(self, x):
            return self.head(x)

        def get_config(self):
            return {"units": 3}

    model = Wrong(2)
    model.build((None, 4))
    with pytest.raises(SettingError, match="a Wrong that was rebuilt has other weights than the"):
        accelerate(model)


def stack_of_cells(**settings):
    cells = [layers.LSTMCell(4, dropout=0.1), layers.GRUCell(3), layers.LSTMCell(5)]
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(9, 6, mask_zero=True)(words)
    x = layers.RNN(layers.StackedRNNCells(cells), name="stack", **settings)(x)
    if settings.get("return_sequences"):  # a layer that needs the mask as well
        x = layers.LSTM(3, name="above")(x)
    return keras.Model(words, layers.Dense(2)(x))


@pytest.mark.parametrize(
    "settings", [{"return_sequences": True}, {}, {"zero_output_for_mask": True}], ids=str
)
@pytest.mark.representatives(1)
@pytest.mark.filterwarnings("error:.*does not support masking")
def test_stacked_cells_become_a_stack_of_layers(settings):
    model = stack_of_cells(**settings)
    fast = accelerate(model)
    first, *_ = str(fast.acceleration).splitlines()
    assert first == "fast   stack: accelerated, as a stack of 3 layers"
    assert [type(layer) for layer in fast.get_layer("stack").layers] == [LSTM, GRU, LSTM]
    np.testing.assert_allclose(outputs(fast), outputs(model), atol=1e-6)
    losses = []
    for either in (model, fast):  # Keras weighs the loss by the mask of the output
        either.compile(loss="mse")
        losses.append(either.evaluate(WORDS, np.ones((3, 2)), verbose=0))
    np.testing.assert_allclose(*losses, rtol=1e-5)


def test_stacked_cells_that_a_stack_cannot_replace_stay_and_say_why():
    cells = [layers.LSTMCell(4), layers.SimpleRNNCell(3)]
    x = keras.Input((6, 2))
    simple = layers.RNN(layers.StackedRNNCells(cells), name="simple")(x)
    cells = [layers.LSTMCell(4), layers.LSTMCell(3)]
    states, *_ = layers.RNN(layers.StackedRNNCells(cells), return_state=True, name="states")(x)
    cells = [layers.LSTMCell(4), layers.LSTMCell(3)]
    back = layers.RNN(layers.StackedRNNCells(cells), go_backwards=True, name="back")(x)
    model = keras.Model(x, [simple, states, back])
    rows = {row.path: (row.fast, row.why) for row in accelerate(model).acceleration.layers}
    assert rows == {
        "simple": (False, "one of its cells is a SimpleRNNCell, not an LSTMCell or GRUCell"),
        "states": (
            False,
            "it stacks cells and has states outside, which a stack of layers does not have",
        ),
        "back": (
            False,
            "it stacks cells and runs backwards, where a mask would not fit the second layer",
        ),
    }


def test_a_layer_that_cannot_be_rebuilt_is_named():
    model = keras.Sequential([keras.Input((6, 1)), Lossy(name="lossy")])
    with pytest.raises(SettingError, match="the layer 'lossy' \\(Lossy\\) cannot be rebuilt"):
        accelerate(model)


def test_a_custom_train_step_is_kept():
    x = keras.Input((6, 1))
    assert type(accelerate(Tuned(x, layers.LSTM(3)(x)))) is Tuned


def test_the_report_says_why_a_layer_is_not_accelerated():
    model = keras.Sequential([keras.Input((6, 1)), Special(3, return_sequences=True, name="own")])
    model.add(layers.SimpleRNN(3, return_sequences=True, name="simple"))
    model.add(Block(name="block"))
    rows = {row.path: (row.fast, row.why) for row in describe_acceleration(model).layers}
    assert rows["own"] == (False, "a Special may compute something else than an LSTM or GRU")
    assert rows["simple"] == (
        False,
        "a SimpleRNN has no gates, and the fast kernels are those of LSTM and GRU",
    )
    assert rows["block/inner"] == (True, "accelerated")
    assert "no LSTM or GRU" in str(describe_acceleration(keras.Sequential([layers.Dense(1)])))


def test_the_report_says_that_a_layer_was_already_fast():
    model = keras.Sequential([keras.Input((6, 1)), LSTM(3, name="a")])
    assert str(accelerate(model).acceleration) == "fast   a: was already fast"
