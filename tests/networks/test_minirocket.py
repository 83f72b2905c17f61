"""Patterns in rows of numbers: how often each stands, whatever the padding."""

import numpy as np
import pytest

import unrolled
from unrolled.backend import keras
from unrolled.networks import NetworkSpec, build_bundle, minirocket
from unrolled.settings import Network

RNG = np.random.default_rng(0)
F = 3
LENGTHS = [20, 9, 33, 5]
ROWS = [RNG.normal(size=(length, F)).astype("float32") for length in LENGTHS]


def shares(row, weights):
    """Return how often each pattern stands in a row, one place and one filter at a time."""
    found = []
    for apart, (kernel, bias) in zip(minirocket.DILATIONS, weights, strict=True):
        reach = apart * 4
        wide = np.pad(row, ((reach, reach), (0, 0)))
        places = [wide[place : place + 9 * apart : apart] for place in range(len(row))]
        given = np.array([[(w * k).sum() for k in np.moveaxis(kernel, 2, 0)] for w in places])
        found.append((given + bias > 0).mean(axis=0))
    return np.concatenate(found)


def seen(rows, weights, *, steps, padding=0.0):
    """Return what the network sees of rows padded to some steps."""
    x, mask = keras.Input((None, F)), keras.Input((None,), dtype="bool")
    told, filters = minirocket.minirocket_features(x, mask)
    for layer, each in zip(filters, weights, strict=True):
        layer.set_weights(each)
    padded = np.full((len(rows), steps, F), padding, "float32")
    for place, row in zip(padded, rows, strict=True):
        place[: len(row)] = row
    real = np.arange(steps) < np.array(list(map(len, rows)))[:, None]
    return keras.Model([x, mask], told).predict_on_batch([padded, real]) / minirocket.SCALE


@pytest.mark.parametrize(("steps", "padding"), [(33, 0.0), (33, 7.0), (64, -9.0)])
def test_a_share_is_of_the_real_steps(steps, padding):
    weights = minirocket.fit_filters(ROWS)
    wanted = [shares(row, weights) for row in ROWS]
    said = seen(ROWS, weights, steps=steps, padding=padding)
    np.testing.assert_allclose(said, wanted, atol=1e-6)


def test_filters_add_up_to_nothing_and_are_all_different():
    assert minirocket.FILTERS.shape == (84, 9)
    assert (minirocket.FILTERS.sum(axis=1) == 0).all()
    assert len(np.unique(minirocket.FILTERS, axis=0)) == 84


def test_every_filter_sees_a_channel_and_some_see_several():
    for kernel, _ in minirocket.fit_filters(ROWS):
        channels = (kernel != 0).any(axis=0).sum(axis=0)
        assert set(channels) == {1, 2, 3}


def test_steps_that_give_just_the_threshold_are_below_it_however_they_are_rounded():
    rows = [np.full((30, F), value, "float32") for value in (0.1, 1 / 3, 77.7)]
    weights = minirocket.fit_filters(rows)
    wanted = [shares(row.astype("float64"), weights) for row in rows]
    np.testing.assert_allclose(seen(rows, weights, steps=30), wanted, atol=1e-6)


def test_channels_that_stay_the_same_are_not_looked_at():
    rows = [np.column_stack([row[:, :1], np.full(len(row), i)]) for i, row in enumerate(ROWS)]
    for kernel, _ in minirocket.fit_filters(rows):
        assert (kernel != 0).any(axis=0).sum(axis=1).tolist() == [84, 0]


def test_where_nothing_moves_nothing_is_seen():
    assert all(
        (kernel == 0).all() for kernel, _ in minirocket.fit_filters([np.ones((12, F), "float32")])
    )


def test_thresholds_are_found_from_some_steps_of_long_rows(monkeypatch):
    monkeypatch.setattr(minirocket, "MAX_RESPONSES", 4)
    assert all(np.isfinite(bias).all() for _, bias in minirocket.fit_filters(ROWS))


@pytest.mark.parametrize(
    ("values", "steps", "there"),
    [
        (1, None, True),
        (1, 9, True),
        (1, 8, False),
        (1, 2001, False),
        (0, None, False),
        (65, None, False),
    ],
)
def test_patterns_are_looked_for_in_rows_that_are_long_enough_and_not_too_wide(
    values, steps, there
):
    assert minirocket.suits(values, steps) == there


def test_numbers_beside_a_text_are_not_looked_through_for_patterns():
    rows = ["a good long word or two of it all here", "a bad one"] * 10
    table = {"text": rows, "size": [1.0, 2.0, 3.0, 4.0] * 5, "label": ["x", "y"] * 10}
    made = unrolled.SequenceModel(
        {"text": "words", "size": "number"},
        {"label": "category"},
        network=Network(units=4),
        training=unrolled.Training(epochs=1, verbose=False),
    ).fit(table)
    assert (made._trained.spec.linear_numbers, made._trained.spec.minirocket) == (True, False)


def test_filters_are_not_trained():
    spec = {
        "values": F,
        "ragged": True,
        "linear_numbers": True,
        "heads": {"y": 4},
        "labels": ("y",),
    }
    made = build_bundle(NetworkSpec("many-to-one", **spec, minirocket=True), Network(units=4))
    (path,) = (paths["y"] for paths in made.linear_branches)
    trained = {id(weight) for weight in made.model.trainable_weights}
    assert len(path.filters) == len(minirocket.DILATIONS)
    assert not any(id(weight) in trained for layer in path.filters for weight in layer.weights)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [1, 2])
def test_rows_told_apart_by_a_short_pattern_alone(seeds, tmp_path):
    """Waves and noise with the same mean, spread, and numbers at any place."""
    rng = np.random.default_rng(1)
    rows, labels = [], []
    for i in range(120):
        t = rng.integers(20, 40)
        wave = np.sin(2 * np.pi * (np.arange(t) / 6 + rng.random()))
        rows.append((wave if i % 2 else rng.permutation(wave)).tolist())
        labels.append("wave" if i % 2 else "noise")
    table = {"row": rows, "label": labels}
    training = unrolled.Training(epochs=1, seeds=seeds, verbose=False)
    network = unrolled.Network(units=4)
    made = unrolled.SequenceModel(
        {"row": "numbers"}, {"label": "category"}, network=network, training=training
    ).fit({name: values[:90] for name, values in table.items()})
    new = {name: values[90:] for name, values in table.items()}
    assert made._trained.spec.minirocket
    assert made.evaluate(new).main > 0.9
    assert made.code().count("trainable=False") == len(minirocket.DILATIONS)
    again = unrolled.load(made.save(tmp_path / "model"))
    assert again.predict(new)["label"] == made.predict(new)["label"]
