"""A keras.Model of the user's own as one ONNX file, proved against Keras."""

import numpy as np
import onnxruntime
import pytest

import unrolled
from unrolled.backend import keras
from unrolled.errors import ArtifactError, MissingExtraError, SettingError
from unrolled.export import operations
from unrolled.program import operations as op

layers = keras.layers
T, F, H = 5, 3, 4


def of_steps(*inner):
    """Return a model of layers one after another, from steps of numbers."""
    x = y = keras.Input((None, F), name="x")
    for layer in inner:
        y = layer(y)
    return keras.Model(x, y)


def of_ids(*inner):
    """Return a model of layers one after another, from ids."""
    x = y = keras.Input((None,), dtype="int32", name="ids")
    for layer in (layers.Embedding(7, F, mask_zero=True), *inner):
        y = layer(y)
    return keras.Model(x, y)


def two_inputs():
    """Return a model with attention, states and several outputs."""
    x, z = keras.Input((None, F), name="x"), keras.Input((T, F), name="z")
    masked = layers.Masking()(x)
    steps, h, c = layers.LSTM(H, return_sequences=True, return_state=True)(masked)
    read = layers.Attention()([layers.LSTM(H, return_sequences=True)(z), steps])
    both = layers.Bidirectional(layers.LSTM(H))(x, initial_state=[h, c, c, h])
    return keras.Model({"x": x, "z": z}, {"read": read, "both": both, "last": h})


MODELS = {
    "masked, every step": lambda: of_steps(layers.Masking(), layers.LSTM(H, return_sequences=True)),
    "masked, backwards": lambda: of_steps(
        layers.Masking(), layers.GRU(H, go_backwards=True, return_sequences=True)
    ),
    "masked, the last of a stack": lambda: of_steps(
        layers.Masking(),
        layers.GRU(H, return_sequences=True, reset_after=False),
        layers.SimpleRNN(H, activation="relu"),
        layers.Dense(2, activation="softmax"),
    ),
    "zeros at padded steps": lambda: of_steps(
        layers.Masking(), layers.LSTM(H, return_sequences=True, zero_output_for_mask=True)
    ),
    "ids in both directions": lambda: of_ids(
        layers.Bidirectional(layers.LSTM(H, return_sequences=True)),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1),
    ),
    "another activation": lambda: of_steps(
        layers.LSTM(H, activation="softsign", recurrent_activation="hard_sigmoid"),
        layers.Dense(3, activation="silu"),
    ),
    "convolution and normalization": lambda: of_steps(
        layers.Conv1D(H, 3, padding="same", activation="relu"),
        layers.Conv1D(H, 2, padding="causal", dilation_rate=2),
        layers.LayerNormalization(),
        layers.GlobalMaxPooling1D(),
    ),
    "two inputs": two_inputs,
    "sequential": lambda: keras.Sequential(
        [keras.Input((F,)), layers.Dense(4, activation="elu"), layers.Dense(1)]
    ),
}


@pytest.mark.representatives(1)
@pytest.mark.parametrize("name", MODELS)
def test_models_are_exported_with_their_proof(name, tmp_path):
    model = MODELS[name]()
    path = unrolled.export_keras(model, tmp_path / "model.onnx")
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert {x.shape[0] for x in session.get_inputs()} == {"batch"}


def test_steps_of_a_row_may_be_left_out_anywhere(tmp_path):
    model = MODELS["masked, every step"]()
    path = unrolled.export_keras(model, tmp_path / "model.onnx")
    x = np.random.default_rng(0).normal(size=(2, T, F)).astype("float32")
    x[0, :2] = x[1, 3] = 0
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": x})
    np.testing.assert_allclose(found, model(x), atol=1e-6)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (lambda: layers.BatchNormalization(name="normal"), "'normal' .BatchNormalization"),
        (lambda: layers.LSTM(H, activation="silu", name="lstm"), "'lstm' has the activation silu"),
    ],
)
def test_unknown_layers_are_named(layer, words, tmp_path):
    with pytest.raises(SettingError, match=words):
        unrolled.export_keras(of_steps(layer()), tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_operation_is_caught(monkeypatch, tmp_path):
    def wrong(w):
        w.nodes.add("Relu", w.float_input(), output=w.output)

    monkeypatch.setitem(operations.TRANSLATIONS, op.Activate, wrong)
    with pytest.raises(ArtifactError, match="3 made rows of 8 steps: activation"):
        unrolled.export_keras(
            of_steps(layers.Activation("tanh", name="activation")), tmp_path / "m.onnx"
        )
    assert list(tmp_path.iterdir()) == []


def test_another_name_of_the_file_is_refused(tmp_path):
    with pytest.raises(SettingError, match=r"one file that ends in \.onnx"):
        unrolled.export_keras(of_steps(layers.Dense(1)), tmp_path / "model")


def test_a_missing_extra_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"^An export needs onnxruntime.*\[export\]'\.$"):
        unrolled.export_keras(of_steps(layers.Dense(1)), tmp_path / "model.onnx")
