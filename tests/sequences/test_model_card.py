"""The printed `compile` is the one that a network was trained with."""

import json
import subprocess
import sys

import numpy as np
import pytest

import unrolled
from unrolled.backend import keras

U = 5
QUICK = {"epochs": 1, "verbose": False}
WORDS = ["ab" * (1 + k % 4) for k in range(60)]
TEXT = ({"a": WORDS, "b": WORDS[::-1]}, {"a": "text:characters"}, {"b": "text:characters"})
NUMBERS = ({"a": [float(k) for k in range(60)], "b": [[1.0] * (1 + k % U) for k in range(60)]},)
LABELS = ({"a": [float(k % 7) for k in range(60)], "b": ["no", "yes", "so"] * 20},)


def fit(data, *columns, **training):
    model = unrolled.SequenceModel(
        *(columns or ("a", "b")),
        network=unrolled.Network(units=3, dropout=0.0),
        training=unrolled.Training(**QUICK, **training),
    )
    return model.fit(data)


def batch(network):
    """Return input arrays of two rows for a network."""
    rng = np.random.default_rng(0)

    def numbers(tensor):
        size = [2, *(n or U for n in tensor.shape[1:])]
        return rng.normal(size=size) if tensor.dtype == "float32" else rng.integers(0, 3, size)

    x = network.input
    return {k: numbers(v) for k, v in x.items()} if isinstance(x, dict) else numbers(x)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: fit(*TEXT), "loss=smoothed"),
        (
            lambda: fit(*TEXT, label_smoothing=0),
            "loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        ),
        (lambda: fit(*LABELS, label_smoothing=0.3), "loss=smoothed"),
        (
            lambda: fit(*NUMBERS),
            '"stop": keras.losses.BinaryCrossentropy(from_logits=True)',
        ),
    ],
    ids=["smoothed tokens", "tokens", "smoothed labels", "numbers that stop"],
)
def test_the_printed_compile_has_the_loss_of_the_training(model, expected, tmp_path):
    fitted_model = model()
    script = fitted_model.code()
    assert expected in script
    names = {}
    exec(script, names)
    names["model"].set_weights(fitted_model.model_.get_weights())
    x = batch(fitted_model.model_)
    outputs = fitted_model.model_.predict_on_batch(x)
    if isinstance(outputs, dict):
        y = {name: np.ones_like(array) for name, array in outputs.items()}
    else:
        y = np.arange(outputs[..., 0].size).reshape(outputs[..., 0].shape) % outputs.shape[-1]
    trained, printed = (
        np.ravel(m.test_on_batch(x, y))[0] for m in (fitted_model.model_, names["model"])
    )
    assert trained == pytest.approx(printed, rel=1e-5)
    (tmp_path / "code.py").write_text(script)
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length=88"]
    assert subprocess.run([*ruff, str(tmp_path)], check=False).returncode == 0


class LearningRates(keras.callbacks.Callback):
    """Collects the learning rate of every step."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_begin(self, batch, logs=None):  # noqa: ARG002
        rate = self.model.optimizer.learning_rate  # at the number of steps done
        self.rates.append(float(keras.ops.convert_to_numpy(rate)))


def train(decay, **training):
    """Return a model of 60 rows, and the learning rate of each step of its training."""
    rates = LearningRates()
    model = unrolled.SequenceModel(
        "a",
        "b",
        network=unrolled.Network(units=3),
        training=unrolled.Training(
            epochs=5, verbose=False, decay=decay, learning_rate=0.01, batch_size=8, **training
        ),
    )
    return model.fit(*LABELS, callbacks=[rates]), rates.rates


def printed_rates(script, steps):
    """Return the learning rate of each step by the optimizer that a script compiles with."""
    names = {}
    exec(script, names)
    optimizer = names["model"].optimizer
    rates = []
    for _ in range(steps):
        rates.append(float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
        optimizer.iterations.assign_add(1)
    return rates


@pytest.mark.slow
def test_the_printed_schedule_has_the_learning_rates_of_the_training(tmp_path):
    model, rates = train("cosine")
    assert len(rates) == 5 * 7  # 54 of the 60 rows in batches of 8
    assert max(rates) == pytest.approx(0.01)
    script = model.code()
    assert printed_rates(script, len(rates)) == pytest.approx(rates, rel=1e-6)
    folder = model.save(tmp_path / "model")
    assert (folder / "code.py").read_text() == script
    assert unrolled.load(folder).code() == script


def test_a_schedule_of_unknown_steps_is_described(tmp_path):
    path = train("cosine")[0].save(tmp_path / "model") / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest["data"]["training_rows"]
    path.write_text(json.dumps(manifest))
    script = unrolled.load(tmp_path / "model").code()
    assert "# The learning rate rose to this value, then fell to 0 by a cosine. The steps" in script
    assert "optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0)" in script


def test_a_rate_that_was_halved_on_a_plateau_is_described():
    model, rates = train("plateau", patience=4)
    script = model.code()
    assert "# The learning rate was halved when 2 epochs did not improve the validation" in script
    assert printed_rates(script, 1) == pytest.approx(rates[:1])
