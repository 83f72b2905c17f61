"""The runtime and the reference compute what Keras computes, for every kind of network."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from network_cases import T, network_cases

from unrolled.program import Program, from_keras
from unrolled.runtime import NetworkRuntime
from unrolled.runtime.runner import run_reference

sys.path.append(str(Path(__file__).parents[1] / "program"))
from compare import assert_close

CASES = list(network_cases())


def nested(inputs):
    """Return the inputs of `step` as Keras wants them: states in a list, memory in a dict."""
    nest = {"states": [], "memory": {}}
    for name, array in inputs.items():
        head, _, rest = name.partition(".")
        if head == "states":
            nest["states"].append(array)
        elif head == "memory":
            nest["memory"][rest] = array
        else:
            nest[name] = array
    return nest


def outputs_of(model, name, inputs, heads):
    """Return what Keras computes, by the names of a program."""
    if name == "step":
        inputs = nested(inputs)
    elif not isinstance(model.input, dict):
        (inputs,) = inputs.values()
    outputs = model(inputs, training=False)
    return {key: np.asarray(x) for key, x in from_keras._flat(outputs, heads).items()}


@pytest.mark.filterwarnings("ignore:The structure of `inputs`")
@pytest.mark.representatives(4)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_network_is_equal_to_keras(case):
    bundle, heads = case.bundle(), list(case.spec.heads)
    runtime = NetworkRuntime.of_bundle(bundle, heads)
    weights = runtime.weights.arrays()
    text = json.dumps(runtime.program.to_dict(), allow_nan=False)
    again = Program.from_dict(json.loads(text))
    assert again == runtime.program
    again.check({name: array.shape for name, array in weights.items()})
    for name, graph in runtime.program.graphs.items():
        model, run = getattr(bundle, name), getattr(runtime, name)
        names = ["weights"] if name == "attend" else heads
        for rows, steps in ((3, 2 * T + 1), (1, 1)):
            inputs = case.inputs(graph, rows, steps)
            expected = outputs_of(model, name, inputs, names)
            for outputs in (run(inputs), run_reference(graph, inputs, weights)):
                assert set(outputs) == set(expected)
                for key, array in expected.items():
                    assert_close(outputs[key], array, (name, key, rows, steps))


def test_there_is_a_case_for_everything():
    titles = " ".join(case.title for case in CASES)
    assert len({case.title for case in CASES}) == len(CASES)
    for word in ("rnn 2", "attention", "ensemble", "stop", "groups", "minirocket", "vectors"):
        assert word in titles
