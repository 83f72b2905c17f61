"""Scheduled sampling feeds a decoder its own predictions as often as its schedule says."""

import numpy as np
import pytest
from scipy.optimize import brentq

from unrolled.backend import keras
from unrolled.data.batches import Examples, batch_inputs, make_batches
from unrolled.data.block import RaggedColumn
from unrolled.networks import NetworkSpec, build_bundle
from unrolled.settings import Network, Training
from unrolled.training import fit, losses
from unrolled.training.dataset import ValidationDataset
from unrolled.training.scheduled_sampling import ScheduledSampling

DRAWS, TOTAL, IDS = 20_000, 100, 5
SCHEDULES = ("linear", "inverse-sigmoid")


def expected(schedule, step, total):
    """Return the probability of the true output, by the paper's formulas."""
    if schedule == "linear":
        return max(0.0, 1 - step / total)
    k = brentq(lambda k: k / (k + np.exp(total / 2 / k)) - 0.5, 1.01, 1e6)
    return k / (k + np.exp(step / k))


def make_inputs(*, ids=True, rows=1, steps=DRAWS + 1):
    """Return true outputs that are all 2, and predictions that are all 3."""
    logits = np.zeros((rows, steps, 5), "float32")
    logits[..., 3] = 1
    if ids:
        return [np.full((rows, steps), 2, "int32"), logits]
    return [np.full((rows, steps, 3), 2, "float32"), np.full((rows, steps, 3), 3, "float32")]


def apply(layer, inputs, *, training=True):
    return keras.ops.convert_to_numpy(layer(inputs, training=training))


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("ids", [True, False], ids=["ids", "numbers"])
@pytest.mark.parametrize("step", [0, 10, 50, 75, 99])
def test_the_fraction_of_true_outputs_follows_the_schedule(schedule, ids, step):
    layer, probability = ScheduledSampling(schedule, TOTAL, seed=3), expected(schedule, step, TOTAL)
    layer.step.assign(step)
    fed = apply(layer, make_inputs(ids=ids))[:, 1:]
    if not ids:  # all numbers of a step are replaced together
        assert (fed == fed[..., :1]).all()
        fed = fed[..., 0]
    error = np.sqrt(probability * (1 - probability) / DRAWS)
    assert (fed == 2).mean() == pytest.approx(probability, abs=5 * error + 1e-9)


@pytest.mark.parametrize("total", [1, 2, 7, 100, 30_000])
def test_the_inverse_sigmoid_is_one_half_in_the_middle_and_only_falls(total):
    layer = ScheduledSampling("inverse-sigmoid", total)
    probabilities = [float(layer.true_probability(step)) for step in np.linspace(0, total, 9)]
    assert probabilities[4] == pytest.approx(0.5, abs=1e-3)
    assert probabilities == sorted(probabilities, reverse=True)
    assert float(layer.true_probability(1e9)) == 0


def test_after_all_steps_of_the_linear_schedule_only_predictions_are_fed():
    layer = ScheduledSampling("linear", TOTAL)
    for step in (TOTAL, TOTAL + 50):
        layer.step.assign(step)
        fed = apply(layer, make_inputs())
        assert fed[0, 0] == 2  # the start is never replaced
        assert (fed[:, 1:] == 3).all()


def test_predicted_ids_are_never_padding_or_unknown_and_rows_keep_their_lengths():
    layer = ScheduledSampling("linear", 1)
    layer.step.assign(1)
    logits = np.zeros((1, 5, IDS), "float32")
    logits[..., :4] = [4, 3, 1, 2]
    fed = apply(layer, [np.array([[2, 4, 4, 0, 0]], "int32"), logits])
    assert fed.tolist() == [[2, 3, 3, 0, 0]]


@pytest.mark.parametrize("ids", [True, False], ids=["ids", "numbers"])
def test_a_prediction_is_that_of_the_step_before(ids):
    rng, layer = np.random.default_rng(0), ScheduledSampling("linear", 1)
    layer.step.assign(1)
    outputs = rng.normal(size=(4, 6, IDS)).astype("float32")
    true = np.full((4, 6), 9, "int32") if ids else np.full((4, 6, IDS), 9, "float32")
    fed = apply(layer, [true, outputs])
    predicted = outputs[..., 2:].argmax(axis=-1) + 2 if ids else outputs
    np.testing.assert_array_equal(fed[:, 0], true[:, 0])
    np.testing.assert_array_equal(fed[:, 1:], predicted[:, :-1])


def test_every_row_and_every_call_is_drawn_anew():
    layer = ScheduledSampling("linear", 2)
    fed = []
    for _ in range(2):
        layer.step.assign(1)
        fed.append(apply(layer, make_inputs(rows=2)))
    assert not (fed[0][0] == fed[0][1]).all()
    assert not (fed[0] == fed[1]).all()


def test_outside_training_nothing_is_replaced_and_no_step_is_counted():
    layer = ScheduledSampling("linear", 1)
    layer.step.assign(1)
    np.testing.assert_array_equal(apply(layer, make_inputs(), training=False), make_inputs()[0])
    assert float(layer.step) == 1


