"""How recurrent layers of Keras become operations of a program."""

from __future__ import annotations

from typing import Any, get_args

from unrolled.backend import keras
from unrolled.program import operations as op
from unrolled.program.graph import Operand
from unrolled.program.operations.activations import Activation
from unrolled.program.walk import Call


def activation_name(layer: Any, call: Call, attribute: str = "activation") -> Any:
    """Return the name of an activation of a layer."""
    function = getattr(layer, attribute)
    name = getattr(function, "__name__", "")
    if name not in get_args(Activation) or keras.activations.get(name) is not function:
        raise call.refuse(f"has the {attribute} {name or 'of another kind'}")
    return name


def recurrence(layer: Any, call: Call) -> None:
    """Translate a recurrent layer of one direction."""
    if layer.stateful or getattr(layer, "unroll", False):
        raise call.refuse("is stateful or unrolled")
    names = _put_recurrence(layer, call, layer.go_backwards, _first_states(call))
    if layer.go_backwards and layer.return_sequences:
        names[0] = call.put(op.Reverse(), names[0], part="reversed")
    call.done(*names, mask=call.mask if layer.return_sequences else None)


def _first_states(call: Call) -> list[Operand]:
    states = call.kwargs.get("initial_state")
    if states is None and len(call.args) > 1:
        states = call.args[1]
    if states is None:
        return []
    return [call.name(s) for s in (states if isinstance(states, (list, tuple)) else [states])]


def _put_recurrence(layer: Any, call: Call, reverse: bool, states: list[Operand]) -> list[str]:
    """Add one recurrent layer in one direction."""
    kind = next(k for k in (op.LSTM, op.GRU, op.SimpleRNN) if _is(layer, k.__name__))
    settings: dict[str, Any] = {
        "sequences": layer.return_sequences,
        "states": layer.return_state,
        "reverse": reverse,
        "hold": not getattr(layer, "zero_output_for_mask", False),
        "activation": activation_name(layer, call),
    }
    if kind is not op.SimpleRNN:
        settings["recurrent_activation"] = activation_name(layer, call, "recurrent_activation")
    if kind is op.GRU:
        settings["reset_after"] = bool(layer.reset_after)
    cell = layer.cell
    variables = [cell.kernel, cell.recurrent_kernel, *([cell.bias] if cell.use_bias else [])]
    count = 1 + kind.state_count * layer.return_state
    inputs = [call.x, call.mask, *states]
    return call.walk.put(layer, kind(**settings), inputs, variables, outputs=count)


def _is(layer: Any, name: str) -> bool:
    return any(kind.__name__ == name for kind in type(layer).__mro__)


def bidirectional(layer: Any, call: Call) -> None:
    """Translate a wrapper of two recurrent layers, one for each direction."""
    states = _first_states(call)
    half, both = len(states) // 2, []
    for part, inner, own in (
        ("forward", layer.forward_layer, states[:half]),
        ("backward", layer.backward_layer, states[half:]),
    ):
        if inner.go_backwards != (part == "backward") or inner.stateful:
            raise call.refuse("has layers of other directions, or stateful ones")
        if not any(_is(inner, kind) for kind in ("LSTM", "GRU", "SimpleRNN")):
            raise call.refuse(f"contains a {type(inner).__name__}")
        both.append(_put_recurrence(inner, call, part == "backward", own))
    first, second = both[0][0], both[1][0]
    joins: dict[str, op.Operation] = {
        "concat": op.Concatenate(),
        "sum": op.Elementwise("add"),
        "ave": op.Average(),
        "mul": op.Elementwise("multiply"),
    }
    if layer.merge_mode is None:
        names = [first, second]
    else:
        names = [call.put(joins[layer.merge_mode], first, second)]
    names += [*both[0][1:], *both[1][1:]]
    call.done(*names, mask=call.mask if layer.return_sequences else None)
