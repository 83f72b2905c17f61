"""Recurrent layers as the LSTM, GRU and RNN of ONNX.

The layout is always 0 (steps before rows), because ONNX Runtime refuses the other one, and the
lengths of the rows are always an input. ONNX has the gates in another order than Keras (i o f c in
place of i f c o), each bias as two halves, and every array with an axis for the directions. Its
outputs are zero at padded steps, where those of a program are held: a `Where` puts them there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.export.operations.base import Writing
from unrolled.program.operations import GRU, LSTM

# The function, alpha and beta that ONNX's recurrent layers have for activations of Keras.
FUNCTIONS: dict[str, tuple[str, float, float]] = {
    "tanh": ("Tanh", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "linear": ("Affine", 1.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "elu": ("Elu", 1.0, 0.0),
    "leaky_relu": ("LeakyRelu", 0.2, 0.0),
    "softsign": ("Softsign", 0.0, 0.0),
    "softplus": ("Softplus", 0.0, 0.0),
}
GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "RNN": (0,)}  # of Keras, in the order of ONNX


def recurrence(w: Writing) -> None:
    """Write a recurrent layer in one direction."""
    o, n = w.operation, w.nodes
    kind = "LSTM" if isinstance(o, LSTM) else "GRU" if isinstance(o, GRU) else "RNN"
    x, mask = w.float_input(), w.optional(1)
    states = [w.optional(place) for place in range(2, 2 + o.state_count)]
    order = None
    if mask is not None and mask not in w.right_padded:
        order = _real_steps_first(w, mask)
        x = _at_steps(w, x, order)
    lengths = _count_steps(w, x, mask)
    first = [_with_direction(w, state) for state in states]
    inputs = [n.transpose(x, 1, 0, 2), *_weights(w, kind), lengths, *first]
    while inputs and not inputs[-1]:
        inputs.pop()
    names = ["sequence", "state", "cell"][: 1 + o.state_count]
    outputs = [n.new(name) for name in names]
    options: dict[str, Any] = {"hidden_size": len(n.array(w.node.weights[1]))}
    if kind == "GRU":
        options["linear_before_reset"] = int(o.reset_after)
    direction = "reverse" if o.reverse else "forward"
    n.add(kind, *inputs, outputs=outputs, direction=direction, **_activations(w, kind), **options)
    last = [_without_direction(w, name) for name in outputs[1:]]
    _write_outputs(w, outputs[0], last, mask, order)


def _weights(w: Writing, kind: str) -> list[str]:
    """Return kernel (1 gh f), recurrent kernel (1 gh h) and both biases (1 2gh)."""
    gates = GATES[kind]

    def reordered(array: Array) -> Array:  # ... gh
        parts = np.split(array, len(gates), axis=-1)
        return np.concatenate([parts[gate] for gate in gates], axis=-1)

    def matrix(array: Array) -> Array:
        return reordered(array).T[None]

    def bias(array: Array) -> Array:
        halves = array if array.ndim == 2 else np.stack([array, np.zeros_like(array)])
        return reordered(halves).reshape(1, -1)

    kernel, recurrent, *biases = w.node.weights
    names = [w.nodes.weight(name, matrix, kind) for name in (kernel, recurrent)]
    return [*names, w.nodes.weight(biases[0], bias, kind) if biases else ""]


def _activations(w: Writing, kind: str) -> dict[str, Any]:
    """Return the attributes that name the activations; none for those that are the default."""
    o = w.operation
    gate = [] if kind == "RNN" else [o.recurrent_activation]
    wanted = [*gate, *[o.activation] * (2 if kind == "LSTM" else 1)]
    for name in wanted:
        if name not in FUNCTIONS:
            raise w.refuse(f"has the activation {name}, which recurrent layers of ONNX do not have")
    if wanted == [*["sigmoid"] * len(gate), *["tanh"] * (len(wanted) - len(gate))]:
        return {}
    functions, alphas, betas = zip(*(FUNCTIONS[name] for name in wanted), strict=True)
    return {"activations": functions, "activation_alpha": alphas, "activation_beta": betas}


def _count_steps(w: Writing, x: str, mask: str | None) -> str:
    """Return the number of real steps of each row, int32 (b): all steps where there is no mask."""
    n = w.nodes
    if mask is not None:
        real = n.as_type(mask, np.int32, bool)
        return n.add("ReduceSum", real, n.integers(1), keepdims=0)
    steps = n.as_type(n.size(x, 1), np.int32, np.int64)
    return n.add("Expand", steps, n.size(x, 0))


def _with_direction(w: Writing, state: str | None) -> str:
    """Return a state with the axis of the directions, (1 b h); an empty name without a state."""
    return "" if state is None else w.nodes.unsqueeze(state, 0)


def _without_direction(w: Writing, state: str) -> str:
    """Return a state (b h) of ONNX's (1 b h)."""
    return w.nodes.add("Squeeze", state, w.nodes.integers(0))


