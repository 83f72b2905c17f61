"""Programs from untrusted JSON: one clear error and nothing allocated, or a graph that runs."""

import copy
import json
import math
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import ShapeError
from unrolled.program import Graph, Program
from unrolled.program.operations import OPERATIONS
from unrolled.runtime.runner import run_reference
from unrolled.saving.checked_json import RefusedError

F, H, O = 3, 4, 2  # noqa: E741
SHAPES = {
    "kernel": (F, 4 * H),
    "recurrent": (H, 4 * H),
    "bias": (4 * H,),
    "head": (H, O),
    "table": (9, F),
    "taps": (2, F, F),
    "gamma": (F,),
}


def valid():
    """Return a graph as JSON that uses many operations."""
    return {
        "inputs": {
            "x": {"shape": [None, None, F], "dtype": "float32"},
            "ids": {"shape": [None, None], "dtype": "int32"},
            "mask": {"shape": [None, None], "dtype": "bool"},
        },
        "nodes": [
            node("embedded", "Embedding", ["ids"], weights=["table"]),
            node("sum", "Elementwise", ["x", "embedded"], function="add"),
            node("scaled", "Scale", ["sum"], scale=0.5, offset=1.0),
            node("norm", "LayerNormalization", ["scaled"], weights=["gamma", "gamma"]),
            node("conv", "Conv1D", ["norm"], weights=["taps"], padding="same", dilation=2),
            node("steps", "LSTM", ["conv", "mask"], weights=LSTM, sequences=True),
            node("mean", "GlobalAveragePooling", ["steps", "mask"]),
            node("last", "Slice", ["steps"], axes=[[None] * 4, [None, None, None, -1]]),
            node("both", "Concatenate", ["mean", "last"], axis=1),
            node("shaped", "Reshape", ["both"], shape=[2, H]),
            node("total", "Reduce", ["shaped"], function="sum", axes=[1]),
            node("head", "Dense", ["total"], weights=["head"], activation="softmax"),
            node("repeated", "RepeatVector", ["head"], steps=3),
            node("products", "Einsum", ["repeated", "head"], equation="bto,bo->bt"),
        ],
        "outputs": {"y": "head", "z": "products"},
    }


LSTM = ["kernel", "recurrent", "bias"]


def node(name, operation, inputs, *, weights=(), **options):
    entry = {"name": name, "operation": operation, "inputs": inputs, "outputs": [name]}
    return entry | {"weights": list(weights), "settings": options}


def arrays():
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=shape).astype("float32") for name, shape in SHAPES.items()}


def rows(graph, b=2, t=5):
    """Return inputs of a graph."""
    rng = np.random.default_rng(0)
    inputs = {}
    for name, spec in graph.inputs.items():
        shape = [b if i == 0 else t if n is None else n for i, n in enumerate(spec.shape)]
        if math.prod(shape) > 1 << 20:
            return None
        inputs[name] = rng.integers(0, 2, shape).astype(spec.dtype)
    return inputs


def loaded(state, shapes=SHAPES):
    graph = Graph.from_dict(json.loads(json.dumps(state)), "model")
    graph.check(shapes, "model")
    return graph


def changed(state, place, value):
    """Return a graph as JSON with another value at a place."""
    state = copy.deepcopy(state)
    here = state
    for key in place[:-1]:
        here = here[key]
    here[place[-1]] = value
    return state


def at(name, part, value):
    """Return the valid graph with another part of one node."""
    names = [entry["name"] for entry in valid()["nodes"]]
    return changed(valid(), ["nodes", names.index(name), part], value)


def setting(name, **options):
    return at(name, "settings", options)


def test_a_valid_graph_survives_and_runs():
    graph = loaded(valid())
    assert loaded(graph.to_dict()) == graph
    found = run_reference(graph, rows(graph), arrays())
    assert {name: x.shape for name, x in found.items()} == {"y": (2, O), "z": (2, 3)}


