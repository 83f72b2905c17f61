"""Many models in one process leave nothing behind: no network, no thread, no open file."""

import gc
import os
from pathlib import Path

import pytest

import unrolled
from unrolled.backend import keras

FEW = unrolled.Training(epochs=1, batch_size=16, verbose=False)
SMALL = unrolled.Network(units=4)
TABLE = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
SAID = {"word": ["ab", "b", "abba"] * 6, "said": ["a b", "b", "a b b a"] * 6}


def number():
    unrolled.SequenceModel("x", "y", network=SMALL, training=FEW).fit(TABLE).predict(TABLE)


def written():
    made = unrolled.SequenceModel(
        {"word": "characters"}, {"said": "tokens"}, shape="unaligned", network=SMALL, training=FEW
    )
    made.fit(SAID).predict(SAID)


def left():
    """Return how many Keras models, threads and open files there are."""
    gc.collect()
    models = sum(isinstance(one, keras.Model) for one in gc.get_objects())
    return models, len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="there is no /proc")
@pytest.mark.parametrize("kind", [number, written])
def test_a_model_that_is_gone_leaves_nothing(kind):
    for _ in range(2):
        kind()
    before = left()
    for _ in range(4):
        kind()
    assert left() == before
