"""Inputs with numbers of steps of their own: each counts, and the padding of none does."""

import json
from functools import cache

import numpy as np
import pytest
from decoder_cases import stepped

from unrolled.data.input_groups import InputGroup
from unrolled.errors import SettingError, ShapeError
from unrolled.explain.code import code
from unrolled.networks import PREVIOUS, NetworkSpec, build, build_bundle
from unrolled.settings import Network

B, T, T2, U = 3, 5, 4, 3
LENGTHS, LENGTHS_2 = (5, 3, 2), (2, 4, 1)
IDS = {"tokens": True, "heads": {"y": 7}}
CASES = {
    "last": ("many-to-one", {"architecture": "last"}, {}),
    "mean": ("many-to-one", {}, {}),
    "max": ("many-to-one", {"pooling": "max"}, {}),
    "attention": ("many-to-one", {"pooling": "attention"}, {}),
    "steps": ("aligned", {}, {}),
    "vector": ("unaligned", {"architecture": "vector"}, {"u": U}),
    "repeat": ("unaligned", {"architecture": "repeat"}, {"u": U}),
    "decoder": ("unaligned", {"layers": 2}, {"u": U, **IDS}),
    "plain decoder": ("unaligned", {"attention": False, "cell": "gru"}, {"u": U, **IDS}),
}
each = pytest.mark.parametrize("case", CASES)


def spec_of(shape, *, ragged=True, **extra):
    """Return the sizes of numbers, and of numbers and words with steps of their own."""
    t, t2 = (None, None) if ragged else (T, T2)
    group = InputGroup(2, t2, values=3, inputs=("word",))
    return NetworkSpec(
        shape, t=t, values=2, embedded={"word": 9}, ragged=ragged, groups=(group,), **extra
    )


@cache
def made(name):
    """Return the sizes and the models of a case, with weights that are not small."""
    shape, settings, extra = CASES[name]
    spec = spec_of(shape, **extra)
    bundle = build_bundle(spec, Network(units=4, dropout=0.0, **settings))
    rng = np.random.default_rng(0)
    weights = bundle.model.get_weights()
    bundle.model.set_weights([rng.normal(size=w.shape, scale=0.5) for w in weights])
    return spec, bundle


def rows(more=0, more_2=0, fill=0.0):
    """Return the inputs of B rows, padded by further steps."""
    rng = np.random.default_rng(1)
    x = np.full((B, T + more, 2), fill, "float32")
    x_2 = np.full((B, T2 + more_2, 3), fill, "float32")
    word = np.full((B, T2 + more_2), 8, "int32")
    x[:, :T], x_2[:, :T2] = rng.normal(size=(B, T, 2)), rng.normal(size=(B, T2, 3))
    word[:, :T2] = rng.integers(1, 9, (B, T2))
    mask = np.arange(T + more) < np.array(LENGTHS)[:, None]
    mask_2 = np.arange(T2 + more_2) < np.array(LENGTHS_2)[:, None]
    return {"x": x, "mask": mask, "x_2": x_2, "word": word, "mask_2": mask_2}


def previous(spec):
    return {PREVIOUS: np.array([[2, 3, 4], [2, 5, 6], [2, 3, 3]], "int32")} if spec.tokens else {}


