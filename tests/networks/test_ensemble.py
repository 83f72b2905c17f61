"""Several networks answer as one: by the mean of what each says, in a plain Keras model."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from unrolled.backend import keras
from unrolled.explain.code import code
from unrolled.networks import PREVIOUS, NetworkSpec, build_bundle
from unrolled.settings import Network

SEEDS = (7, 8, 9)
ROWS = 5
MASK = np.arange(4) < np.array([[4], [1], [3], [2], [4]])
X = {"x": np.random.default_rng(0).normal(size=(ROWS, 4, 3)), "mask": MASK}
SMALL = Network(units=4, dropout=0.2)
ALIGNED = NetworkSpec(
    "aligned", values=3, heads={"tag": 3, "size": 2}, ragged=True, labels=("tag",)
)
ONE = NetworkSpec("many-to-one", values=3, heads={"kind": 3}, ragged=True, labels=("kind",))


def decoder(**says):
    return NetworkSpec("unaligned", u=3, values=3, heads={"y": 6}, ragged=True, **says)


def drawn(made):
    """Draw the weights of every member, so that members differ by more than a little."""
    rng = np.random.default_rng(1)
    for member in made.members:
        member.set_weights([rng.normal(size=w.shape) for w in member.get_weights()])
    return made


def test_labels_have_the_mean_probability_and_numbers_the_mean():
    made = drawn(build_bundle(ALIGNED, SMALL, seeds=SEEDS))
    said = made.model.predict_on_batch(X)
    each = [member.predict_on_batch(X) for member in made.members]
    shares = [softmax(y["tag"], axis=-1)[MASK] for y in each]
    assert np.ptp(shares, axis=0).max() > 0.1
    np.testing.assert_allclose(
        softmax(said["tag"], axis=-1)[MASK], np.mean(shares, axis=0), atol=1e-6
    )
    sizes = np.mean([y["size"] for y in each], axis=0)[MASK]
    np.testing.assert_allclose(said["size"][MASK], sizes, rtol=1e-5, atol=1e-5)


def test_probabilities_beyond_what_float32_holds_stay_numbers():
    made = build_bundle(ONE, SMALL, seeds=SEEDS)
    for member in made.members:
        *rest, _, bias = member.get_weights()
        bias[:] = [0.0, -500.0, 500.0]
        member.set_weights([*(w * 0 for w in rest), np.zeros((8, 3)), bias])
    said = log_softmax(made.model.predict_on_batch(X).astype(float), axis=-1)
    np.testing.assert_allclose(said, np.tile([-500.0, -1000.0, 0.0], (ROWS, 1)), rtol=1e-5)


@pytest.mark.parametrize("spec", [ONE, decoder(tokens=True)], ids=["labels", "decoder"])
def test_each_member_begins_as_a_network_of_its_own_seed(spec):
    made = build_bundle(spec, SMALL, seeds=SEEDS)
    for member, seed in zip(made.members, SEEDS, strict=True):
        alone = build_bundle(spec, SMALL, seeds=[seed]).model
        for ours, theirs in zip(member.get_weights(), alone.get_weights(), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("says", [{"tokens": True}, {"stops": True}, {}], ids=str)
def test_a_decoder_takes_the_mean_at_each_step(says):
    made = drawn(
        build_bundle(decoder(**says), Network(architecture="decoder", units=4), seeds=SEEDS)
    )
    rng = np.random.default_rng(2)
    previous = (
        rng.integers(1, 6, size=(ROWS, 3)) if "tokens" in says else rng.normal(size=(ROWS, 3, 6))
    )
    given = {**X, PREVIOUS: previous}
    each = [member.predict_on_batch(given) for member in made.members]
    encoded = made.encode.predict_on_batch(X)
    for k in range(3):
        said = made.step.predict_on_batch({PREVIOUS: previous[:, k : k + 1], **encoded})
        encoded["states"] = said.pop("states")
        for name, found in said.items():
            parts = [(y[name] if isinstance(y, dict) else y)[:, k] for y in each]
            expected, found = np.mean(parts, axis=0), found[:, 0]
            if "tokens" in says:
                expected = log_softmax(
                    np.mean([log_softmax(y, axis=-1) for y in parts], axis=0), axis=-1
                )
                found = log_softmax(found, axis=-1)
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    weights = made.attend.predict_on_batch(given)
    assert weights.shape == (ROWS, 3, 4)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)


@pytest.mark.representatives(1)
@pytest.mark.parametrize(
    "spec", [ALIGNED, ONE, decoder(tokens=True), decoder(stops=True)], ids=lambda p: p.shape
)
def test_the_code_of_all_members_is_plain_keras_and_says_the_same(spec):
    network = SMALL.model_copy(update={"architecture": "decoder"}) if spec.u else SMALL
    made = drawn(build_bundle(spec, network, seeds=SEEDS))
    script = code(made.model)
    assert script.count("layers.Bidirectional(") == len(SEEDS)
    found = {}
    exec(script, found)
    found["model"].set_weights(made.model.get_weights())
    previous = np.ones((ROWS, 3), "int32") if spec.tokens else np.ones((ROWS, 3, 6))
    given = {**X, PREVIOUS: previous} if spec.u else X
    ours, theirs = made.model.predict_on_batch(given), found["model"].predict_on_batch(given)
    same = keras.tree.map_structure(lambda a, b: np.allclose(a, b, atol=1e-5), ours, theirs)
    assert all(keras.tree.flatten(same))