def test_each_call_in_training_is_one_step():
    layer = ScheduledSampling("linear", TOTAL)
    for calls in range(1, 4):
        apply(layer, make_inputs(steps=2))
        assert float(layer.step) == calls


def make_decoder(schedule, *, epochs=3, tokens=True, stops=False):
    """Return the network of a decoder, the model that is trained, its rows, and the settings."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(2, IDS, size=n).astype("int32") for n in rng.integers(1, 6, 20)]
    outputs = rows if tokens else [row[:, None].astype("float32") for row in rows]
    facts = rng.normal(size=(20, 3)).astype("float32")
    examples = Examples(
        {"x": RaggedColumn.from_rows(facts)}, {"y": RaggedColumn.from_rows(outputs)}, rows=20
    )
    examples = examples.with_teacher_forcing("y", start=2 if tokens else 0, stops=stops)
    o = IDS if tokens else 1
    spec = NetworkSpec("one-to-many", u=5, values=3, heads={"y": o}, tokens=tokens, stops=stops)
    keras.utils.set_random_seed(0)
    network = build_bundle(spec, Network(architecture="decoder", units=4)).model
    settings = Training(
        epochs=epochs, batch_size=8, learning_rate=0.01, patience=9, scheduled_sampling=schedule
    ).model_copy(update={"verbose": False})
    return network, fit._training_model(network, examples, settings), examples, settings


def sampling_layers(model):
    return [layer for layer in model.layers if isinstance(layer, ScheduledSampling)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [{}, {"tokens": False}, {"tokens": False, "stops": True}], ids=str)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_fit_counts_its_training_batches_and_no_others(schedule, kind):
    _, model, examples, settings = make_decoder(schedule, **kind)
    (layer,) = sampling_layers(model)
    assert layer.total_steps == 9  # three epochs of three batches of eight
    losses.compile_network(model, examples, settings)
    fed = ValidationDataset(examples, make_batches(examples, 8))
    for epoch in range(1, 3):
        model.fit(fed, validation_data=fed, epochs=1, shuffle=False, verbose=0)
        assert float(layer.step) == 3 * epoch


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_model_that_is_trained_has_the_outputs_of_the_network(schedule):
    network, model, examples, _ = make_decoder(schedule)
    sampling_layers(model)[0].step.assign(10**6)
    inputs = batch_inputs(examples, make_batches(examples, 20)[0])
    np.testing.assert_array_equal(model.predict_on_batch(inputs), network.predict_on_batch(inputs))


def test_at_the_end_of_the_schedule_training_no_longer_sees_the_true_outputs():
    _, model, examples, _ = make_decoder("linear")
    inputs = batch_inputs(examples, make_batches(examples, 20)[0])
    other = {**inputs, "previous": inputs["previous"].copy()}
    sampling_layers(model)[0].step.assign(10**6)
    outputs = keras.ops.convert_to_numpy(model(inputs, training=True))
    # The first prediction depends on the start, which stays; the next ones on true outputs, once.
    ids = other["previous"][:, 1]
    other["previous"][:, 1] = np.where(ids > 0, 2 + (ids - 1) % 3, 0)  # the next known one
    np.testing.assert_array_equal(
        keras.ops.convert_to_numpy(model(other, training=True))[:, 1], outputs[:, 1]
    )
    sampling_layers(model)[0].step.assign(0)
    assert not np.array_equal(
        keras.ops.convert_to_numpy(model(other, training=True))[:, 1], outputs[:, 1]
    )


def test_it_is_off_by_default():
    assert Training().scheduled_sampling == "none"
    network, model, _, _ = make_decoder("none")
    assert sampling_layers(model) == []
    assert len(model.weights) == len(network.weights)


def test_without_a_decoder_there_is_no_scheduled_sampling():
    x, y = (
        RaggedColumn.from_rows(np.zeros((4, 3), "float32")),
        RaggedColumn.from_rows(np.zeros((4, 1), "float32")),
    )
    network = build_bundle(NetworkSpec("one-to-one", values=3), Network(units=4)).model
    settings = Training(scheduled_sampling="linear")
    model = fit._training_model(network, Examples({"x": x}, {"y": y}, rows=4), settings)
    assert sampling_layers(model) == []


@pytest.mark.slow
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_fitted_network_is_saved_and_loaded_without_the_layer(schedule, tmp_path):
    network, _, examples, settings = make_decoder(schedule)
    earlier = [weight.copy() for weight in network.get_weights()]
    history = fit.fit(network, examples, examples, settings)
    assert all(np.isfinite(history.loss))
    assert any((a != b).any() for a, b in zip(earlier, network.get_weights(), strict=True))
    assert not [weight for weight in network.weights if weight.path.endswith("step")]
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    inputs = batch_inputs(examples, make_batches(examples, 20)[0])
    np.testing.assert_array_equal(loaded.predict_on_batch(inputs), network.predict_on_batch(inputs))
