"""A causal network by one step equals the same network over the row of all steps so far."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from unrolled.errors import SettingError
from unrolled.networks import NetworkSpec, build_bundle
from unrolled.runtime import NetworkRuntime
from unrolled.runtime.streaming import StreamNetwork
from unrolled.settings import Network

STEPS, ROWS = 7, 3
ONE = NetworkSpec("many-to-one", ragged=True, values=3)
EACH = NetworkSpec("aligned", ragged=True, values=3)
SEVERAL = NetworkSpec("unaligned", ragged=True, values=3, u=4)
WORDS = {"values": 2, "embedded": {"w": 20}, "heads": {"y": 3}}
LABELS = replace(ONE, **WORDS, ngrams={"n": (40, 5)}, linear_numbers=True, labels=("y",))
CHARACTERS = replace(EACH, values=0, embedded={"w": 20}, characters={"c": (10, 5)})
LONG = NetworkSpec(
    "many-to-one", t=3000, values=2, linear_numbers=True, heads={"y": 3}, labels=("y",)
)
FIXED, TAIL = replace(ONE, ragged=False, t=9), NetworkSpec("unaligned", t=9, values=3, u=2)
CELLS = ("lstm", "gru", "rnn")
POOLINGS = ("mean", "max", "last", "attention")
CASES = {
    **{
        f"pooled-{pooling}-{cell}-{layers}": (
            ONE,
            {"pooling": pooling, "cell": cell, "layers": layers},
            1,
        )
        for pooling, cell, layers in product(POOLINGS, CELLS, (1, 2))
    },
    **{f"last-{cell}": (ONE, {"architecture": "last", "cell": cell}, 1) for cell in CELLS},
    **{
        f"steps-{cell}-{layers}": (EACH, {"cell": cell, "layers": layers}, 1)
        for cell, layers in product(CELLS, (1, 2))
    },
    **{
        f"{wiring}-{cell}": (SEVERAL, {"architecture": wiring, "cell": cell}, 1)
        for wiring, cell in product(("vector", "repeat"), CELLS)
    },
    **{f"one length, {p}": (FIXED, {"pooling": p}, 1) for p in POOLINGS},
    "tail of one step": (replace(TAIL, u=1), {"architecture": "tail"}, 1),
    "an output of the row": (replace(EACH, heads={"y": 3, "z": 2}, pooled=("z",)), {}, 1),
    "characters": (CHARACTERS, {}, 1),
    "linear branch": (LABELS, {}, 1),
    "linear branch of a long row": (LONG, {}, 1),
    "ensemble": (ONE, {}, 2),
    "ensemble with linear branches": (LABELS, {}, 2),
    "ensemble of steps": (EACH, {}, 2),
}


def build(spec, settings, seeds=1):
    """Return a network with random weights, at work."""
    network = Network(**{"units": 8, "bidirectional": False, **settings})
    bundle = build_bundle(spec, network, seeds=range(1, seeds + 1))
    random = np.random.default_rng(0)
    for weight in bundle.model.weights:
        weight.assign(random.normal(0, 0.4, weight.shape))
    return NetworkRuntime.of_bundle(bundle, list(spec.heads))


def random_inputs(graph, random):
    """Return rows of seven real steps."""
    inputs = {}
    for name, spec in graph.inputs.items():
        shape = (ROWS, STEPS, *spec.shape[2:])
        if spec.dtype == "bool":
            inputs[name] = np.ones(shape, bool)
        elif spec.dtype == "int32":
            inputs[name] = random.integers(0, 7, shape, np.int32)
        else:
            inputs[name] = random.normal(size=shape).astype(np.float32)
    return inputs


def begin(network, rows):
    return {name: kept.array(rows) for name, kept in network.keeps.items()}


@pytest.mark.representatives(8)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rows", [1, ROWS])
def test_a_step_equals_the_row_so_far(case, rows):
    spec, settings, seeds = CASES[case]
    runtime = build(spec, settings, seeds)
    network = StreamNetwork(runtime.program.model, runtime.weights.arrays())
    inputs = random_inputs(runtime.program.model, np.random.default_rng(1))
    state = begin(network, rows)
    shapes = {name: array.shape for name, array in state.items()}
    for step in range(STEPS):
        now = {name: inputs[name][:rows, [step]] for name in network.inputs}
        outputs, state = network(now, state)
        so_far = {name: array[:rows, : step + 1] for name, array in inputs.items()}
        for name, expected in runtime.model(so_far).items():
            if spec.shape == "aligned" and name not in spec.pooled:
                expected = expected[:, [-1]]
            np.testing.assert_allclose(outputs[name], expected, rtol=1e-6, atol=1e-6)
    assert {name: array.shape for name, array in state.items()} == shapes


def test_a_step_changes_no_state_that_came_before():
    runtime = build(ONE, {"pooling": "attention"})
    network = StreamNetwork(runtime.program.model, runtime.weights.arrays())
    first = begin(network, 1)
    _, state = network({"x": np.ones((1, 1, 3), np.float32)}, first)
    before = {name: array.copy() for name, array in state.items()}
    network({"x": np.ones((1, 1, 3), np.float32)}, state)
    assert all((state[name] == before[name]).all() for name in state)
    assert all((first[name] == kept.array(1)).all() for name, kept in network.keeps.items())


REFUSED = {
    "both directions": (ONE, {"bidirectional": True}, "bidirectional=False"),
    "both directions at each step": (EACH, {"bidirectional": True}, "--one-way"),
    "minirocket": (replace(LABELS, minirocket=True), {}, "linear=False"),
    "all numbers of a row": (replace(LONG, t=9), {}, "linear=False"),
    "tail": (TAIL, {"architecture": "tail"}, "'repeat'"),
    "padded": (TAIL, {"architecture": "padded"}, "'repeat'"),
    "segments": (replace(TAIL, u=3), {"architecture": "segments"}, "'repeat'"),
}


@pytest.mark.representatives(3)
@pytest.mark.parametrize("case", REFUSED)
def test_what_needs_later_steps_is_refused_with_what_to_train(case):
    spec, settings, advice = REFUSED[case]
    runtime = build(spec, settings)
    with pytest.raises(SettingError, match=advice):
        StreamNetwork(runtime.program.model, runtime.weights.arrays())


def test_ids_that_count_only_at_the_end_of_a_row_are_taken_back():
    runtime = build(LABELS, {})
    network = StreamNetwork(runtime.program.model, runtime.weights.arrays(), {"n": 2})
    inputs = random_inputs(runtime.program.model, np.random.default_rng(1))
    state = begin(network, ROWS)
    for step in range(STEPS):
        outputs, state = network({n: inputs[n][:, [step]] for n in network.inputs}, state)
    inputs["n"][:, :-1, -2:] = 0
    np.testing.assert_allclose(outputs["y"], runtime.model(inputs)["y"], rtol=1e-6, atol=1e-6)
