"""Unaligned, `b t f -> b u o`: a row of steps in, another row out."""

from __future__ import annotations

from typing import Any

from unrolled.errors import ShapeError
from unrolled.networks.building_blocks import BuildContext, layers, output_heads, recurrent_layers
from unrolled.shapes import segment


def tail(plan: BuildContext) -> dict[str, Any]:
    """The last u of the input steps; Dense at each."""
    t, u = _fixed(plan, "tail"), plan.u
    if t is None or t < u:
        raise ShapeError(
            f"got t={t} and u={u} for the architecture 'tail', which keeps the last u of the t"
            " input steps: expected t >= u, and t known. Give t, or take architecture='repeat'."
        )
    x = recurrent_layers(plan.x, plan, sequences=True)  # b t h
    return output_heads(x[:, -u:], plan)


def padded(plan: BuildContext) -> dict[str, Any]:
    """The input, padded by u zero steps, so that outputs come after all of it was read."""
    _fixed(plan, "padded")
    x = layers.ZeroPadding1D((0, plan.u))(plan.x)  # b t+u f
    x = recurrent_layers(x, plan, sequences=True)
    return output_heads(x[:, -plan.u :], plan)


def vector(plan: BuildContext) -> dict[str, Any]:
    """The last state; one Dense for all u*o values, reshaped into steps."""
    x = recurrent_layers(plan.x, plan, sequences=False, mask=plan.mask)  # b h
    outputs = {}
    for name, o in plan.spec.heads.items():
        flat = layers.Dense(plan.u * int(o))(x)
        outputs[name] = layers.Reshape((plan.u, int(o)))(flat)
    return outputs


def repeat(plan: BuildContext) -> dict[str, Any]:
    """An encoder's last state, repeated u times, is read by a decoder; Dense at each step."""
    x = recurrent_layers(plan.x, plan, sequences=False, mask=plan.mask)  # b h
    x = layers.RepeatVector(plan.u)(x)  # b u h
    return output_heads(recurrent_layers(x, plan, sequences=True), plan)


def segments(plan: BuildContext) -> dict[str, Any]:
    """Segments of w steps are the recurrence's steps, and all output segments are said at once.

    Source:
        Lin et al. 2023, section 3; there the recurrent cell itself says the output segments.
    """
    t, u = _fixed(plan, "segments"), plan.u
    if t is None:
        raise ShapeError(
            "got no t for the architecture 'segments', which cuts the input into segments of the"
            " same length: expected t to be known. Give t, or take architecture='repeat'."
        )
    w = segment(t, u)
    x = layers.Reshape((t // w, w * plan.x.shape[-1]))(plan.x)
    x = layers.Dense(plan.network.units, activation="relu")(x)  # b t/w h
    x = layers.RepeatVector(u // w)(recurrent_layers(x, plan, sequences=False))  # b u/w h
    size = (u // w, plan.network.units)
    x = layers.EinsumDense("buh,hk->buk", size, activation="tanh", bias_axes="uk")(x)
    x = layers.Dropout(plan.network.dropout)(x) if plan.network.dropout else x
    outputs = {}
    for name, o in plan.spec.heads.items():
        outputs[name] = layers.Reshape((u, int(o)))(layers.Dense(w * int(o))(x))
    return outputs


def _fixed(plan: BuildContext, architecture: str) -> int | None:
    """Return t; refuse rows of different lengths, whose last steps are not the same steps."""
    if plan.spec.ragged:
        raise ShapeError(
            f"got rows of different lengths for the architecture '{architecture}', which keeps the"
            " last steps and needs the same length in every row. Take architecture='repeat' or"
            " 'vector'."
        )
    return plan.spec.t
