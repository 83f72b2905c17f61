"""A compiled decoder is compiled once, and reads the current weights."""

import numpy as np
import pytest
from decoders import END, START, Recurrent, compiled_loop, hypotheses_of, ops, recurrent

from unrolled.backend import keras
from unrolled.inference.compile import compile_function
from unrolled.inference.decoding import (
    decode_by_beam_search,
    decode_by_sampling,
    decode_greedily,
    decode_tokens,
)
from unrolled.settings import Decoding

layers = keras.layers
MARKS = {"start": START, "end": END, "max_steps": 6}


class Decoder:
    """A Keras model of one step; some of its layers have variables that are not trained."""

    def __init__(self, ids=5, units=4):
        previous, h = keras.Input((), dtype="int32"), keras.Input((units,))
        x = layers.Dropout(0.5, seed=0)(layers.Embedding(ids, units)(previous))
        x = layers.BatchNormalization()(x)
        x, state = layers.GRUCell(units, dropout=0.5, seed=0)(x, [h])
        self.model = keras.Model([previous, h], [layers.Dense(ids)(x), state[0]])
        self.traces = 0
        self.randomize(0)

    def randomize(self, seed):
        random = np.random.default_rng(seed)
        for weight in self.model.weights:
            if "seed" not in weight.path:
                weight.assign(random.uniform(0.1, 1.0, weight.shape) ** 2)
        for weight in self.model.trainable_weights:
            weight.assign(random.normal(size=weight.shape))

    def step(self, previous, states, _memory):
        return self.model([previous, states], training=False)

    def decode(self, states):
        self.traces += 1
        return decode_greedily(self.step, states, (), **MARKS)


def initial_states():
    return np.random.default_rng(9).normal(size=(7, 4)).astype("float32")


def test_new_weights_are_read_without_compiling_again():
    decoder = Decoder()
    compiled = compile_function(decoder.decode, decoder.model.variables)
    result = [hypotheses_of(compiled(initial_states()))]
    for seed in (1, 2):
        decoder.randomize(seed)
        result.append(hypotheses_of(compiled(initial_states())))
        assert result[-1] == approximately(
            hypotheses_of(decode_greedily(decoder.step, initial_states(), (), **MARKS))
        )
    assert result[0] != result[1] != result[2]
    assert decoder.traces == 1


def approximately(rows):
    """Return hypotheses whose scores are compared up to rounding."""
    return [
        [(ids, pytest.approx(score, abs=1e-5), ended) for ids, score, ended in row] for row in rows
    ]


def test_only_another_number_of_rows_is_compiled_again():
    decoder = Decoder()
    compiled = compile_function(decoder.decode, decoder.model.variables)
    for rows in (7, 3, 7, 3):
        assert compiled(initial_states()[:rows]).ids.shape == (rows, 1, 6)
    assert decoder.traces == 2


def test_what_a_layer_assigns_is_dropped():
    generator = keras.random.SeedGenerator(3)

    def draw(x):
        return x + keras.random.uniform((2,), seed=generator)

    compiled = compile_function(draw, [generator.state])
    before = ops.convert_to_numpy(generator.state)
    first, again = (ops.convert_to_numpy(compiled(np.zeros(2, "float32"))) for _ in range(2))
    assert (first == again).all()
    assert (ops.convert_to_numpy(generator.state) == before).all()


@pytest.mark.representatives(2)
@pytest.mark.parametrize(
    ("settings", "loop", "options"),
    [
        (Decoding(), decode_greedily, {"max_steps": 6}),
        (Decoding(max_steps=9), decode_greedily, {"max_steps": 9}),
        (
            Decoding(beam=4, n_best=3, length_penalty=0.3),
            decode_by_beam_search,
            {"max_steps": 6, "width": 4, "n_best": 3, "length_penalty": 0.3},
        ),
        (
            Decoding(samples=5, temperature=0.7, top_k=3, top_p=0.9, seed=4),
            decode_by_sampling,
            {"max_steps": 6, "samples": 5, "temperature": 0.7, "top_k": 3, "top_p": 0.9, "seed": 4},
        ),
    ],
    ids=["greedy", "limit", "beam search", "sampling"],
)
def test_the_settings_decide_which_loop_runs(settings, loop, options):
    model = Recurrent(0, rows=4)
    for forbidden in ((), (3,)):
        result = decode_tokens(
            recurrent, *model.parts(), **MARKS, settings=settings, forbidden=forbidden
        )
        assert result.ids.shape[-1] == options["max_steps"]
        expected = compiled_loop(loop, **options, forbidden=forbidden)(*model.parts())
        assert hypotheses_of(result) == approximately(expected)