HOSTILE = {
    "a cycle": (at("sum", "inputs", ["x", "head"]), "reads 'head', which no operation before"),
    "itself": (at("sum", "inputs", ["x", "sum"]), "reads 'sum'"),
    "an unknown operation": (at("sum", "operation", "Lambda"), "'Lambda', which this version"),
    "no operation": (at("sum", "operation", "Operation"), "does not know"),
    "an unknown setting": (setting("sum", function="add", code="1"), "unknown name 'code'"),
    "a setting left out": (setting("sum"), "function"),
    "a function that is none": (setting("sum", function="eval"), "function"),
    "a text for a number": (setting("scaled", scale="0.5"), "scale"),
    "a text for an integer": (setting("conv", dilation="2"), "dilation"),
    "true for an integer": (setting("conv", dilation=True), "dilation"),
    "a number for true": (setting("steps", sequences=1), "sequences"),
    "no number": (setting("scaled", scale=math.nan), "scale"),
    "infinity": (setting("scaled", offset=math.inf), "offset"),
    "an operand that is no number": (at("sum", "inputs", ["x", math.nan]), "number"),
    "a tensor computed twice": (at("sum", "outputs", ["embedded"]), "'embedded' twice"),
    "a tensor computed twice at once": (at("sum", "outputs", ["sum", "sum"]), "'sum' twice"),
    "an input that is computed": (at("sum", "outputs", ["x"]), "'x' twice"),
    "two operations of a name": (at("sum", "name", "embedded"), "two operations 'embedded'"),
    "an output that nothing computes": (changed(valid(), ["outputs", "y"], "q"), "'q'"),
    "no outputs": (changed(valid(), ["outputs"], {}), "no outputs"),
    "a missing weight": (at("head", "weights", ["none"]), "no weight 'none'"),
    "no weights": (at("head", "weights", []), "operation 'head'"),
    "a weight of another layer": (at("head", "weights", ["table"]), "operation 'head'"),
    "a bias of another shape": (at("steps", "weights", [*LSTM[:2], "gamma"]), "no bias"),
    "too few inputs": (at("sum", "inputs", []), "operation 'sum'"),
    "an input left out": (at("head", "inputs", [None]), "operation 'head'"),
    "shapes that disagree": (at("head", "inputs", ["steps"]), "operation 'repeated'"),
    "more outputs": (at("head", "outputs", ["head", "more"]), "computes 1 tensors"),
    "the sum over the batch": (setting("total", function="sum", axes=[0]), "no axis 0"),
    "a join along the batch": (setting("both", axis=-2), "no axis -2"),
    "rows with rows": (setting("products", equation="ato,bo->ab"), "only the first axis"),
    "steps for billions": (setting("repeated", steps=1 << 40), "steps"),
    "steps for gigabytes": (setting("repeated", steps=1 << 28), "steps"),
    "a shape for billions": (setting("shaped", shape=[1 << 40, 1 << 40]), "cannot become"),
    "a shape below zero": (setting("shaped", shape=[-2, -H]), "operation 'shaped'"),
    "an input of 50 axes": (changed(valid(), ["inputs", "x", "shape"], [None] * 50), "'x' has"),
    "an input without a batch": (changed(valid(), ["inputs", "x", "shape"], [1, 1, 1]), "'x' has"),
    "an input without axes": (changed(valid(), ["inputs", "x", "shape"], []), "'x' has"),
    "an input of no features": (changed(valid(), ["inputs", "x", "shape"], [None, 0]), "'x' has"),
    "an input for terabytes": (
        changed(valid(), ["inputs", "x", "shape"], [None, *[1 << 20] * 7]),
        "'x' has",
    ),
    "an input of objects": (changed(valid(), ["inputs", "x", "dtype"], "object"), "dtype"),
    "a million operations": (changed(valid(), ["nodes"], [{}] * 1_000_000), "at most 20000"),
    "a million inputs": (
        changed(valid(), ["inputs"], {str(i): {} for i in range(1_000_000)}),
        "at most 20000",
    ),
    "nodes that are a number": (changed(valid(), ["nodes"], 3), "nodes"),
    "a node that is a text": (changed(valid(), ["nodes", 0], "x"), "nodes"),
    "a list": ([valid()], "must be an object"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_graph_is_refused_with_one_error(case):
    state, words = HOSTILE[case]
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(RefusedError, match=words):
        Graph.from_dict(state, "model").check(SHAPES, "model")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 22
    assert time.perf_counter() - began < 5


def test_a_billion_units_are_refused_by_the_shapes_of_the_weights():
    units = 1_000_000_000
    shapes = SHAPES | {"kernel": (F, 4 * units), "recurrent": (H, 4 * units)}
    with pytest.raises(RefusedError, match="cannot read an input"):
        loaded(valid(), shapes)
    with pytest.raises(RefusedError, match="too big"):
        loaded(
            valid(),
            SHAPES
            | {"kernel": (F, 4 * units), "recurrent": (units, 4 * units), "bias": (4 * units,)},
        )


def test_a_weight_without_numbers_is_refused():
    with pytest.raises(RefusedError, match="has no numbers"):
        loaded(valid(), SHAPES | {"gamma": (0,)})


PROGRAMS = {
    "another version": ({"program": 2, "model": valid()}, "must be 1"),
    "no version": ({"model": valid()}, "must be 1"),
    "a list": ([], "must be 1"),
    "no model": ({"program": 1}, "needs 'model'"),
    "an unknown graph": ({"program": 1, "model": valid(), "train": valid()}, "no graph 'train'"),
    "half a decoder": ({"program": 1, "model": valid(), "encode": valid()}, "only together"),
    "no graph": ({"program": 1, "model": None}, "must be an object"),
}


@pytest.mark.parametrize("case", PROGRAMS)
def test_a_hostile_program_is_refused(case):
    state, words = PROGRAMS[case]
    with pytest.raises(RefusedError, match=words):
        Program.from_dict(state)


def test_the_parts_of_a_decoder_must_fit_each_other():
    state = {"program": 1, "model": valid(), "encode": valid(), "step": valid()}
    with pytest.raises(RefusedError, match="'step' does not read"):
        Program.from_dict(state).check(SHAPES)


def places(state, here=()):
    """Return every place in JSON."""
    items = state.items() if isinstance(state, dict) else enumerate(state)
    for key, value in items:
        yield (*here, key)
        if isinstance(value, dict | list):
            yield from places(value, (*here, key))


NAMES = [entry["name"] for entry in valid()["nodes"]] + ["x", "ids", "mask"]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 6),
    st.sampled_from([1 << 20, 1 << 31, -(1 << 62), 1 << 62]),
    st.floats(),
    st.sampled_from([*NAMES, *SHAPES, *OPERATIONS, "float32", "bool", "same", "bf->f", "mean", ""]),
    st.lists(st.one_of(st.integers(-3, 4), st.none(), st.sampled_from(NAMES)), max_size=4),
    st.just({}),
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.sampled_from(list(places(valid()))), values), min_size=1, max_size=3))
def test_a_mutated_graph_runs_or_is_refused(mutations):
    state = valid()
    for place, value in mutations:
        try:
            state = changed(state, place, value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier mutation removed the place
    try:
        graph = Graph.from_dict(state, "model")
        graph.check(SHAPES, "model")
    except RefusedError:
        return
    inputs = rows(graph)
    if inputs is None:
        return
    try:
        with np.errstate(all="ignore"):
            found = run_reference(graph, inputs, arrays())
    except (ShapeError, ValueError):
        return  # another number of steps than the one that was tried
    assert all(len(x) == 2 for x in found.values())
    alone = run_reference(graph, {name: x[:1] for name, x in inputs.items()}, arrays())
    for name, x in found.items():
        np.testing.assert_allclose(alone[name], x[:1], rtol=1e-4, atol=1e-5)
