"""A row is predicted alike, alone and among any others, in any order."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.data import batches
from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.inference.predict import negative_log_likelihood, predict_outputs, softmax
from unrolled.networks import NetworkSpec, build
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
    made = build(spec, Network(architecture=architecture, units=4))
    random = np.random.default_rng(0)
    made.set_weights([random.normal(size=w.shape, scale=0.7) for w in made.get_weights()])
    return made


@cache
def content():
    random = np.random.default_rng(1)
    numbers = [random.normal(size=(n, 2)).astype("float32") for n in LENGTHS]
    return numbers, [random.integers(0, 9, size=n).astype("int32") for n in LENGTHS]


def rows(shape, chosen):
    numbers, words = content()
    return Examples(
        {"x": RaggedColumn.from_rows([numbers[i] for i in chosen]), "w": RaggedColumn.from_rows([words[i] for i in chosen])},
        {},
        rows=len(chosen),
        lengths=np.array([LENGTHS[i] for i in chosen]),
        steps_out=U if shape == "unaligned" else None,
        ragged=True,
    )


def said(shape, architecture, chosen, *, at_once):
    """Return outputs where `at_once` rows make a batch, and lengths are padded apart."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "PREDICTION_BATCH_SIZE", at_once)
        patched.setattr(batches, "FEW_ROWS", 0)
        return predict_outputs(network(shape, architecture), rows(shape, chosen), ["p", "q"])


@cache
def alone(shape, architecture):
    return said(shape, architecture, range(len(LENGTHS)), at_once=1)


@pytest.mark.parametrize(("shape", "architecture"), CASES)
@given(chosen=st.lists(st.integers(0, len(LENGTHS) - 1), min_size=3, max_size=12))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_other_rows_and_their_order_change_no_prediction(shape, architecture, chosen):
    found = said(shape, architecture, chosen, at_once=4)
    for name, values in alone(shape, architecture).items():
        assert len(found[name]) == len(chosen)
        for row, prediction in zip(chosen, found[name], strict=True):
            np.testing.assert_allclose(prediction, values[row], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("shape", "architecture"), CASES)
def test_outputs_have_the_axes_of_the_shape(shape, architecture):
    found = alone(shape, architecture)
    n = len(LENGTHS)
    if shape == "aligned":
        assert [row.shape for row in found["q"]] == [(t, 4) for t in LENGTHS]
    else:
        steps = (U,) if FACTS[shape].outputs == "many" else ()
        assert (found["p"].shape, found["q"].shape) == ((n, *steps, 1), (n, *steps, 4))


def test_nats_are_of_the_true_ids_whatever_the_batches(monkeypatch):
    monkeypatch.setattr(batches, "PREDICTION_BATCH_SIZE", 4)
    monkeypatch.setattr(batches, "FEW_ROWS", 0)
    made, every = network("unaligned", "repeat"), rows("unaligned", range(len(LENGTHS)))
    true = [np.random.default_rng(n).integers(0, 4, size=1 + n % 5) for n in range(len(LENGTHS))]
    known = replace(every, targets={"q": RaggedColumn.from_rows([row.astype("int32") for row in true])})
    shares = softmax(alone("unaligned", "repeat")["q"].astype(float))
    hand = [
        -sum(np.log(shares[i, u, step]) for u, step in enumerate(row[:U]))
        + max(0, len(row) - U) * np.log(4)  # steps beyond the last are guessed
        for i, row in enumerate(true)
    ]
    np.testing.assert_allclose(negative_log_likelihood(made, known, ["q"])["q"], hand, rtol=1e-5)


def test_probabilities_of_large_logits_are_numbers():
    shares = softmax(np.array([[1e4, 0.0], [0.0, 0.0]]))
    assert shares.tolist() == [[1.0, 0.0], [0.5, 0.5]]
