"""The prediction of a row is the same alone and among any other rows, in any order."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from unrolled.data import batches
from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.inference.predict import negative_log_likelihood, predict_outputs
from unrolled.networks import NetworkSpec, build
from unrolled.runtime.network import runner_of
from unrolled.settings import Network
from unrolled.shapes import FACTS

U = 3
CASES = [
    ("many-to-one", "last"),
    ("many-to-one", "pooled"),
    ("aligned", "steps"),
    ("unaligned", "repeat"),
    ("unaligned", "vector"),
]
LENGTHS = [3, 1, 8, 5, 12, 2, 8, 7, 4, 1, 16, 6]


@cache
def network(shape, architecture):
    u = U if shape == "unaligned" else None
    spec = NetworkSpec(shape, u=u, values=2, embedded={"w": 9}, heads={"p": 1, "q": 4}, ragged=True)
    model = build(spec, Network(architecture=architecture, units=4))
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=w.shape, scale=0.7) for w in model.get_weights()])
    return model


@cache
def content():
    random = np.random.default_rng(1)
    numbers = [random.normal(size=(n, 2)).astype("float32") for n in LENGTHS]
    return numbers, [random.integers(0, 9, size=n).astype("int32") for n in LENGTHS]


def rows(shape, chosen):
    numbers, words = content()
    return Examples(
        {
            "x": RaggedColumn.from_rows([numbers[i] for i in chosen]),
            "w": RaggedColumn.from_rows([words[i] for i in chosen]),
        },
        {},
        rows=len(chosen),
        lengths=np.array([LENGTHS[i] for i in chosen]),
        steps_out=U if shape == "unaligned" else None,
        ragged=True,
    )


def predict(shape, architecture, chosen, *, batch_size):
    """Return the outputs for a batch size; each batch is padded to its longest row."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "PREDICTION_BATCH_SIZE", batch_size)
        runner = runner_of(network(shape, architecture), ["p", "q"])
        return predict_outputs(runner, rows(shape, chosen), ["p", "q"])


@cache
def alone(shape, architecture):
    return predict(shape, architecture, range(len(LENGTHS)), batch_size=1)


@pytest.mark.parametrize(("shape", "architecture"), CASES)
@given(chosen=st.lists(st.integers(0, len(LENGTHS) - 1), min_size=3, max_size=12))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_other_rows_and_their_order_change_no_prediction(shape, architecture, chosen):
    outputs = predict(shape, architecture, chosen, batch_size=4)
    for name, values in alone(shape, architecture).items():
        assert len(outputs[name]) == len(chosen)
        for row, prediction in zip(chosen, outputs[name], strict=True):
            np.testing.assert_allclose(prediction, values[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("shape", "architecture"), CASES)
def test_outputs_have_the_axes_of_the_shape(shape, architecture):
    outputs = alone(shape, architecture)
    n = len(LENGTHS)
    if shape == "aligned":
        assert [row.shape for row in outputs["q"]] == [(t, 4) for t in LENGTHS]
    else:
        steps = (U,) if FACTS[shape].outputs == "many" else ()
        assert (outputs["p"].shape, outputs["q"].shape) == ((n, *steps, 1), (n, *steps, 4))


def test_the_negative_log_likelihood_is_that_of_the_true_ids_for_any_batches(monkeypatch):
    monkeypatch.setattr(batches, "PREDICTION_BATCH_SIZE", 4)
    model, examples = network("unaligned", "repeat"), rows("unaligned", range(len(LENGTHS)))
    true = [np.random.default_rng(n).integers(0, 4, size=1 + n % 5) for n in range(len(LENGTHS))]
    column = RaggedColumn.from_rows([row.astype("int32") for row in true])
    known = replace(examples, targets={"q": column})
    probabilities = softmax(alone("unaligned", "repeat")["q"].astype(float), axis=-1)
    expected = [
        -sum(np.log(probabilities[i, u, step]) for u, step in enumerate(row[:U]))
        + max(0, len(row) - U) * np.log(4)  # steps beyond the last output
        for i, row in enumerate(true)
    ]
    likelihoods = negative_log_likelihood(runner_of(model, ["p", "q"]), known, ["q"])["q"]
    np.testing.assert_allclose(likelihoods, expected, rtol=1e-5)


def test_probabilities_of_large_logits_are_numbers():
    probabilities = softmax(np.array([[1e4, 0.0], [0.0, 0.0]]), axis=-1)
    assert probabilities.tolist() == [[1.0, 0.0], [0.5, 0.5]]