def _write_outputs(
    w: Writing, sequence: str, last: list[str], mask: str | None, order: str | None
) -> None:
    """Write the tensors that the program has: outputs of steps or the last one, then the states."""
    o, n = w.operation, w.nodes
    if o.sequences:
        steps = n.add("Squeeze", sequence, n.integers(1))  # t b h
        if mask is None:
            n.transpose(steps, 1, 0, 2, output=w.output)
        elif order is None:
            _hold(w, n.transpose(steps, 1, 0, 2), last[0], mask)
        else:
            _put_back(w, n.transpose(steps, 1, 0, 2), mask)
    elif mask is not None and not o.hold:
        place = n.constant(0 if o.reverse else -1, "int64")  # of the step that is read last
        is_real = n.unsqueeze(n.add("Gather", mask, place, axis=1), -1)
        n.add("Where", is_real, last[0], n.constant(0.0), output=w.output)
    else:
        n.add("Identity", last[0], output=w.output)
    if o.states:
        for state, output in zip(last, w.node.outputs[1:], strict=True):
            n.add("Identity", state, output=output)


def _first_state(w: Writing, like: str) -> str:
    """Return the first state (b 1 h), zeros where the layer has none.

    Args:
        w: The layer.
        like: A tensor (b t h).
    """
    n, state = w.nodes, w.optional(2)
    if state is not None:
        return n.unsqueeze(state, 1)
    units = n.integers(len(n.array(w.node.weights[1])))
    shape = n.add("Concat", n.size(like, 0), n.integers(1), units, axis=0)
    return n.add("Expand", n.constant(0.0), shape)


def _hold(w: Writing, steps: str, last: str, mask: str) -> None:
    """Write outputs of steps (b t h) whose padded steps, all at the end, are as in the program.

    Read forwards they repeat the last output. Read backwards they come first, and have the first
    state.
    """
    o, n = w.operation, w.nodes
    if not o.hold:
        held = n.constant(0.0)
    else:
        held = _first_state(w, steps) if o.reverse else n.unsqueeze(last, 1)
    n.add("Where", n.unsqueeze(mask, -1), steps, held, output=w.output)


def _real_steps_first(w: Writing, mask: str) -> str:
    """Return the places of the steps (b t), the real ones first and all in their order.

    ONNX knows only how many steps a row has, so real steps cannot stand after padded ones.
    """
    n = w.nodes
    steps = n.size(mask, 1)
    places = n.add("Range", n.constant(0, "int64"), n.add("Squeeze", steps), n.constant(1, "int64"))
    real = n.add("Mul", n.as_type(mask, np.int64, bool), steps)
    outputs = [n.new("largest"), n.new("order")]
    n.add("TopK", n.add("Sub", real, places), steps, outputs=outputs, axis=1)
    return outputs[1]


def _at_steps(w: Writing, x: str, places: str) -> str:
    """Return the steps of a tensor (b t f) at some places (b u)."""
    n = w.nodes
    shape = n.add("Concat", n.add("Shape", places), n.size(x, 2), axis=0)
    places = n.add("Expand", n.unsqueeze(places, -1), shape)
    return n.add("GatherElements", x, places, axis=1)


def _put_back(w: Writing, steps: str, mask: str) -> None:
    """Write outputs of steps, of which the real ones stand first (b t h), at their own places."""
    o, n = w.operation, w.nodes
    real = n.as_type(mask, np.int32, bool)
    counts = n.add("CumSum", real, n.constant(1, "int64"))  # b t: the real steps so far
    first = _first_state(w, steps)
    if o.reverse:  # a padded step has the output of the next real one, after the last the first
        every = n.add("ReduceSum", real, n.integers(1), keepdims=1)
        is_after = n.add("And", n.add("Not", mask), n.add("Equal", counts, every))
        beyond = n.as_type(n.size(steps, 1), np.int32, np.int64)
        places = n.add("Where", is_after, beyond, n.add("Sub", counts, real))
        rows = n.add("Concat", steps, first, axis=1)
    else:
        places, rows = counts, n.add("Concat", first, steps, axis=1)
    held = _at_steps(w, rows, n.as_type(places, np.int64, np.int32))
    if o.hold:
        n.add("Identity", held, output=w.output)
    else:
        n.add("Where", n.unsqueeze(mask, -1), held, n.constant(0.0), output=w.output)
