"""Each architecture learns a task that needs its recurrence, and that a blind rival fails."""

import numpy as np
import pytest
from decoder_cases import stepped

from unrolled.backend import keras
from unrolled.from_sizes import build
from unrolled.networks import PREVIOUS, NetworkSpec, build_bundle
from unrolled.settings import Network

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
    assert learned(build("one-to-one", f=2, units=16, layers=2), x, y, epochs=20) > GOOD


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


def taught(spec, inputs, y, *, start, epochs, units=32):
    """Return a decoder's faces, trained on all rows along their true outputs, one step late."""
    built = build_bundle(spec, Network(architecture="decoder", units=units, dropout=0.0))
    previous = np.concatenate([np.full_like(y[:, :1], start), y[:, :-1]], axis=1)
    cross = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    loss = cross if spec.tokens else "mse"
    built.model.compile(optimizer=keras.optimizers.Adam(1e-2), loss=loss)
    fed = {**inputs, PREVIOUS: previous}
    built.model.fit(fed, y, epochs=epochs, batch_size=64, verbose=0)
    return built


def own(built, inputs, y, start):
    """Return the outputs (b u o) of a decoder that is fed its own: the likeliest ids, or numbers.

    Args:
        built: The decoder's faces.
        inputs: By name.
        y: The true outputs, for their sizes alone.
        start: What is fed at the first step.
    """

    def pick(_, said):
        return said["y"].argmax(axis=-1).astype("int32") if y.ndim == 2 else said["y"]

    return stepped(built, inputs, pick, np.full_like(y[:, :1], start), y.shape[1])["y"]


def right(y, said):
    """Return the share of rows (b u) whose every id is right in scores (b u o)."""
    return (said.argmax(axis=-1) == y).all(axis=1).mean()


IDS, START = 10, 2  # a token is from 3 to 9


@pytest.mark.slow
def test_unaligned_decoder_reverses_tokens_that_one_state_cannot_hold(rng):
    x = rng.integers(3, IDS, size=(1536, 8)).astype("int32")
    y = x[:, ::-1].copy()
    sizes = {"u": 8, "values": 0, "embedded": {"word": IDS}, "heads": {"y": IDS}}
    spec = NetworkSpec("unaligned", tokens=True, **sizes)
    built = taught(spec, {"word": x[:1024]}, y[:1024], start=START, epochs=25)
    assert right(y[1024:], own(built, {"word": x[1024:]}, y[1024:], START)) > GOOD

    rival = build_bundle(
        NetworkSpec("unaligned", **sizes), Network(architecture="repeat", units=32)
    ).model
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rival.compile(optimizer=keras.optimizers.Adam(1e-2), loss=loss)
    rival.fit(x[:1024], y[:1024], epochs=25, batch_size=64, verbose=0)
    assert right(y[1024:], rival.predict(x[1024:], batch_size=512, verbose=0)) < BLIND


@pytest.mark.slow
def test_one_to_many_decoder_spells_one_of_a_labels_words_and_not_a_mixture(rng):
    words = rng.integers(3, IDS, size=(6, 2, 5)).astype("int32")  # two a label
    words[:, 1] = (words[:, 0] - 3 + rng.integers(1, 7, size=(6, 5))) % 7 + 3  # alike nowhere
    label = np.repeat(np.arange(6), 64).astype("int32")
    y = words[label, np.tile([0, 1], 192)]
    spec = NetworkSpec(
        "one-to-many", u=5, values=0, embedded={"label": 6}, heads={"y": IDS}, tokens=True
    )
    built = taught(spec, {"label": label}, y, start=START, epochs=40)
    asked = np.repeat(np.arange(6), 32).astype("int32")

    taken = rng.integers(0, 2, size=len(asked))
    first = words[asked, taken][:, :1]  # by which of the two words it begins

    def pick(place, said):
        return first if place == 0 else said["y"].argmax(axis=-1).astype("int32")

    start = np.full((len(asked), 1), START, "int32")
    spelled = stepped(built, {"label": asked}, pick, start, 5)["y"].argmax(axis=-1)
    assert (spelled[:, 1:] == words[asked, taken][:, 1:]).all(axis=1).mean() > GOOD
    both = keras.ops.softmax(own(built, {"label": asked}, y[: len(asked)], START)[:, 0])
    for place in range(2):  # and either word is as likely at first
        chance = np.asarray(both)[np.arange(len(asked)), words[asked, place, 0]]
        assert 0.3 < chance.mean() < 0.7


def test_one_to_many_decoder_draws_a_curve_from_its_own_numbers(rng):
    phase = rng.uniform(0, 2 * np.pi, size=(1024, 1))
    x = np.concatenate([np.sin(phase), np.cos(phase)], axis=1).astype("float32")
    y = np.sin(phase + 2 * np.pi * np.arange(8) / 8)[..., None].astype("float32")
    built = taught(
        NetworkSpec("one-to-many", u=8, values=2), {"x": x[:768]}, y[:768], start=0, epochs=30
    )
    assert explained(y[768:], own(built, {"x": x[768:]}, y[768:], 0)) > GOOD


@pytest.mark.slow
def test_unaligned_decoder_uses_what_was_said_before(rng):
    x = signs(rng, 1536, 5, 1)
    y = np.cumprod(np.concatenate([signs(rng, 1536, 1, 1), x], axis=1), axis=1)[:, :5]
    assert linear(x.reshape(len(x), -1), y) < BLIND  # whatever reads x alone: it starts by chance
    assert alone(y[:, :-1], y[:, 1:]) < BLIND  # and what reads the step before alone
    spec = NetworkSpec("unaligned", u=5, values=1)
    built = taught(spec, {"x": x[:1024]}, y[:1024], start=0, epochs=60)
    previous = np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], axis=1)
    said = built.model.predict_on_batch({"x": x[1024:], PREVIOUS: previous[1024:]})
    assert explained(y[1024:, 1:], said[:, 1:]) > GOOD
