"""Each architecture learns a task that needs its recurrence, and that a blind rival fails."""

import numpy as np
import pytest

from unrolled.backend import keras as import_keras
from unrolled.bare import build

keras = import_keras()
GOOD, BLIND = 0.9, 0.5  # shares of variance explained


@pytest.fixture(autouse=True)
def rng():
    """Seed the weights, and return the source of the data."""
    keras.utils.set_random_seed(0)
    return np.random.default_rng(0)


def explained(y, predicted):
    """Return the share of variance explained, 1 for perfect and 0 for the mean."""
    return 1 - np.mean((y - predicted) ** 2) / np.mean((y - y.mean(axis=0)) ** 2)


def linear(x, y):
    """Return the score of the best linear map from the features (b, f) to all of y."""
    features = np.c_[x, np.ones(len(x))]
    flat = y.reshape(len(y), -1)
    return explained(flat, features @ np.linalg.lstsq(features, flat, rcond=None)[0])


def bag(x):
    """Return what is left of the steps (b, t, f) without their order."""
    ordered = np.sort(x, axis=1).reshape(len(x), -1)
    mean = x.mean(axis=1)
    return np.c_[ordered, mean, mean**2]


def alone(x, y):
    """Return the score of reading each step by itself, with a linear map of its own."""
    return np.mean([linear(x[:, k], y[:, k]) for k in range(1, y.shape[1])])


def learned(model, x, y, *, epochs):
    """Train on three quarters of the rows and return the score on the rest."""
    cut = len(x) * 3 // 4
    model.compile(optimizer=keras.optimizers.Adam(1e-2), loss="mse")
    model.fit(x[:cut], y[:cut], epochs=epochs, batch_size=64, verbose=0)
    return explained(y[cut:], model.predict(x[cut:], batch_size=len(x) - cut, verbose=0))


def signs(rng, *size):
    return rng.choice([-1.0, 1.0], size=size).astype("float32")


def test_dense_learns_a_product_of_facts(rng):
    x = rng.uniform(-1, 1, size=(1024, 2)).astype("float32")
    y = x[:, :1] * x[:, 1:]
    assert linear(x, y) < BLIND
    assert learned(build("one-to-one", f=2, units=16), x, y, epochs=20) > GOOD


def test_one_to_many_repeat_learns_a_curve_from_its_phase(rng):
    phase = rng.uniform(0, 2 * np.pi, size=(1024, 1))
    x = np.concatenate([np.sin(phase), np.cos(phase)], axis=1).astype("float32")
    y = np.sin(phase + 2 * np.pi * np.arange(8) / 8)[..., None].astype("float32")
    flat = np.broadcast_to(y.mean(axis=1, keepdims=True), y.shape)  # knows all but the step
    assert explained(y, flat) < BLIND
    assert learned(build("one-to-many", f=2, u=8, units=16), x, y, epochs=25) > GOOD


def test_last_remembers_the_first_step(rng):
    x = signs(rng, 1024, 7, 1)
    y = x[:, 0]
    assert linear(bag(x), y) < BLIND
    model = build("many-to-one", architecture="last", t=7, units=16)
    assert learned(model, x, y, epochs=25) > GOOD


def test_pooled_counts_the_changes_in_a_row(rng):
    x = signs(rng, 1024, 8, 1)
    y = (x[:, 1:] != x[:, :-1]).sum(axis=1).astype("float32")
    assert linear(bag(x), y) < BLIND
    model = build("many-to-one", architecture="pooled", t=8, units=8)
    assert learned(model, x, y, epochs=25) > GOOD


def test_steps_learns_running_parity(rng):
    x = signs(rng, 1024, 6, 1)
    y = np.cumprod(x, axis=1)
    assert alone(x, y) < BLIND
    model = build("aligned", t=6, units=16, bidirectional=False)
    assert learned(model, x, y, epochs=60) > GOOD


def test_tail_learns_an_echo_of_two_steps_before(rng):
    x = signs(rng, 1024, 7, 1)
    y = x[:, 1:5]
    assert alone(x[:, 3:], y) < BLIND
    model = build("unaligned", architecture="tail", t=7, u=4, units=16)
    assert learned(model, x, y, epochs=25) > GOOD


def test_padded_repeats_the_input_once_it_was_read(rng):
    x = signs(rng, 1024, 4, 1)
    y = x[:, :3]
    assert linear(bag(x), y) < BLIND
    model = build("unaligned", architecture="padded", t=4, u=3, units=24)
    assert learned(model, x, y, epochs=60) > GOOD


def test_vector_continues_a_wave(rng):
    start = rng.uniform(0, 2 * np.pi, size=(1024, 1))
    wave = np.sin(start + 2 * np.pi * np.arange(12) / 8)[..., None].astype("float32")
    x, y = wave[:, :8], wave[:, 8:]
    assert linear(bag(x), y) < BLIND
    model = build("unaligned", architecture="vector", t=8, u=4, units=16)
    assert learned(model, x, y, epochs=15) > GOOD


def test_unaligned_repeat_learns_to_reverse(rng):
    x = signs(rng, 1024, 4, 1)
    y = x[:, ::-1][:, :3]
    assert linear(bag(x), y) < BLIND
    assert learned(build("unaligned", t=4, u=3, units=24), x, y, epochs=60) > GOOD
