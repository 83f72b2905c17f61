"""Rare classes count as much as frequent ones, in training and in what ends it."""

import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import recall_score
from sklearn.utils.class_weight import compute_class_weight, compute_sample_weight

import unrolled
from unrolled.data.batches import Examples, batch_targets, make_batches
from unrolled.data.block import RaggedColumn
from unrolled.data.encoders.labels import balanced_class_weights
from unrolled.errors import SettingError

RNG = np.random.default_rng(0)
LABELS = RNG.choice(["rare", "some", "often"], 300, p=[0.06, 0.24, 0.7])
VALUES = np.select([LABELS == "rare", LABELS == "some"], [1.0, -1.0]) + RNG.normal(size=300)
TABLE = {"a": VALUES.tolist(), "label": LABELS.tolist()}


def fitted(table=TABLE, output="label", **settings):
    training = unrolled.Training(epochs=10, verbose=False, **settings)
    network = unrolled.Network(units=8, dropout=0.0)
    made = unrolled.SequenceModel("a", output, network=network, training=training)
    return made.fit(table, validation=table)


def test_the_weights_are_those_of_scikit_learn():
    ids = np.unique(LABELS, return_inverse=True)[1]
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=ids)
    np.testing.assert_allclose(balanced_class_weights(ids, 3), theirs)


def test_each_row_weighs_what_its_class_does_and_filled_places_nothing():
    targets = {"y": RaggedColumn(np.array([0, 1, 1, 1, -1], "int32"))}
    rows = Examples(
        {"x": RaggedColumn(np.zeros((5, 1)))}, targets, 5, class_weights={"y": np.array([3, 2])}
    )
    (batch,) = make_batches(rows, 8)
    assert batch_targets(rows, batch, 1)[1]["y"].tolist() == pytest.approx(
        [3 * 8 / 4, *[2 * 8 / 4] * 3, 0, 0, 0, 0]  # the row of an unknown class does not count
    )


def test_the_loss_that_ends_training_is_weighted_too():
    model = fitted(class_weight="balanced", label_smoothing=0)
    trained = model._trained
    said = model.model_.predict_on_batch(
        trained.encoder.encode(unrolled.data.tables.table.Table({"a": VALUES}, 300), targets=False)
        .inputs["x"]
        .flat
    )
    ids = trained.encoder.encoders["label"].encode(TABLE["label"])
    loss = -np.take_along_axis(log_softmax(said.astype(float), axis=-1), ids[:, None], axis=1)[:, 0]
    weights = compute_sample_weight("balanced", ids)
    kept = model.history_.validation[model.history_.best_epoch - 1]
    assert np.average(loss, weights=weights) == pytest.approx(kept, rel=1e-4)
    assert loss.mean() != pytest.approx(kept, rel=1e-2)


def test_rare_rows_are_found_more_often():
    recalls = [
        recall_score(
            LABELS, fitted(**given).predict(TABLE)["label"], average=None, labels=["rare"]
        )[0]
        for given in ({}, {"class_weight": "balanced"})
    ]
    assert recalls[1] > recalls[0] + 0.3


def test_without_a_category_there_is_nothing_to_weight():
    with pytest.raises(SettingError) as caught:
        fitted({"a": VALUES, "y": VALUES**2}, "y", class_weight="balanced")
    assert str(caught.value) == (
        "class_weight='balanced' of Training has no effect: no output is a category, labels"
        " or tags. Leave class_weight out."
    )
