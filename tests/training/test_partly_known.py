"""What is not known of an output weighs nothing: as in plain Keras with `sample_weight`."""

import numpy as np
import pytest

import unrolled
from unrolled.backend import keras
from unrolled.data.batches import (
    Examples,
    batch_targets,
    make_batches,
    partly_known_outputs,
)
from unrolled.data.block import RaggedColumn
from unrolled.training import losses

RNG = np.random.default_rng(0)
TRAINING = unrolled.Training(
    epochs=1, batch_size=8, learning_rate=0.01, decay="plateau", label_smoothing=0, loss="squared"
)


def rows_of(y):
    """Return examples of steps with a target (b t o) or (b t) of ids."""
    x = RNG.normal(size=(*y.shape[:2], 3)).astype("float32")
    columns = [RaggedColumn.from_rows(list(part)) for part in (x, y)]
    return x, Examples({"x": columns[0]}, {"y": columns[1]}, len(y), columns[0].lengths)


def network(size):
    inputs = keras.Input((5, 3), name="x")
    return keras.Model(inputs, keras.layers.Dense(size, kernel_initializer="ones")(inputs))


def weights_after_a_batch(model, x, y, weights):
    model.train_on_batch(x, y, sample_weight=weights)
    return [np.asarray(w) for w in model.get_weights()]


@pytest.mark.parametrize("kind", ["numbers", "labels"])
def test_loss_and_gradients_are_those_of_sample_weights_in_plain_keras(kind):
    known = RNG.random((8, 5)) < 0.4
    if kind == "numbers":
        y = np.where(known, RNG.normal(size=(8, 5)), np.nan)[..., None].astype("float32")
        size, filled, loss = 1, np.nan_to_num(y), keras.losses.MeanSquaredError()
    else:
        y = np.where(known, RNG.integers(0, 4, (8, 5)), -1).astype("int32")
        size, filled = 4, np.maximum(y, 0)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    x, examples = rows_of(y)
    (batch,) = make_batches(examples, 8)
    targets, weights = batch_targets(examples, batch, 1)
    ours, plain = network(size), network(size)
    losses.compile_network(ours, examples, TRAINING)
    plain.compile(optimizer=keras.optimizers.Adam(0.01, clipnorm=1.0), loss=loss)
    by_hand = known * (known.size / known.sum())  # the mean of the loss over the known steps
    assert weights["y"] == pytest.approx(by_hand)
    found = ours.test_on_batch(x, targets["y"], sample_weight=weights["y"])
    assert float(found) == pytest.approx(
        float(plain.test_on_batch(x, filled, sample_weight=by_hand)), rel=1e-5
    )
    after = weights_after_a_batch(ours, x, targets["y"], weights["y"])
    expected = weights_after_a_batch(plain, x, filled, by_hand)
    for one, other in zip(after, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_numbers_of_a_step_that_is_known_in_part_do_not_count():
    y = RNG.normal(size=(8, 5, 2)).astype("float32")
    y[RNG.random(y.shape) < 0.3] = np.nan
    x, examples = rows_of(y)
    assert partly_known_outputs(examples) == ("y",)
    (batch,) = make_batches(examples, 8)
    targets, weights = batch_targets(examples, batch, 1)
    model = network(2)
    known = ~np.isnan(y)
    squares = (np.nan_to_num(y) - np.asarray(model(x))) ** 2
    error = np.asarray(losses.known_error("squared")(targets["y"], model(x)))
    assert (error * weights["y"]).mean() == pytest.approx(squares[known].mean(), rel=1e-5)


def test_labels_of_a_set_that_are_not_known_do_not_count():
    bits = RNG.integers(0, 2, (8, 3)).astype("float32")
    bits[0, 1], bits[1] = np.nan, np.nan
    logits = RNG.normal(size=(8, 3)).astype("float32")
    known = ~np.isnan(bits)
    stock = keras.ops.binary_crossentropy(np.nan_to_num(bits), logits, from_logits=True)
    ours = np.asarray(losses.known_cross_entropy()(bits, logits)) * 3
    np.testing.assert_allclose(ours, (np.asarray(stock) * known).sum(axis=1), rtol=1e-5)
    class_weights = np.array([[1, 2, 3], [4, 5, 6]], "float32")
    weighted = np.asarray(losses.known_cross_entropy(class_weights)(bits, logits)) * 3
    by_hand = np.asarray(stock) * np.where(bits > 0, class_weights[1], class_weights[0]) * known
    np.testing.assert_allclose(weighted, by_hand.sum(axis=1), rtol=1e-5)


def test_padding_and_gaps_together():
    lengths = [2, 5, 3, 1]
    rows = [np.full((n, 1), np.nan, "float32") for n in lengths]
    for row, steps in zip(rows, ([1], [0, 4], [2], []), strict=True):
        row[steps] = 1.0
    x = RaggedColumn.from_rows([np.zeros((n, 1), "float32") for n in lengths])
    examples = Examples(
        {"x": x}, {"y": RaggedColumn.from_rows(rows)}, 4, np.array(lengths), ragged=True
    )
    total = 0.0
    batches = make_batches(examples, 2)
    for batch in batches:
        targets, weights = batch_targets(examples, batch, len(batches))
        assert not np.isnan(targets["y"]).any()
        total += float(weights["y"].mean())
    assert total / len(batches) == pytest.approx(1)  # the mean of 1 over the known steps
