"""Batches hold every row once, and padding weighs nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from unrolled.data import batches as batching
from unrolled.data.batches import (
    Examples,
    GroupLengths,
    batch_inputs,
    batch_targets,
    make_batches,
    padded_lengths,
    prediction_batches,
    shift_right,
    validation_batches,
)
from unrolled.data.block import RaggedColumn

lengths_of_rows = st.lists(st.integers(1, 40), min_size=1, max_size=60)
sizes = st.integers(1, 20)
seeds = st.none() | st.integers(0, 5)


def ragged(lengths, *, steps_out=None, follows=True):
    """Return rows whose every number says where it stands: 1000 * row + step + 1."""
    rows = [1000.0 * i + 1 + np.arange(n) for i, n in enumerate(lengths)]
    steps = RaggedColumn.from_rows([row[:, None].astype("float32") for row in rows])
    out = (
        steps
        if follows
        else RaggedColumn.from_rows([row[::-1].copy().astype("float32") for row in rows])
    )
    one = RaggedColumn.from_rows(np.arange(len(lengths), dtype="float32"))
    return Examples(
        inputs={"x": steps},
        targets={"one": one, "many": out},
        rows=len(lengths),
        lengths=np.array(lengths),
        steps_out=steps_out,
        ragged=True,
    )


def generator(seed):
    return None if seed is None else np.random.default_rng(seed)


@given(lengths_of_rows, sizes, seeds)
def test_an_epoch_has_every_row_once_in_full_batches(lengths, size, seed):
    examples = ragged(lengths)
    result = make_batches(examples, size, shuffle=generator(seed))
    counted = np.concatenate([b.rows[: b.real] for b in result])
    assert sorted(counted.tolist()) == list(range(len(lengths)))
    assert {len(b.rows) for b in result} == {size}
    assert len(result) == -(-len(lengths) // size)
    assert all(max(lengths[row] for row in b.rows) <= b.steps for b in result)
    assert len({b.steps for b in result}) <= batching.MAX_LENGTHS


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60), st.integers(1, 5))
def test_padded_lengths_are_few_and_pad_every_row_a_little(lengths, most):
    padded = padded_lengths(np.array(lengths), most)
    assert padded == sorted(set(padded))
    assert len(padded) <= most
    own = [min(n for n in padded_lengths(np.array([row])) if n >= row) for row in lengths]
    assert all(one - row < max(4, row / 8) for one, row in zip(own, lengths, strict=True))
    assert padded[-1] == max(own)


def test_padded_lengths_pad_little_where_most_rows_are_short():
    lengths = np.repeat([3, 7, 11, 15, 19], [50, 200, 80, 10, 1])
    assert padded_lengths(lengths) == [8, 12, 20]
    assert padded_lengths(lengths, max_lengths=1) == [20]


@given(lengths_of_rows, sizes, seeds)
def test_rows_whose_outputs_are_alike_in_length_go_together(lengths, size, seed):
    examples = ragged([1] * len(lengths))
    out = RaggedColumn.from_rows([np.ones((n, 1), "float32") for n in lengths])
    forced_examples = replace(examples, targets={"many": out}).with_teacher_forcing(
        "many", start=0, stops=False
    )
    result = make_batches(forced_examples, size, shuffle=generator(seed))
    counted = np.concatenate([b.rows[: b.real] for b in result])
    assert sorted(counted.tolist()) == list(range(len(lengths)))
    kinds = [set(forced_examples.padded_output_lengths[b.rows[: b.real]].tolist()) for b in result]
    several = sum(len(kind) - 1 for kind in kinds)
    assert several < len(padded_lengths(np.array(lengths)))


@given(lengths_of_rows)
def test_large_batches_hold_every_row_once(lengths):
    result = prediction_batches(ragged(lengths))
    assert sorted(np.concatenate([b.rows[: b.real] for b in result])) == list(range(len(lengths)))
    assert all(b.steps == max(lengths[row] for row in b.rows) for b in result)


@given(lengths_of_rows)
def test_the_batches_of_a_validation_are_full_and_of_one_length(lengths):
    result = validation_batches(ragged(lengths))
    assert sorted(np.concatenate([b.rows[: b.real] for b in result])) == list(range(len(lengths)))
    assert len({(b.steps, len(b.rows)) for b in result}) == 1


@given(lengths_of_rows, sizes, seeds)
def test_padded_steps_are_zero_and_marked_as_not_real(lengths, size, seed):
    examples = ragged(lengths)
    for result in make_batches(examples, size, shuffle=generator(seed)):
        arrays = batch_inputs(examples, result)
        for row, values, mask in zip(result.rows, arrays["x"], arrays["mask"], strict=True):
            n = lengths[row]
            np.testing.assert_array_equal(values[:n, 0], 1000.0 * row + 1 + np.arange(n))
            assert not values[n:].any()
            assert mask.tolist() == [True] * n + [False] * (result.steps - n)


@given(lengths_of_rows, sizes, seeds, st.sampled_from([None, 1, 7, 40]))
@example([1, 1, 9], 1, None, None)
@example([2, 30, 4, 1, 9, 17], 2, 0, None)
@example([2, 30, 4, 1, 9, 17], 2, 0, 7)
def test_the_mean_of_batch_losses_is_the_mean_over_real_rows_and_steps(
    lengths, size, seed, steps_out
):
    examples = ragged(lengths, steps_out=steps_out)
    result = make_batches(examples, size, shuffle=generator(seed))
    gathered = {"one": [], "many": []}
    for b in result:
        targets, weights = batch_targets(examples, b, len(result))
        for name in gathered:  # the target stands for its own loss
            loss = targets[name].reshape(weights[name].shape).astype(float)
            gathered[name].append(float((loss * weights[name]).mean()))
    steps = [1000.0 * i + 1 + np.arange(min(n, steps_out or n)) for i, n in enumerate(lengths)]
    assert np.mean(gathered["one"]) == pytest.approx(np.mean(np.arange(len(lengths))), rel=1e-4)
    assert np.mean(gathered["many"]) == pytest.approx(np.mean(np.concatenate(steps)), rel=1e-4)


@given(lengths_of_rows, sizes)
def test_filled_rows_weigh_nothing(lengths, size):
    examples = ragged(lengths)
    result = make_batches(examples, size)
    for b in result:
        _, weights = batch_targets(examples, b, len(result))
        assert (weights["one"][: b.real] > 0).all()
        assert not weights["one"][b.real :].any()
        assert not weights["many"][b.real :].any()


def test_a_class_that_training_never_saw_weighs_nothing():
    labels = RaggedColumn.from_rows(np.array([1, -1, 0], dtype=np.int32))
    examples = Examples(
        {"x": RaggedColumn.from_rows(np.zeros((3, 1), "float32"))}, {"y": labels}, rows=3
    )
    targets, weights = batch_targets(examples, make_batches(examples, 3)[0], 1)
    assert targets["y"].tolist() == [1, 0, 0]
    assert weights["y"].tolist() == [1.5, 0.0, 1.5]  # the mean weight of known labels is 1


def test_rows_of_one_length_are_never_padded():
    block = RaggedColumn.from_rows([np.zeros((5, 2), "float32")] * 3)
    examples = Examples({"x": block}, {}, rows=3, lengths=np.full(3, 5))
    (result,) = make_batches(examples, 4)
    assert batch_inputs(examples, result)["x"].shape == (4, 5, 2)
    assert "mask" not in batch_inputs(examples, result)


def test_a_block_cuts_rows_that_are_too_long():
    block = RaggedColumn.from_rows([np.array([1.0, 2.0, 3.0]), np.array([4.0])])
    assert block.gather(np.array([1, 0]), 2).tolist() == [[4.0, 0.0], [1.0, 2.0]]


def test_a_value_without_steps_is_repeated_along_the_steps_of_another():
    along = RaggedColumn.from_rows(np.array([[7.0], [8.0]])).repeat_along(np.array([0, 1, 3]))
    assert along.flat.ravel().tolist() == [7.0, 8.0, 8.0]
    assert along.lengths.tolist() == [1, 2]


def test_two_epochs_of_one_seed_are_equal_and_the_next_epoch_differs():
    examples = ragged([3, 9, 4, 30, 2, 8, 8, 1, 5, 6])

    def epochs(seed):
        random = np.random.default_rng(seed)
        return [
            [b.rows.tolist() for b in make_batches(examples, 3, shuffle=random)] for _ in range(2)
        ]

    assert epochs(1) == epochs(1)
    first, second = epochs(1)
    assert first != second


@pytest.mark.parametrize("seed", [None, 0])
def test_no_rows_make_no_batches(seed):
    examples = Examples({"x": RaggedColumn.from_rows(np.zeros((0, 1)))}, {}, rows=0)
    assert make_batches(examples, 4, shuffle=generator(seed)) == []


def answers(lengths, *, ids=False):
    """Return rows of facts whose outputs, of different lengths, say where they stand."""
    rows = [1000 * i + 1 + np.arange(n) for i, n in enumerate(lengths)]
    outputs = [row.astype("int32") if ids else row[:, None].astype("float32") for row in rows]
    facts = RaggedColumn.from_rows(np.zeros((len(lengths), 1), "float32"))
    return Examples(
        {"x": facts}, {"y": RaggedColumn.from_rows(outputs)}, rows=len(lengths), steps_out=40
    )


@given(lengths_of_rows, sizes, seeds, st.booleans(), st.sampled_from([0, 2]))
@example([1, 1, 9], 1, None, True, 2)
@example([2, 30, 4, 1, 9, 17], 4, 0, False, 0)
def test_a_decoder_is_fed_its_target_one_step_late(lengths, size, seed, ids, start):
    examples = answers(lengths, ids=ids).with_teacher_forcing("y", start=start, stops=False)
    result = make_batches(examples, size, shuffle=generator(seed))
    for b in result:
        targets, weights = batch_targets(examples, b, len(result))
        forced_examples = batch_inputs(examples, b)["previous"]
        assert forced_examples.shape == targets["y"].shape
        assert forced_examples.dtype == targets["y"].dtype
        np.testing.assert_array_equal(
            forced_examples, shift_right(examples.targets["y"], examples, b)
        )
        for place, row in enumerate(b.rows):
            n, steps = lengths[row], 1000 * row + 1 + np.arange(lengths[row])
            assert targets["y"][place].ravel()[:n].tolist() == steps.tolist()
            assert forced_examples[place].ravel()[:n].tolist() == [start, *steps[:-1]]
            assert (weights["y"][place] > 0).tolist() == [
                place < b.real and k < n for k in range(forced_examples.shape[1])
            ]


@given(lengths_of_rows, sizes, seeds, st.booleans())
@example([1, 1, 9], 1, None, True)
@example([2, 30, 4, 1, 9, 17], 4, 0, False)
def test_the_mean_loss_of_what_is_fed_back_is_over_its_real_steps(lengths, size, seed, ids):
    examples = answers(lengths, ids=ids).with_teacher_forcing("y", start=0, stops=not ids)
    result = make_batches(examples, size, shuffle=generator(seed))
    gathered = {name: [] for name in examples.targets}
    for b in result:
        targets, weights = batch_targets(examples, b, len(result))
        for name in gathered:  # the target stands for its own loss
            loss = targets[name].reshape(weights[name].shape).astype(float)
            gathered[name].append(float((loss * weights[name]).mean()))
    steps = np.concatenate([1000.0 * i + 1 + np.arange(n) for i, n in enumerate(lengths)])
    assert np.mean(gathered["y"]) == pytest.approx(steps.mean(), rel=1e-4)
    if not ids:  # one last step a row
        assert np.mean(gathered["stop"]) == pytest.approx(len(lengths) / len(steps), rel=1e-4)


@given(lengths_of_rows, sizes, seeds)
def test_only_the_last_step_of_a_row_stops_it(lengths, size, seed):
    examples = answers(lengths).with_teacher_forcing("y", start=0, stops=True)
    assert examples.targets["stop"].flat.shape == (sum(lengths), 1)
    for b in make_batches(examples, size, shuffle=generator(seed)):
        targets, weights = batch_targets(examples, b, 1)
        for place, row in enumerate(b.rows):
            expected = [float(k == lengths[row] - 1) for k in range(targets["stop"].shape[1])]
            assert targets["stop"][place, :, 0].tolist() == expected
        np.testing.assert_array_equal(weights["stop"], weights["y"])


@given(lengths_of_rows, sizes, seeds)
def test_what_is_fed_back_is_padded_to_few_lengths_none_too_short(lengths, size, seed):
    examples = answers(lengths).with_teacher_forcing("y", start=0, stops=False)
    padded = set()
    for b in make_batches(examples, size, shuffle=generator(seed)):
        steps = batch_inputs(examples, b)["previous"].shape[1]
        assert steps >= max(lengths[row] for row in b.rows)
        padded.add(steps)
    assert len(padded) <= batching.MAX_LENGTHS


def test_rows_without_targets_are_not_forced():
    bare = Examples({"x": RaggedColumn.from_rows(np.zeros((3, 1), "float32"))}, {}, rows=3)
    forced = bare.with_teacher_forcing("y", start=2, stops=True)
    assert forced.targets == {}
    assert set(batch_inputs(forced, make_batches(forced, 3)[0])) == {"x"}
    assert (forced.feedback, forced.start, forced.steps_out) == ("y", 2, None)


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 90)), min_size=1, max_size=40), sizes)
def test_inputs_with_steps_of_their_own_are_padded_and_masked_by_themselves(pairs, size):
    first, second = (list(lengths) for lengths in zip(*pairs, strict=True))
    other = ragged(second).inputs["x"]
    group = GroupLengths(("x_2",), np.array(second), "mask_2")
    examples = ragged(first)
    examples = replace(examples, inputs={**examples.inputs, "x_2": other}, groups=(group,))
    made = make_batches(examples, size, shuffle=np.random.default_rng(0))
    assert len({b.group_steps for b in made}) <= batching.MAX_GROUP_LENGTHS
    for batch in made:
        arrays = batch_inputs(examples, batch)
        (steps,) = batch.group_steps
        assert arrays["x_2"].shape == (size, steps, 1)
        assert arrays["mask_2"].sum(axis=1).tolist() == [second[row] for row in batch.rows]
        assert not arrays["x_2"][~arrays["mask_2"]].any()
        plain = batch_inputs(ragged(first), replace(batch, group_steps=()))
        for name in plain:
            np.testing.assert_array_equal(arrays[name], plain[name])


def test_rows_of_one_length_need_no_mask_for_their_groups():
    examples = replace(ragged([3, 3]), ragged=False)
    other = ragged([7, 7]).inputs["x"]
    group = GroupLengths(("x_2",), np.array([7, 7]), "mask_2")
    examples = replace(examples, inputs={**examples.inputs, "x_2": other}, groups=(group,))
    (batch,) = prediction_batches(examples)
    assert {name: x.shape for name, x in batch_inputs(examples, batch).items()} == {
        "x": (2, 3, 1),
        "x_2": (2, 7, 1),
    }
