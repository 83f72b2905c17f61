"""The ONNX graph of every architecture computes what the runtime computes."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from unrolled import Network
from unrolled.data.input_groups import InputGroup
from unrolled.export.onnx_graph import (
    graph_inputs,
    graph_outputs,
    input_masks,
    output_name,
    to_nodes,
    to_onnx,
)
from unrolled.networks import ARCHITECTURES, NetworkSpec, build_bundle
from unrolled.runtime import NetworkRuntime

PARTS = ("model", "encode", "step", "attend")
BATCHES = ((3, 11), (1, 1), (2, 30))


def spec_of(architecture, **changes):
    """Return the sizes of a small network."""
    many = architecture.shape not in ("one-to-one", "one-to-many")
    u = 4 if architecture.shape in ("one-to-many", "unaligned") else None
    spec = NetworkSpec(architecture.shape, t=8 if many else None, values=3, u=u)
    return replace(spec, **changes)


def all_networks():
    """Yield the id, the sizes, the settings and the seeds of every network."""
    open_steps = {"t": None, "ragged": True}
    for a in ARCHITECTURES:
        many = a.shape not in ("one-to-one", "one-to-many")
        ragged = many and a.name not in ("tail", "padded", "segments")
        for cell in ("lstm", "gru", "rnn") if a.recurrent else ("lstm",):
            network = Network(**a.settings, cell=cell) if a.recurrent else Network(**a.settings)
            yield f"{a.shape} {a.title} {cell}", spec_of(a), network, (None,)
            if ragged:
                yield f"{a.shape} {a.title} {cell} ragged", spec_of(a, **open_steps), network, None
        for pooling in ("mean", "max", "last", "attention") if a.pools else ():
            network = Network(architecture=a.name, pooling=pooling)
            yield f"{a.shape} {pooling}", spec_of(a, **open_steps), network, (None,)
        yield f"{a.shape} {a.title} ensemble", spec_of(a), Network(**a.settings), (1, 2)
        if ragged:
            inputs = {"values": 0, "embedded": {"w": 20}, "characters": {"c": (10, 5)}}
            spec = spec_of(a, **open_steps, **inputs, tokens=a.autoregressive, heads={"y": 7})
            yield f"{a.shape} {a.title} words", spec, Network(**a.settings), (None,)
    yield from more_networks()


def more_networks():
    """Yield networks with linear branches, pattern features, word vectors and groups of inputs."""
    spec = NetworkSpec("many-to-one", t=None, ragged=True, values=2, heads={"y": 3})
    linear = {"linear_numbers": True, "labels": ("y",)}
    grams = replace(spec, embedded={"w": 20}, ngrams={"n": (40, 6)}, **linear)
    yield "linear branch", grams, Network(), (1, 2)
    yield (
        "patterns",
        replace(spec, t=20, ragged=False, minirocket=True, **linear),
        Network(),
        (1, 2),
    )
    yield "patterns ragged", replace(spec, minirocket=True, **linear), Network(), (None,)
    heads = {"heads": {"y": 3, "z": 2}, "pooled": ("z",)}
    yield "pooled outputs", replace(spec, shape="aligned", **heads), Network(), (None,)
    vectors = {"values": 0, "embedded": {"w": 20}, "vectors": {"w": 50}}
    yield "word vectors", replace(spec, shape="aligned", **vectors), Network(), (None,)
    groups = replace(spec, embedded={"w": 20}, groups=(InputGroup(2, None, 0, ("w",)),))
    for name in ("last", "pooled"):
        yield f"groups {name}", groups, Network(architecture=name), (None,)


NETWORKS = {name: rest for name, *rest in all_networks()}


def made_inputs(graph, rows, steps):
    """Return inputs of a graph; the first row has all steps."""
    rng = np.random.default_rng(rows + steps)
    lengths = rng.integers(1, steps + 1, rows)
    lengths[0] = steps
    inputs = {}
    for name, spec in graph.inputs.items():
        shape = (rows, *(steps if n is None else n for n in spec.shape[1:]))
        if spec.dtype == "bool":
            inputs[name] = np.arange(steps) < lengths[:, None]
        elif spec.dtype == "int32":
            inputs[name] = rng.integers(0, 7, shape).astype("int32")
        else:
            inputs[name] = rng.normal(size=shape).astype("float32")
    return inputs


def in_onnx_runtime(raw):
    """Return an ONNX file as a function of its inputs."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    read = {x.name for x in session.get_inputs()}

    def run(inputs):
        feeds = {name: x for name, x in inputs.items() if name in read}
        return dict(zip(names, session.run(names, feeds), strict=True))

    return run


def in_openvino(raw):
    """Return an ONNX file as a function of its inputs."""
    openvino = pytest.importorskip("openvino")
    core = openvino.Core()
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    model = core.compile_model(core.read_model(raw, b""), "CPU", settings)
    read = {name for x in model.inputs for name in x.get_names()}

    def run(inputs):
        found = model({name: x for name, x in inputs.items() if name in read})
        return {name: found[x] for x in model.outputs for name in x.get_names()}

    return run


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_equal_in_onnx_runtime(name):
    assert_same_in(in_onnx_runtime, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_equal_in_openvino(name):
    pytest.importorskip("openvino")
    assert_same_in(in_openvino, name)


def assert_same_in(engine, name):
    """Check every part of a network in an engine against the runtime."""
    spec, network, seeds = NETWORKS[name]
    bundle = build_bundle(spec, network, seeds=seeds or (None,))
    rng = np.random.default_rng(1)
    for v in bundle.model.weights:
        v.assign(rng.normal(0, 0.3 if len(v.shape) < 2 else 0.7 / v.shape[-2] ** 0.5, v.shape))
    runtime = NetworkRuntime.of_bundle(bundle, list(spec.heads))
    weights = runtime.weights.arrays()
    for part in PARTS:
        run = getattr(runtime, part)
        if run is None:
            continue
        nodes = to_nodes(run.graph, weights, right_padded=input_masks(run.graph))
        outputs = graph_outputs(run.graph, weights)
        exported = engine(to_onnx(nodes, graph_inputs(run.graph), outputs, part, "A test."))
        for rows, steps in BATCHES:
            inputs = made_inputs(run.graph, rows, steps)
            found = exported(inputs)
            for output, want in run(inputs).items():
                array = found[output_name(run.graph, output)]
                assert (array.shape, array.dtype) == (want.shape, want.dtype)
                scale = max(1.0, float(np.abs(want).max(initial=0)))
                difference = np.abs(array.astype(float) - want.astype(float)).max(initial=0)
                assert difference <= 1e-5 * scale, (part, output, rows, steps)
