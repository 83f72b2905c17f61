"""A model of Keras beside its program: the runtime and the reference must agree with it."""

import json

import numpy as np

from unrolled.keras_internals import functional_of, inputs_structure
from unrolled.program import Graph, from_keras
from unrolled.runtime.network import runner_of
from unrolled.runtime.runner import run_reference

TOLERANCE = 1e-5  # relative to the largest number of an output


def assert_close(found, expected, place=""):
    """Check shape, type and numbers; NaN and infinity stand in the same places."""
    expected = np.asarray(expected)
    assert found.shape == expected.shape, place
    assert found.dtype == expected.dtype, place
    if not expected.size:
        return
    finite = np.isfinite(expected) if expected.dtype.kind == "f" else np.ones(expected.shape, bool)
    np.testing.assert_array_equal(found[~finite], expected[~finite], err_msg=str(place))
    # A sum that cancels to almost 0 keeps the rounding errors of what cancelled.
    scale = np.abs(expected[finite].astype(float)).max(initial=0.01)
    worst = np.abs(found[finite].astype(float) - expected[finite]).max(initial=0)
    assert worst <= TOLERANCE * scale, (place, worst, scale)


def assert_same_graph(graph, shapes):
    """Check that a graph survives JSON, and a batch of no rows."""
    text = json.dumps(graph.to_dict(), allow_nan=False)
    again = Graph.from_dict(json.loads(text), "model")
    assert again == graph
    again.check(shapes, "model")


def randomize(model, seed=0):
    """Give a model weights that are not small, and biases that are not zero."""
    rng = np.random.default_rng(seed)
    for v in model.weights:
        scale = 0.3 if len(v.shape) < 2 else 1 / np.sqrt(v.shape[-2])
        v.assign(rng.normal(0, scale, v.shape))


def outputs_of(model, inputs):
    """Return what Keras computes, by the names of a program."""
    structure = inputs_structure(functional_of(model))
    first = list(inputs.values()) if isinstance(structure, list) else inputs
    if not isinstance(structure, list | dict):
        (first,) = inputs.values()
    outputs = model(first, training=False)
    return {name: np.asarray(x) for name, x in from_keras._flat(outputs, ["y"]).items()}


def assert_same_as_keras(model, *rows):
    """Check a functional model: the runtime and the reference on rows, and the graph as JSON.

    Args:
        model: The model; its weights are set at random.
        rows: Arrays of the inputs, a tuple of them for each batch.
    """
    randomize(model)
    runner = runner_of(model, ["y"])
    weights = runner._weights.arrays()
    assert_same_graph(runner.graph, {name: array.shape for name, array in weights.items()})
    for arrays in rows:
        inputs = dict(zip(runner.graph.inputs, arrays, strict=True))
        expected = outputs_of(model, inputs)
        for engine in (runner(inputs), run_reference(runner.graph, inputs, weights)):
            assert list(engine) == list(expected)
            for name, array in expected.items():
                assert_close(engine[name], array, (name, [x.shape for x in arrays]))
