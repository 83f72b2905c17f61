"""A chained decoder says by steps what it says in one call, and never looks ahead."""

from functools import cache

import decoder_cases
import numpy as np
import pytest
from decoder_cases import CASES, IDS, LENGTHS, OUT, B, H, T, U, before, forced, given, stepped

from unrolled.networks import PREVIOUS, NetworkSpec, build_bundle
from unrolled.settings import Network

each = pytest.mark.parametrize("case", CASES, ids=str)
READING = [case for case in CASES if case.reads]
ATTENDING = [case for case in READING if case.attention]
RAGGED = [case for case in CASES if case.ragged]
made = cache(decoder_cases.made)


def close(said, expected):
    assert said.keys() == expected.keys()
    for name in said:
        np.testing.assert_allclose(said[name], expected[name], rtol=1e-4, atol=1e-5)


def changed(case, previous, place):
    """Return what was said before, with another value at one step."""
    other = previous.copy()
    other[:, place] = 1 + other[:, place] % (IDS - 1) if case.says == "ids" else 3.0
    return other


@pytest.mark.representatives(8)
@each
def test_a_step_at_a_time_says_what_teacher_forcing_says(case):
    built, inputs, previous = made(case), given(case), before(case)
    said = stepped(
        built,
        inputs,
        lambda place, _: previous[:, place + 1 : place + 2],
        previous[:, :1],
        U,
    )
    assert said.keys() == decoder_cases.outputs_of(case)
    assert said["y"].shape == (B, U, IDS if case.says == "ids" else OUT)
    close(said, forced(built, inputs, previous))


@pytest.mark.representatives(16)
@each
@pytest.mark.parametrize("place", range(1, U))
def test_a_step_depends_on_what_was_said_before_it_and_on_nothing_later(case, place):
    built, inputs, previous = made(case), given(case), before(case)
    said = forced(built, inputs, previous)
    other = forced(built, inputs, changed(case, previous, place))
    for name in said:
        np.testing.assert_array_equal(other[name][:, :place], said[name][:, :place])
        for later in range(place, U):  # each of them, in every row
            assert (np.abs(other[name] - said[name])[:, later].max(axis=-1) > 1e-6).all()


@pytest.mark.representatives(8)
@each
def test_the_length_that_outputs_are_padded_to_changes_none(case):
    built, inputs, previous = made(case), given(case), before(case)
    padding = np.full((B, 3, *previous.shape[2:]), 6, previous.dtype)
    longer = forced(built, inputs, np.concatenate([previous, padding], axis=1))
    close({name: y[:, :U] for name, y in longer.items()}, forced(built, inputs, previous))


@pytest.mark.representatives(8)
@each
def test_a_row_alone_says_what_it_says_among_others(case):
    built, inputs, previous = made(case), given(case), before(case)
    said = forced(built, inputs, previous)
    for row in range(B):
        steps = LENGTHS[row] if case.ragged else T
        one = {n: x[row : row + 1] for n, x in inputs.items()}
        one = {n: x[:, :steps] for n, x in one.items()} if case.reads else one
        found = forced(built, one, previous[row : row + 1])
        close(found, {name: y[row : row + 1] for name, y in said.items()})


@each
def test_both_faces_have_the_same_weights(case):
    built = made(case)
    owned = {id(weight) for weight in built.model.weights}
    used = {id(w) for face in (built.encode, built.step) for w in face.weights}
    assert used == owned


@pytest.mark.representatives(4)
@pytest.mark.parametrize("case", ATTENDING, ids=str)
def test_attention_is_shared_out_over_the_real_steps(case):
    built, inputs, previous = made(case), given(case), before(case)
    weights = built.attend.predict_on_batch({**inputs, PREVIOUS: previous})
    assert weights.shape == (B, U, T)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    real = inputs.get("mask", np.ones((B, T), bool))
    for row in range(B):
        assert (weights[row][:, real[row]] > 0).all()
        assert not weights[row][:, ~real[row]].any()
    assert np.ptp(weights[:, :, 0], axis=1).min() > 1e-4  # each step looks for itself


@pytest.mark.representatives(4)
@pytest.mark.parametrize("case", READING, ids=str)
def test_every_step_sees_every_input_step(case):
    built, inputs, previous = made(case), given(case), before(case)
    said = forced(built, inputs, previous)["y"]
    for place in range(min(LENGTHS)):
        other = inputs["x"].copy()
        other[:, place] += 2
        moved = np.abs(forced(built, {**inputs, "x": other}, previous)["y"] - said).max(axis=-1)
        assert (moved > 1e-6).all()


@pytest.mark.representatives(4)
@pytest.mark.parametrize("case", RAGGED, ids=str)
@pytest.mark.parametrize("fill", [1e30, -3.4e38])
def test_padding_of_the_input_changes_nothing_step_by_step_either(case, fill):
    built, inputs, previous = made(case), given(case), before(case)
    mask = np.pad(inputs["mask"], ((0, 0), (0, 3)))
    x = np.pad(inputs["x"], ((0, 0), (0, 3), (0, 0)))
    longer = {"x": np.where(mask[..., None], x, np.float32(fill)), "mask": mask}

    def fed(place, _):
        return previous[:, place + 1 : place + 2]

    close(
        stepped(built, longer, fed, previous[:, :1], U),
        stepped(built, inputs, fed, previous[:, :1], U),
    )


def test_without_input_steps_there_is_nothing_to_attend_to():
    assert made(CASES[0]).attend is None


def test_what_is_no_decoder_has_one_face():
    built = build_bundle(NetworkSpec("unaligned", u=U), Network(architecture="repeat", units=H))
    assert (built.encode, built.step, built.attend) == (None, None, None)


@pytest.mark.representatives(4)
@pytest.mark.parametrize("case", [c for c in CASES if c.says == "ids"], ids=str)
def test_steps_after_the_end_of_a_row_change_none_before(case):
    built, inputs, previous = made(case), given(case), before(case)
    cut = previous.copy()
    cut[:, 2:] = 0  # padding
    said, whole = forced(built, inputs, cut), forced(built, inputs, previous)
    for name in said:
        np.testing.assert_allclose(said[name][:, :2], whole[name][:, :2], rtol=1e-5, atol=1e-6)