@pytest.mark.representatives(3)
@each
def test_padding_of_either_input_changes_nothing(case):
    spec, bundle = made(case)
    plain = bundle.model.predict_on_batch({**rows(), **previous(spec)})
    padded = bundle.model.predict_on_batch({**rows(2, 3, 1e30), **previous(spec)})
    if spec.shape == "aligned":
        real = rows()["mask"]
        plain, padded = plain[real], padded[:, :T][real]
    np.testing.assert_allclose(padded, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.representatives(4)
@each
@pytest.mark.parametrize("name", ["x", "x_2"])
def test_every_output_depends_on_both_inputs(case, name):
    spec, bundle = made(case)
    inputs = {**rows(), **previous(spec)}
    plain = bundle.model.predict_on_batch(inputs)
    moved = bundle.model.predict_on_batch({**inputs, name: inputs[name] + 1})
    assert (np.abs(moved - plain).reshape(B, -1).max(axis=1) > 1e-6).all()


@pytest.mark.representatives(3)
@each
def test_the_script_is_the_same_network(case):
    spec, bundle = made(case)
    names = {}
    exec(code(bundle.model, steps=spec.u), names)
    names["model"].set_weights(bundle.model.get_weights())
    inputs = {**rows(), **previous(spec)}
    np.testing.assert_allclose(
        names["model"].predict_on_batch(inputs),
        bundle.model.predict_on_batch(inputs),
        rtol=1e-5,
        atol=1e-6,
    )


@pytest.mark.parametrize("name", ["decoder", "plain decoder"])
@pytest.mark.representatives(1)
def test_a_decoder_says_by_steps_what_it_says_in_one_call(name):
    spec, bundle = made(name)
    before = previous(spec)[PREVIOUS]
    said = stepped(bundle, rows(), lambda k, _: before[:, k + 1 : k + 2], before[:, :1], U)
    forced = bundle.model.predict_on_batch({**rows(), PREVIOUS: before})
    np.testing.assert_allclose(said["y"], forced, rtol=1e-4, atol=1e-5)


def test_a_decoder_attends_to_the_real_steps_of_both():
    spec, bundle = made("decoder")
    weights = bundle.attend.predict_on_batch({**rows(), **previous(spec)})
    assert weights.shape == (B, U, T + T2)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    real = np.concatenate([rows()["mask"], rows()["mask_2"]], axis=1)
    for row in range(B):
        assert (weights[row][:, real[row]] > 0).all()
        assert not weights[row][:, ~real[row]].any()


def test_attention_pooling_weighs_each_input_by_itself():
    _, bundle = made("attention")
    weights = bundle.attend.predict_on_batch(rows())
    assert weights.shape == (B, T + T2, 1)
    np.testing.assert_allclose(weights[:, :T].sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(weights[:, T:].sum(axis=1), 1, rtol=1e-5)
    moved = bundle.attend.predict_on_batch({**rows(), "x": rows()["x"] + 1})
    np.testing.assert_array_equal(moved[:, T:], weights[:, T:])
    assert np.abs(moved - weights)[:, :T].max() > 1e-4


@pytest.mark.parametrize("name", ["tail", "padded", "segments"])
def test_an_architecture_for_one_sequence_is_refused(name):
    with pytest.raises(ShapeError) as caught:
        build(spec_of("unaligned", ragged=False, u=U), Network(architecture=name))
    assert str(caught.value) == (
        f"The architecture '{name}' reads one input sequence, and these inputs have numbers of"
        " steps of their own. Use architecture='repeat', 'vector' or 'decoder'."
    )


def test_the_sizes_are_saved_and_read():
    spec = spec_of("many-to-one")
    saved = json.loads(json.dumps(spec.to_dict()))
    assert saved["groups"] == [{"number": 2, "t": None, "values": 3, "inputs": ["word"]}]
    assert NetworkSpec.from_dict(saved) == spec
    assert "groups" not in NetworkSpec("many-to-one").to_dict()
    assert (spec.features, spec.features_of(spec.groups[0])) == (2, 3 + 16)


@pytest.mark.parametrize(
    "group",
    [
        InputGroup(3, None, 1),
        InputGroup(2, 0, 1),
        InputGroup(2, None, -1),
        InputGroup(2, None, 0),
        InputGroup(2, None, 1, ("tag",)),
        InputGroup(2, None, 1, ("word", "word")),
    ],
    ids=str,
)
def test_groups_that_cannot_be_are_refused(group):
    with pytest.raises(ShapeError, match="The groups of inputs contradict the other sizes"):
        NetworkSpec("many-to-one", embedded={"word": 9}, ragged=True, groups=(group,))


def test_other_groups_that_cannot_be_are_refused():
    group = InputGroup(2, None, 1)
    with pytest.raises(ShapeError, match="contradict the other sizes"):
        NetworkSpec("many-to-one", groups=(group,))  # not ragged
    with pytest.raises(ShapeError, match="an input without steps"):
        NetworkSpec("one-to-one", groups=(group,))
    with pytest.raises(SettingError, match="cannot be named 'mask_2'"):
        NetworkSpec("many-to-one", embedded={"mask_2": 9}, ragged=True, groups=(group,))
