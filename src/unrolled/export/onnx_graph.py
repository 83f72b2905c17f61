"""A graph of a program and its weights as an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.export.extra import require
from unrolled.export.nodes import OPSET, Nodes, onnx_type
from unrolled.export.operations import TRANSLATIONS
from unrolled.export.operations.base import Writing
from unrolled.program import Graph, Node
from unrolled.program.operations import Recurrence

IR_VERSION = 7  # of the files that the first version of ONNX with this opset wrote
MAX_BYTES = (2 << 30) - (1 << 20)  # an ONNX file cannot be larger


@dataclass(frozen=True)
class TensorType:
    """The axes and the type of an input or output of an ONNX file; None for an open size."""

    shape: tuple[int | None, ...]
    dtype: str = "float32"


WriteOutput = Callable[[Nodes, str, str], None]
"""(nodes, name of the output, tensor of the network): adds the nodes that compute the output."""


def to_nodes(
    graph: Graph,
    weights: Mapping[str, Array],
    *,
    right_padded: Iterable[str],
    inputs: Iterable[str] = (),
    write_inputs: Callable[[Nodes], None] | None = None,
    write_output: WriteOutput | None = None,
) -> Nodes:
    """Return the ONNX nodes of a graph; the tensors have the names that they have in the graph.

    Args:
        graph: The graph.
        weights: Its weights.
        right_padded: The masks among its inputs whose real steps always come before padded ones.
        inputs: The inputs of the ONNX model where they are not those of the graph.
        write_inputs: Adds the nodes that compute the inputs of the graph from these.
        write_output: Adds the nodes that compute each output; None leaves the outputs as they are.

    Raises:
        SettingError: ONNX does not have something that the graph has.
    """
    taken = {*inputs, *(output_name(graph, output) for output in graph.outputs)}
    graph = _with_free_names(graph, taken)
    kinds = graph.run_without_rows({name: w.shape for name, w in weights.items()}, "graph")
    nodes = Nodes(kinds, weights)
    if write_inputs is not None:
        nodes.begin("inputs", "From the columns of the table to the inputs of the network.")
        write_inputs(nodes)
    masks = frozenset(right_padded)
    for node in graph.nodes:
        nodes.begin(node.name, _doc(node, kinds))
        TRANSLATIONS[type(node.operation)](Writing(nodes, node, masks))
    nodes.begin("outputs", "From the outputs of the network to values and probabilities.")
    for output, tensor in graph.outputs.items():
        name = output_name(graph, output)
        if write_output is None:
            nodes.add("Identity", tensor, output=name)
        else:
            write_output(nodes, name, tensor)
    return nodes


def to_onnx(
    nodes: Nodes,
    inputs: Mapping[str, TensorType],
    outputs: Mapping[str, TensorType],
    name: str,
    doc: str,
) -> bytes:
    """Return nodes as the bytes of a checked ONNX file.

    Args:
        nodes: The nodes.
        inputs: The inputs of the model; the axes of open size are the batch and the steps.
        outputs: Its outputs, likewise.
        name: The name of the graph.
        doc: What the model is, in words.

    Raises:
        SettingError: The file would be too large.
    """
    helper = require("onnx.helper")
    graph = helper.make_graph(
        nodes.nodes,
        name,
        [_value(n, spec) for n, spec in inputs.items()],
        [_value(n, spec) for n, spec in outputs.items()],
        initializer=list(nodes.constants.values()),
        doc_string=doc,
    )
    model = helper.make_model(
        graph, producer_name="unrolled", opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR_VERSION
    if model.ByteSize() > MAX_BYTES:
        raise SettingError(
            f"The ONNX file would have {model.ByteSize()} bytes, and at most {MAX_BYTES} fit. Train"
            " a smaller network, or with a smaller vocabulary."
        )
    require("onnx.checker").check_model(model)
    return bytes(model.SerializeToString())


def input_masks(graph: Graph) -> tuple[str, ...]:
    """Return the inputs of a graph that say which steps are real."""
    return tuple(name for name, spec in graph.inputs.items() if spec.dtype == "bool")


def output_name(graph: Graph, output: str) -> str:
    """Return the name of an output in ONNX: `next.states.0` for new states of a decoder."""
    return f"next.{output}" if output in graph.inputs else output


def graph_inputs(graph: Graph) -> dict[str, TensorType]:
    """Return the inputs of a graph."""
    return {name: TensorType(spec.shape, spec.dtype) for name, spec in graph.inputs.items()}


def graph_outputs(graph: Graph, weights: Mapping[str, Array]) -> dict[str, TensorType]:
    """Return the outputs of a graph, by their names in ONNX; the sizes of their axes are open."""
    kinds = graph.check({name: w.shape for name, w in weights.items()}, "graph")
    return {
        output_name(graph, name): TensorType((None,) * array.ndim, array.dtype.name)
        for name, array in kinds.items()
    }


def _value(name: str, spec: TensorType) -> Any:
    """Return the description of an input or output; axes of open size have names."""
    axes = ["batch", f"steps of {name}", *(f"axis {i} of {name}" for i in range(2, 9))]
    sizes = [axis if n is None else n for axis, n in zip(axes, spec.shape, strict=False)]
    return require("onnx.helper").make_tensor_value_info(name, onnx_type(spec.dtype), sizes)


def _with_free_names(graph: Graph, taken: set[str]) -> Graph:
    """Return a graph in which no tensor that it computes has one of some names."""
    computed = {tensor for node in graph.nodes for tensor in node.outputs}
    changed = {tensor: f"{tensor}/layer" for tensor in taken & computed}

    def rename(value: Any) -> Any:
        return changed.get(value, value) if isinstance(value, str) else value

    nodes = tuple(
        replace(
            node,
            inputs=tuple(map(rename, node.inputs)),
            outputs=tuple(map(rename, node.outputs)),
        )
        for node in graph.nodes
    )
    return Graph(graph.inputs, nodes, {n: rename(tensor) for n, tensor in graph.outputs.items()})


def _doc(node: Node, kinds: Mapping[str, Array]) -> str:
    """Return what an operation reads and computes, with its axes."""
    read = [x if isinstance(x, str) else f"{x:g}" for x in node.inputs if x is not None]
    axes = {1: "b", 2: "b f", 3: "b t f", 4: "b t c f"}
    if isinstance(node.operation, Recurrence):
        axes |= {2: "b h", 3: "b t h"}
    computed = [f"{name} ({axes.get(kinds[name].ndim, '...')})" for name in node.outputs]
    settings = ", ".join(f"{k}={v}" for k, v in node.operation.settings().items())
    return f"{node.operation.name}({settings}): {', '.join(read)} -> {', '.join(computed)}"
