"""The printed `compile` is the one that a network was fitted with."""

import subprocess
import sys

import numpy as np
import pytest

import unrolled

U = 5
QUICK = {"epochs": 1, "verbose": False}
WORDS = ["ab" * (1 + k % 4) for k in range(60)]
TEXT = ({"a": WORDS, "b": WORDS[::-1]}, {"a": "text:characters"}, {"b": "text:characters"})
NUMBERS = ({"a": [float(k) for k in range(60)], "b": [[1.0] * (1 + k % U) for k in range(60)]},)
LABELS = ({"a": [float(k % 7) for k in range(60)], "b": ["no", "yes", "so"] * 20},)


def fitted(data, *columns, **training):
    model = unrolled.SequenceModel(
        *(columns or ("a", "b")),
        network=unrolled.Network(units=3, dropout=0.0),
        training=unrolled.Training(**QUICK, **training),
    )
    return model.fit(data)


def batch(network):
    """Return arrays that a network takes, and such as it gives, of two rows."""
    rng = np.random.default_rng(0)

    def numbers(tensor):
        size = [2, *(n or U for n in tensor.shape[1:])]
        return rng.normal(size=size) if tensor.dtype == "float32" else rng.integers(0, 3, size)

    x = network.input
    return {k: numbers(v) for k, v in x.items()} if isinstance(x, dict) else numbers(x)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (lambda: fitted(*TEXT), "loss=smoothed"),
        (
            lambda: fitted(*TEXT, label_smoothing=0),
            "loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        ),
        (lambda: fitted(*LABELS, label_smoothing=0.3), "loss=smoothed"),
        (
            lambda: fitted(*NUMBERS),
            '"stop": keras.losses.BinaryCrossentropy(from_logits=True)',
        ),
    ],
    ids=["smoothed tokens", "tokens", "smoothed labels", "numbers that stop"],
)
def test_the_printed_compile_gives_the_loss_that_was_fitted(model, says, tmp_path):
    made = model()
    script = made.code()
    assert says in script
    names = {}
    exec(script, names)
    names["model"].set_weights(made.model_.get_weights())
    x = batch(made.model_)
    said = made.model_.predict_on_batch(x)
    if isinstance(said, dict):
        y = {name: np.ones_like(array) for name, array in said.items()}
    else:
        y = np.arange(said[..., 0].size).reshape(said[..., 0].shape) % said.shape[-1]
    fit, printed = (np.ravel(m.test_on_batch(x, y))[0] for m in (made.model_, names["model"]))
    assert fit == pytest.approx(printed, rel=1e-5)
    (tmp_path / "code.py").write_text(script)
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length=88"]
    assert subprocess.run([*ruff, str(tmp_path)], check=False).returncode == 0
