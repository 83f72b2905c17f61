"""A new architecture is a builder and one row of the registry: nothing else knows its name."""

import numpy as np
import pytest

import unrolled
from unrolled.backend import keras
from unrolled.networks import Architecture, architectures
from unrolled.networks.building_blocks import output_heads, recurrent_layers
from unrolled.settings import Training


def first_and_last(context):
    """Build recurrent layers, whose first and last states are the input of the output layer."""
    x = recurrent_layers(context.x, context, sequences=True, mask=context.mask)  # b t h
    return output_heads(keras.layers.Concatenate()([x[:, 0], x[:, -1]]), context)


TOY = Architecture(
    "many-to-one",
    "ends",
    first_and_last,
    layers="LSTM(every step) -> first and last state -> Dense",
    picture=("input steps", "every state", "one output"),
    caption="The first and the last state are all that the output reads.",
    guide="For rows whose meaning is at both ends.",
)
SIZES = {"architecture": "ends", "t": 3, "f": 2, "o": 1, "units": 4}


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(architectures, "ARCHITECTURES", (*architectures.ARCHITECTURES, TOY))


def test_it_is_built():
    model = unrolled.build("many-to-one", **SIZES)
    assert (model.input_shape, model.output_shape) == ((None, 3, 2), (None, 1))
    assert model(np.zeros((5, 3, 2), "float32")).shape == (5, 1)


def test_it_is_drawn():
    picture = unrolled.diagram("many-to-one", **SIZES)
    lines = picture.text.splitlines()
    assert lines[0] == "many-to-one · ends · LSTM"
    assert TOY.caption in " ".join(picture.text.split())
    assert [label for label in ("x1", "x3", "h1", "h3", " y ") if label not in picture.text] == []
    assert picture.svg.startswith("<svg")


def test_it_is_printed():
    assert unrolled.code("many-to-one", **SIZES) == (
        "import keras\n"
        "from keras import layers\n"
        "\n"
        "x = keras.Input((3, 2))  # b 3 2\n"
        "h = layers.LSTM(4, return_sequences=True)(x)  # b 3 4\n"
        "h2 = h[:, 0]  # b 4\n"
        "h = h[:, -1]  # b 4\n"
        "h = layers.Concatenate()([h2, h])  # b 8\n"
        "y = layers.Dense(1)(h)  # b 1\n"
        "model = keras.Model(x, y)\n"
    )


def test_it_is_listed():
    assert "architectures: last, pooled, ends" in unrolled.glance()
    page = unrolled.show("many-to-one", **SIZES)
    assert page.startswith("many-to-one · ends · LSTM\n")
    assert TOY.guide in page
    other = unrolled.show("many-to-one", t=3)
    assert "Other architectures of many-to-one: pooled, ends." in other.splitlines()
    with pytest.raises(unrolled.errors.SettingError, match="Its architectures are last, pooled, e"):
        unrolled.build("many-to-one", architecture="end")


def test_it_is_trained_and_saved(tmp_path):
    random = np.random.default_rng(0)
    rows = random.normal(size=(40, 3, 2))
    model = unrolled.SequenceModel(
        network=unrolled.Network(architecture="ends", units=4),
        training=Training(epochs=1, verbose=False),
    )
    model.fit(rows, rows[:, 0, 0])
    predictions = model.predict(rows)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(unrolled.load(tmp_path / "model").predict(rows), predictions)
