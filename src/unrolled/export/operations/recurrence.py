"""Recurrent layers as the LSTM, GRU and RNN of ONNX.

The layout is always 0 (steps before rows), because ONNX Runtime refuses the other one, and the
lengths of the rows are always an input. ONNX has the gates in another order than Keras (i o f c in
place of i f c o), each bias as two halves, and every array with an axis for the directions. Its
outputs are zero at padded steps, where those of a program are held: a `Where` puts them there.

Not every engine heeds the lengths: OpenVINO 2026.4 on a CPU runs rows to the end of the batch, and
joins two directions wrongly. So nothing here depends on that. A layer that runs backwards reads
reversed rows forwards, the last output is taken from the outputs of the steps, and the cell state
of an LSTM stays as it is at padded steps, since one more input closes the input gate there and
opens the forget gate.
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
SATURATED = 1e4  # a gate of which this is added to the input is 1, and with the opposite sign 0
LAST = (1 << 63) - 1  # a limit beyond every axis
GATES = {"LSTM": (0, 3, 1, 2), "GRU": (0, 1, 2), "RNN": (0,)}  # of Keras, in the order of ONNX


def recurrence(w: Writing) -> None:
    """Write a recurrent layer in one direction."""
    o, n = w.operation, w.nodes
    kind = "LSTM" if isinstance(o, LSTM) else "GRU" if isinstance(o, GRU) else "RNN"
    x, mask = w.float_input(), w.optional(1)
    states = [w.optional(place) for place in range(2, 2 + o.state_count)]
    in_order = mask is None or mask in w.right_padded
    if mask is not None and not in_order:
        x = _at_steps(w, x, _real_steps_first(w, mask))
    lengths = _count_steps(w, x, mask)
    if o.reverse:
        x = _reversed(w, x, mask, lengths)
    holds_cell = kind == "LSTM" and o.states and mask is not None and _saturates(w)
    if holds_cell:
        x = n.add("Concat", x, _padded_steps(w, x, lengths), axis=-1)
    first = ["" if state is None else n.unsqueeze(state, 0) for state in states]
    inputs = [n.transpose(x, 1, 0, 2), *_weights(w, kind, holds_cell), lengths, *first]
    while inputs and not inputs[-1]:
        inputs.pop()
    names = ["sequence", "state", "cell"][: 1 + o.state_count]
    outputs = [n.new(name) for name in names]
    options: dict[str, Any] = {"hidden_size": len(n.array(w.node.weights[1]))}
    if kind == "GRU":
        options["linear_before_reset"] = int(o.reset_after)
    n.add(kind, *inputs, outputs=outputs, **_activations(w, kind), **options)
    steps = n.transpose(n.add("Squeeze", outputs[0], n.integers(1)), 1, 0, 2)  # b t h
    last = [n.add("Squeeze", state, n.integers(0)) for state in outputs[1:]]
    if mask is not None:
        last[0] = _last_step(w, steps, lengths, in_order=in_order)
    if o.reverse and o.sequences:
        steps = _reversed(w, steps, mask, lengths)
    _write_outputs(w, steps, last, mask, in_order=in_order)


def _reversed(w: Writing, x: str, mask: str | None, lengths: str) -> str:
    """Return the real steps of each row in the opposite order; padded ones stay at the end."""
    n = w.nodes
    if mask is None:
        return n.add("Slice", x, *(n.integers(i) for i in (-1, -LAST, 1, -1)))
    lengths = n.as_type(lengths, np.int64, np.int32)
    return n.add("ReverseSequence", x, lengths, batch_axis=0, time_axis=1)


def _saturates(w: Writing) -> bool:
    """Return whether a gate can be closed and opened entirely."""
    return w.operation.recurrent_activation in ("sigmoid", "hard_sigmoid")


def _padded_steps(w: Writing, x: str, lengths: str) -> str:
    """Return 1 at each padded step and 0 at the others, (b t 1); padded steps come last."""
    n = w.nodes
    steps = n.add("Squeeze", n.as_type(n.size(x, 1), np.int32, np.int64))
    places = n.add("Range", n.constant(0, np.int32), steps, n.constant(1, np.int32))
    is_real = n.add("Less", places, n.unsqueeze(lengths, 1))  # b t
    padded = n.as_type(n.add("Not", is_real), np.float32, bool)
    return n.unsqueeze(padded, -1)


def _last_step(w: Writing, steps: str, lengths: str, *, in_order: bool) -> str:
    """Return the output of the last real step (b h); the first state of a row without any."""
    n = w.nodes
    one = n.constant(1, np.int32)
    places = n.add("Max", n.add("Sub", lengths, one), n.constant(0, np.int32))
    places = n.unsqueeze(n.as_type(places, np.int64, np.int32), -1)  # b 1
    last = n.add("GatherND", steps, places, batch_dims=1)
    if in_order:  # every row of a table has a step
        return last
    is_real = n.unsqueeze(n.add("Less", n.constant(0, np.int32), lengths), -1)
    first = n.add("Squeeze", _first_state(w, steps), n.integers(1))
    return n.add("Where", is_real, last, first)


def _weights(w: Writing, kind: str, holds_cell: bool) -> list[str]:
    """Return kernel (1 gh f), recurrent kernel (1 gh h) and both biases (1 2gh).

    With `holds_cell`, the kernel has one more row, which an LSTM reads 1 for at padded steps.
    """
    gates = GATES[kind]

    def reordered(array: Array) -> Array:  # ... gh
        parts = np.split(array, len(gates), axis=-1)
        return np.concatenate([parts[gate] for gate in gates], axis=-1)

    def matrix(array: Array) -> Array:
        return reordered(array).T[None]

    def holding(array: Array) -> Array:
        row = np.repeat([-SATURATED, SATURATED, 0, 0], array.shape[1] // 4)
        return matrix(np.concatenate([array, row[None].astype(np.float32)]))

    def bias(array: Array) -> Array:
        halves = array if array.ndim == 2 else np.stack([array, np.zeros_like(array)])
        return reordered(halves).reshape(1, -1)

    kernel, recurrent, *biases = w.node.weights
    return [
        w.nodes.weight(kernel, holding if holds_cell else matrix, "held" if holds_cell else kind),
        w.nodes.weight(recurrent, matrix, kind),
        w.nodes.weight(biases[0], bias, kind) if biases else "",
    ]


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


def _write_outputs(
    w: Writing, steps: str, last: list[str], mask: str | None, *, in_order: bool
) -> None:
    """Write the tensors that the program has: outputs of steps or the last one, then the states."""
    o, n = w.operation, w.nodes
    if o.sequences:
        if mask is None:
            n.add("Identity", steps, output=w.output)
        elif in_order:
            _hold(w, steps, last[0], mask)
        else:
            _put_back(w, steps, mask)
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
        padding = n.constant(0.0)
    else:
        padding = _first_state(w, steps) if o.reverse else n.unsqueeze(last, 1)
    n.add("Where", n.unsqueeze(mask, -1), steps, padding, output=w.output)


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
    outputs = _at_steps(w, rows, n.as_type(places, np.int64, np.int32))
    if o.hold:
        n.add("Identity", outputs, output=w.output)
    else:
        n.add("Where", n.unsqueeze(mask, -1), outputs, n.constant(0.0), output=w.output)
