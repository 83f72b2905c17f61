"""Unaligned, `b t f -> b u o`: an input sequence, and an output sequence of another length."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.errors import ShapeError
from unrolled.networks.building_blocks import (
    BuildContext,
    last_states,
    output_heads,
    recurrent_layers,
)
from unrolled.networks.spec import NetworkSpec
from unrolled.shapes import segment


def tail(context: BuildContext) -> dict[str, Any]:
    """Build a Dense layer at each of the last u input steps."""
    x = recurrent_layers(context.x, context, sequences=True)  # b t h
    return output_heads(x[:, -context.u :], context)


def check_tail(spec: NetworkSpec) -> None:
    """Refuse fewer input steps than output steps."""
    _check_equal_lengths(spec, "tail")
    if spec.t is None or spec.t < (spec.u or 0):
        steps = "their number is open" if spec.t is None else f"there are {spec.t}"
        raise ShapeError(
            f"The architecture 'tail' needs at least as many input steps as output steps, and"
            f" {steps} (t={spec.t}) for {spec.u} output steps (u={spec.u}). Give a t of at least"
            " u, or use architecture='repeat'."
        )


def padded(context: BuildContext) -> dict[str, Any]:
    """Build a Dense layer at each of u zero steps that follow the input."""
    x = keras.layers.ZeroPadding1D((0, context.u))(context.x)  # b t+u f
    x = recurrent_layers(x, context, sequences=True)
    return output_heads(x[:, -context.u :], context)


def check_padded(spec: NetworkSpec) -> None:
    """Refuse rows of different lengths."""
    _check_equal_lengths(spec, "padded")


def vector(context: BuildContext) -> dict[str, Any]:
    """Build one Dense layer of u*o values on the last state, and reshape them into steps."""
    x = last_states(context)  # b h
    outputs = {}
    for name, o in context.spec.heads.items():
        flat = keras.layers.Dense(context.u * int(o))(x)  # b u*o
        outputs[name] = keras.layers.Reshape((context.u, int(o)))(flat)
    return outputs


def repeat(context: BuildContext) -> dict[str, Any]:
    """Build an encoder and a decoder that reads the last state of the encoder at each step."""
    x = keras.layers.RepeatVector(context.u)(last_states(context))  # b u h
    return output_heads(recurrent_layers(x, context, sequences=True), context)


def segments(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers over segments of w steps; the last state gives all output segments.

    Source:
        Lin et al. 2023, section 3; there the recurrent cell itself computes the output segments.
    """
    t, u, network = context.spec.t or 1, context.u, context.network
    w = segment(t, u)
    x = keras.layers.Reshape((t // w, w * context.x.shape[-1]))(context.x)
    x = keras.layers.Dense(network.units, activation="relu")(x)  # b t/w h
    x = recurrent_layers(x, context, sequences=False)  # b h
    x = keras.layers.RepeatVector(u // w)(x)  # b u/w h
    size = (u // w, network.units)
    x = keras.layers.EinsumDense("buh,hk->buk", size, activation="tanh", bias_axes="uk")(x)
    x = keras.layers.Dropout(network.dropout)(x) if network.dropout else x
    outputs = {}
    for name, o in context.spec.heads.items():
        values = keras.layers.Dense(w * int(o))(x)  # b u/w w*o
        outputs[name] = keras.layers.Reshape((u, int(o)))(values)
    return outputs


def check_segments(spec: NetworkSpec) -> None:
    """Refuse an open number of input steps, and rows of different lengths."""
    _check_equal_lengths(spec, "segments")
    if spec.t is None:
        raise ShapeError(
            "The architecture 'segments' cuts the input into segments of the same length, and the"
            " number of input steps is open (t=None). Give t, or use architecture='repeat'."
        )


def _check_equal_lengths(spec: NetworkSpec, architecture: str) -> None:
    """Refuse rows of different lengths, whose last steps are not the same steps."""
    if spec.groups:
        raise ShapeError(
            f"The architecture '{architecture}' reads one input sequence, and these inputs have"
            " numbers of steps of their own. Use architecture='repeat', 'vector' or 'decoder'."
        )
    if spec.ragged:
        raise ShapeError(
            f"The architecture '{architecture}' needs the same number of input steps in every row,"
            " and these rows have different lengths. Use architecture='repeat' or 'vector'."
        )
