"""A compiled decoder compiles once, and reads the weights of the moment."""

import numpy as np
import pytest
from decoders import END, START, Recurrent, compiled_loop, ops, recurrent, told

from unrolled.backend import keras
from unrolled.inference.decoding import (
    compile_function,
    decode_by_beam_search,
    decode_by_sampling,
    decode_greedily,
    decode_tokens,
)
from unrolled.settings import Decoding

layers = keras.layers
MARKS = {"start": START, "end": END, "most": 6}


class Decoder:
    """A Keras model of one step, with layers that hold variables no gradient changes."""

    def __init__(self, ids=5, units=4):
        previous, h = keras.Input((), dtype="int32"), keras.Input((units,))
        x = layers.Dropout(0.5, seed=0)(layers.Embedding(ids, units)(previous))
        x = layers.BatchNormalization()(x)
        x, state = layers.GRUCell(units, dropout=0.5, seed=0)(x, [h])
        self.model = keras.Model([previous, h], [layers.Dense(ids)(x), state[0]])
        self.traces = 0
        self.scramble(0)

    def scramble(self, seed):
        random = np.random.default_rng(seed)
        for weight in self.model.weights:
            if "seed" not in weight.path:
                weight.assign(random.uniform(0.1, 1.0, weight.shape) ** 2)
        for weight in self.model.trainable_weights:
            weight.assign(random.normal(size=weight.shape))

    def step(self, previous, states, _memory):
        return self.model([previous, states], training=False)

    def decoded(self, states):
        self.traces += 1
        return decode_greedily(self.step, states, (), **MARKS)


def begun():
    return np.random.default_rng(9).normal(size=(7, 4)).astype("float32")


def test_new_weights_are_read_and_compile_nothing():
    decoder = Decoder()
    fast = compile_function(decoder.decoded, decoder.model.variables)
    found = [told(fast(begun()))]
    for seed in (1, 2):
        decoder.scramble(seed)
        found.append(told(fast(begun())))
        assert found[-1] == about(told(decode_greedily(decoder.step, begun(), (), **MARKS)))
    assert found[0] != found[1] != found[2]
    assert decoder.traces == 1


def about(rows):
    """Return hypotheses whose scores compare within rounding."""
    return [
        [(ids, pytest.approx(score, abs=1e-5), ended) for ids, score, ended in row] for row in rows
    ]


def test_other_rows_compile_again_and_the_same_number_does_not():
    decoder = Decoder()
    fast = compile_function(decoder.decoded, decoder.model.variables)
    for rows in (7, 3, 7, 3):
        assert fast(begun()[:rows]).ids.shape == (rows, 1, 6)
    assert decoder.traces == 2


def test_what_a_layer_writes_is_dropped():
    generator = keras.random.SeedGenerator(3)

    def drawn(x):
        return x + keras.random.uniform((2,), seed=generator)

    fast = compile_function(drawn, [generator.state])
    before = ops.convert_to_numpy(generator.state)
    first, again = (ops.convert_to_numpy(fast(np.zeros(2, "float32"))) for _ in range(2))
    assert (first == again).all()
    assert (ops.convert_to_numpy(generator.state) == before).all()


@pytest.mark.parametrize(
    ("settings", "loop", "how"),
    [
        (Decoding(), decode_greedily, {"most": 6}),
        (Decoding(max_steps=9), decode_greedily, {"most": 9}),
        (
            Decoding(beam=4, n_best=3, length_penalty=0.3),
            decode_by_beam_search,
            {"most": 6, "width": 4, "n_best": 3, "length_penalty": 0.3},
        ),
        (
            Decoding(samples=5, temperature=0.7, top_k=3, top_p=0.9, seed=4),
            decode_by_sampling,
            {"most": 6, "samples": 5, "temperature": 0.7, "top_k": 3, "top_p": 0.9, "seed": 4},
        ),
    ],
    ids=["greedy", "a limit", "a beam", "draws"],
)
def test_decode_runs_the_loop_that_settings_ask_for(settings, loop, how):
    model = Recurrent(0, rows=4)
    for forbidden in ((), (3,)):
        found = decode_tokens(
            recurrent, *model.parts(), **MARKS, settings=settings, forbidden=forbidden
        )
        assert found.ids.shape[-1] == how["most"]
        expected = compiled_loop(loop, **how, forbidden=forbidden)(*model.parts())
        assert told(found) == about(expected)
