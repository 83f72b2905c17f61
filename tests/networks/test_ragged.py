"""Rows of different lengths: what stands in the padding never reaches an output."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import ShapeError
from unrolled.networks import ARCHITECTURES, PREVIOUS, NetworkSpec, build
from unrolled.settings import Network
from unrolled.shapes import FACTS

F, U, B, LONGEST, TOKENS = 2, 2, 3, 4, 7
RAGGED = [
    row
    for row in ARCHITECTURES
    if FACTS[row.shape].inputs == "many" and row.name not in ("tail", "padded", "segments")
]
each = pytest.mark.parametrize("row", RAGGED, ids=lambda row: f"{row.shape} {row.title}")


@cache
def network_of(row, ragged=True):
    """Return a network of numbers and tokens, of two layers, with two outputs."""
    spec = NetworkSpec(
        row.shape,
        u=U if row.shape == "unaligned" else None,
        values=F,
        embedded={"word": TOKENS},
        heads={"b": 2} if row.name == "decoder" else {"a": 1, "b": 2},
        ragged=ragged,
        stops=row.name == "decoder",  # its second output
    )
    network = build(spec, Network(**row.settings, units=4, layers=2))
    rng = np.random.default_rng(0)
    network.set_weights([rng.normal(size=w.shape, scale=0.7) for w in network.get_weights()])
    return network


@cache
def content():
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(B, LONGEST, F)).astype("float32")
    return numbers, rng.integers(0, TOKENS, size=(B, LONGEST))


def fed(row):
    """Return what a decoder is given beside its input: the true outputs, one step late."""
    previous = np.random.default_rng(2).normal(size=(B, U, 2)).astype("float32")
    return {PREVIOUS: previous} if row.name == "decoder" else {}


def padded(lengths, pad, fill, token):
    """Return the rows cut to their lengths, with garbage up to LONGEST + pad."""
    numbers, words = content()
    mask = np.arange(LONGEST + pad) < np.array(lengths)[:, None]
    x = np.full((B, LONGEST + pad, F), fill, "float32")
    word = np.full((B, LONGEST + pad), token)
    x[:, :LONGEST] = np.where(mask[:, :LONGEST, None], numbers, fill)
    word[:, :LONGEST] = np.where(mask[:, :LONGEST], words, token)
    return {"x": x, "word": word, "mask": mask}


def real(row, outputs, lengths):
    """Return the outputs that mean something: all, or the real steps where they are aligned."""
    for output in outputs.values():
        for values, length in zip(output, lengths, strict=True):
            yield values[:length] if row.shape == "aligned" else values


@pytest.mark.representatives(3)
@each
@given(
    lengths=st.lists(st.integers(1, LONGEST), min_size=B, max_size=B),
    pad=st.sampled_from([0, 3]),
    fill=st.sampled_from([0.0, 1e30, -1e30, 3.4e38]),
    token=st.integers(0, TOKENS - 1),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_padding_never_changes_an_output(row, lengths, pad, fill, token):
    network = network_of(row)
    plain = network.predict_on_batch({**padded(lengths, 0, 0.0, 0), **fed(row)})
    other = network.predict_on_batch({**padded(lengths, pad, fill, token), **fed(row)})
    for a, b in zip(real(row, plain, lengths), real(row, other, lengths), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@each
@pytest.mark.parametrize("length", [1, 3])
def test_a_padded_row_says_what_the_row_alone_says_without_a_mask(row, length):
    network, unmasked = network_of(row), network_of(row, ragged=False)
    numbers, words = content()
    alone = {"x": numbers[:, :length], "word": words[:, :length]}
    alone = unmasked.predict_on_batch({**alone, **fed(row)})
    lengths = [length] * B
    masked = network.predict_on_batch({**padded(lengths, 3, 1e30, 1), **fed(row)})
    for a, b in zip(real(row, alone, lengths), real(row, masked, lengths), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["tail", "padded", "segments"])
def test_what_keeps_the_last_steps_refuses_rows_of_different_lengths(name):
    spec = NetworkSpec("unaligned", t=None, u=U, ragged=True)
    with pytest.raises(ShapeError) as caught:
        build(spec, Network(architecture=name))
    assert str(caught.value) == (
        f"The architecture '{name}' needs the same number of input steps in every row, and these"
        " rows have different lengths. Use architecture='repeat' or 'vector'."
    )


def test_every_input_and_output_has_its_place():
    spec = NetworkSpec(
        "many-to-one",
        values=0,
        embedded={"word": 9, "tag": 100},
        heads={"dropout": 2, "word": 3},
    )
    network = build(spec, Network(units=4, dropout=0.1))
    assert {name: x.shape for name, x in network.input.items()} == {
        "word": (None, None),
        "tag": (None, None),
    }
    assert {name: y.shape for name, y in network.output.items()} == {
        "dropout": (None, 2),
        "word": (None, 3),
    }


def test_one_input_and_one_output_stand_alone():
    network = build(NetworkSpec("many-to-one", values=0, embedded={"word": 9}), Network(units=4))
    assert network.input.shape == (None, None)
    assert network.output.shape == (None, 1)
