"""Pooling, the linear path beside it, and the characters of words: what each adds, and no more."""

from functools import cache

import numpy as np
import pytest

from unrolled.errors import SettingError
from unrolled.networks import NetworkSpec, build, build_bundle
from unrolled.settings import Network

POOLINGS = ["mean", "max", "last", "attention"]
B, T, N, C, OUT = 3, 4, 2, 5, 3
LENGTHS = [4, 2, 3]
TEXT = {"values": 0, "embedded": {"word": 9}, "heads": {"y": OUT}}
RUNS = {"ngrams": {"runs": (11, N)}, "labels": ("y",)}
BESIDE = {"characters": {"letters": (7, C)}, **RUNS}
each = pytest.mark.parametrize("pooling", POOLINGS)


@cache
def network_of(pooling, ragged=True):
    spec = NetworkSpec("many-to-one", ragged=ragged, **TEXT, **BESIDE)
    made = build(spec, Network(pooling=pooling, units=4))
    rng = np.random.default_rng(0)
    made.set_weights([rng.normal(size=w.shape, scale=0.7) for w in made.get_weights()])
    return made


def content(steps):
    rng = np.random.default_rng(1)
    return {
        "word": rng.integers(0, 9, (B, T))[:, :steps],
        "letters": rng.integers(0, 7, (B, T, C))[:, :steps],
        "runs": rng.integers(0, 11, (B, T, N))[:, :steps],
    }


def padded(garbage):
    """Return rows of LENGTHS with two more steps, and what is given stands in the padding."""
    mask = np.arange(T + 2) < np.array(LENGTHS)[:, None]
    rows = {}
    for name, array in content(T).items():
        wide = np.full((B, T + 2, *array.shape[2:]), garbage)
        wide[:, :T] = array
        rows[name] = np.where(mask.reshape(*mask.shape, *[1] * (array.ndim - 2)), wide, garbage)
    return rows | {"mask": mask}


@each
def test_what_stands_in_the_padding_never_matters(pooling):
    said = [network_of(pooling).predict_on_batch(padded(garbage)) for garbage in (0, 5)]
    np.testing.assert_allclose(*said, rtol=1e-5, atol=1e-6)


@each
def test_a_padded_row_says_what_it_says_alone_without_a_mask(pooling):
    said = network_of(pooling).predict_on_batch(padded(3))
    for row, length in enumerate(LENGTHS):
        alone = {name: array[row : row + 1] for name, array in content(length).items()}
        without = network_of(pooling, ragged=False).predict_on_batch(alone)
        np.testing.assert_allclose(said[row], without[0], rtol=1e-5, atol=1e-6)


def test_the_last_state_is_that_of_the_other_wiring():
    spec = NetworkSpec("many-to-one", t=T, values=2)
    x = np.random.default_rng(0).normal(size=(B, T, 2)).astype("float32")
    pooled = build(spec, Network(pooling="last", units=4))
    last = build(spec, Network(architecture="last", bidirectional=True, units=4))
    last.set_weights(pooled.get_weights())
    np.testing.assert_array_equal(*(made.predict_on_batch(x) for made in (pooled, last)))


@pytest.mark.parametrize(("pooling", "by"), [("mean", np.mean), ("max", np.max)])
def test_states_are_pooled_over_the_real_steps(pooling, by):
    spec = NetworkSpec("many-to-one", values=2, ragged=True, heads={"y": 8})
    made = build(spec, Network(pooling=pooling, units=4))
    steps = build(NetworkSpec("aligned", values=2, ragged=True, heads={"y": 8}), Network(units=4))
    identity = [*made.get_weights()[:-2], np.eye(8), np.zeros(8)]
    made.set_weights(identity)
    steps.set_weights(identity)
    x = np.random.default_rng(0).normal(size=(B, T, 2)).astype("float32")
    given = {"x": x, "mask": np.arange(T) < np.array(LENGTHS)[:, None]}
    said, states = made.predict_on_batch(given), steps.predict_on_batch(given)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(said[row], by(states[row, :length], axis=0), atol=1e-6)


def test_attention_weighs_the_real_steps_alone():
    spec = NetworkSpec("many-to-one", ragged=True, **TEXT, **BESIDE)
    made = build_bundle(spec, Network(pooling="attention", units=4), seeds=(0, 1))
    seen = np.asarray(made.attend.predict_on_batch(padded(0)))[..., 0]
    real = padded(0)["mask"]
    np.testing.assert_allclose(seen.sum(axis=1), 1, atol=1e-5)
    assert (seen[real] > 0).all()
    assert (seen[~real] == 0).all()


@pytest.mark.parametrize("pooling", ["mean", "max", "last"])
def test_without_attention_there_are_no_weights(pooling):
    made = build_bundle(NetworkSpec("many-to-one", **TEXT), Network(pooling=pooling, units=4))
    assert made.attend is None


def test_a_linear_path_is_nothing_at_first_and_then_the_sum_of_its_weights():
    spec = NetworkSpec("many-to-one", ragged=True, **TEXT, **RUNS)
    without = NetworkSpec("many-to-one", ragged=True, **TEXT)
    made, plain = (build(p, Network(units=4)) for p in (spec, without))
    (table,) = (one for one in made.layers if one.weights and one.weights[0].shape == (11, OUT))
    plain.set_weights([w for w in made.get_weights() if w.shape != (11, OUT)])
    rows = padded(4)
    given = {name: rows[name] for name in ("word", "runs", "mask")}
    before = plain.predict_on_batch({name: rows[name] for name in ("word", "mask")})
    np.testing.assert_allclose(made.predict_on_batch(given), before, atol=1e-6)
    weights = np.random.default_rng(0).normal(size=(11, OUT)).astype("float32")
    table.set_weights([weights])
    real = rows["mask"][..., None] & (rows["runs"] > 0)
    more = (weights[rows["runs"]] * real[..., None]).sum(axis=(1, 2))
    np.testing.assert_allclose(made.predict_on_batch(given), before + more, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_pooling_is_refused_where_nothing_is_pooled():
    with pytest.raises(SettingError) as caught:
        build(NetworkSpec("many-to-one"), Network(architecture="last", pooling="max"))
    assert str(caught.value) == (
        "The architecture 'last' does not pool, so that pooling='max' has no effect. Leave it out,"
        " or use architecture='pooled' (shape many-to-one)."
    )
