"""The fused recurrence on torch on a CPU: compiled calls with their gradients.

As on JAX (`ffi.py`) a cell has two calls, forward and backward, and the residuals stay in the
library, identified by a small tensor of tokens, `b k`. Both calls are operators of torch, which
`torch.compile` does not split. An operator gets the inputs as one list, in the order of `INPUTS`.
If a gradient is to be differentiated again, ATen computes it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import torch
from torch import Tensor

from unrolled.kernels import aten
from unrolled.kernels.calls import Backward, Forward, Shape
from unrolled.kernels.check import check_arguments
from unrolled.kernels.flags import Flags
from unrolled.kernels.native import TOKEN, require_library

INPUTS = ("x", "kernel", "recurrent", "bias", "h0", "c0")


def recurrence(
    cell: str,
    x: Tensor,
    weights: list[Tensor],
    states: list[Tensor],
    lengths: Tensor | None,
    flags: Flags,
) -> tuple[Tensor | None, list[Tensor]]:
    """Run a cell over every step of a right-padded batch.

    Args:
        cell: `lstm` or `gru` (`reset_after`).
        x: Inputs, `b t f` float32, on the CPU.
        weights: Input weights `f gh`, recurrent weights `h gh`, bias (`4h`; of a GRU `2 3h`).
        states: The initial states, each `b h`: of an LSTM two, of a GRU one.
        lengths: Valid steps of each row, `b`; None means that every step is valid.
        flags: How to run.

    Returns:
        `ys` `b t h` (None without `sequences`) and the final states, each `b h`.

    Raises:
        ShapeError: Shapes that do not fit, or a type other than float32.
    """
    check_arguments(cell, x, weights, states, lengths)
    values = [x, *weights, *states]
    steps = None if lengths is None else lengths.to(torch.int32)
    save = torch.is_grad_enabled() and any(value.requires_grad for value in values)
    ys, *final, _ = _Recurrence.apply(steps, cell, flags, save, *values)
    return (ys if flags.sequences else None), final


def _call(
    kind: type[Forward | Backward],
    cell: str,
    flags: Flags,
    lengths: Tensor | None,
    buffers: dict[str, Tensor],
    tokens: Tensor,
) -> None:
    """Call the library; a buffer without elements means "not wanted"."""
    (b, t, f), h = buffers["x"].shape, buffers["h0"].shape[1]
    steps = None if lengths is None else lengths.contiguous()
    wanted = {name: buffer.contiguous() for name, buffer in buffers.items() if buffer.numel() > 0}
    shape = Shape(b, t, f, h, steps.data_ptr() if steps is not None else None, *flags[:2])
    call = kind(shape, **{name: buffer.data_ptr() for name, buffer in wanted.items()})
    function = "unrolled_forward" if kind is Forward else "unrolled_backward"
    tokens = tokens.contiguous()
    address = tokens.data_ptr() if tokens.numel() > 0 else None
    getattr(require_library(), function)(cell.encode(), ctypes.byref(call), address)


def _empty_outputs(
    values: list[Tensor],
    lengths: Tensor | None,  # noqa: ARG001
    cell: str,  # noqa: ARG001
    flags: list[bool],
    save: bool,
) -> list[Tensor]:
    """Return empty `ys`, final states and tokens; `b 0 h` and `b 0` if not wanted."""
    x, states = values[0], values[4:]
    (b, t, _), h = x.shape, states[0].shape[1]
    ys = x.new_empty(b, t if Flags(*flags).sequences else 0, h)
    tokens = x.new_empty(b, TOKEN if save else 0, dtype=torch.int32)
    return [ys, *(x.new_empty(b, h) for _ in states), tokens]


@torch.library.custom_op("unrolled::recurrence", mutates_args=(), device_types="cpu")  # type: ignore[untyped-decorator]
def _forward(
    values: list[Tensor], lengths: Tensor | None, cell: str, flags: list[bool], save: bool
) -> list[Tensor]:
    results = _empty_outputs(values, lengths, cell, flags, save)
    ys, *final, tokens = results
    buffers = dict(zip(INPUTS, values, strict=False))
    buffers |= {"ys": ys, **dict(zip("hc", final, strict=False))}
    _call(Forward, cell, Flags(*flags), lengths, buffers, tokens)
    return results


def _empty_gradients(
    values: list[Tensor],
    lengths: Tensor | None,  # noqa: ARG001
    tokens: Tensor,  # noqa: ARG001
    arriving: list[Tensor],  # noqa: ARG001
    cell: str,  # noqa: ARG001
    flags: list[bool],  # noqa: ARG001
    want_dx: bool,
) -> list[Tensor]:
    """Return an empty gradient of each input, in their order; dx is `b 0 f` if not wanted."""
    x, *rest = values
    b, t, f = x.shape
    return [x.new_empty(b, t if want_dx else 0, f), *(x.new_empty(v.shape) for v in rest)]


@torch.library.custom_op("unrolled::recurrence_backward", mutates_args=(), device_types="cpu")  # type: ignore[untyped-decorator]
def _backward(
    values: list[Tensor],
    lengths: Tensor | None,
    tokens: Tensor,
    arriving: list[Tensor],  # dys, dh, dc
    cell: str,
    flags: list[bool],
    want_dx: bool,
) -> list[Tensor]:
    gradients = _empty_gradients(values, lengths, tokens, arriving, cell, flags, want_dx)
    buffers = dict(zip(INPUTS, values, strict=False))
    buffers |= {f"d{name}": g for name, g in zip(INPUTS, gradients, strict=False)}
    buffers |= dict(zip(("dys", "dh", "dc"), arriving, strict=False))
    _call(Backward, cell, Flags(*flags), lengths, buffers, tokens)
    return gradients


_forward.register_fake(_empty_outputs)
_backward.register_fake(_empty_gradients)


class _Recurrence(torch.autograd.Function):
    """Joins the two operators for autograd."""

    @staticmethod
    def forward(
        lengths: Tensor | None, cell: str, flags: Flags, save: bool, *values: Tensor
    ) -> tuple[Tensor, ...]:
        return tuple(_forward(list(values), lengths, cell, list(flags), save))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        lengths, ctx.cell, ctx.flags, _, *values = inputs
        ctx.mark_non_differentiable(output[-1])
        ctx.save_for_backward(lengths, output[-1], *values)
        ctx.set_materialize_grads(False)  # zeros for ys would be as large as ys

    @staticmethod
    def backward(ctx: Any, *arriving: Tensor | None) -> tuple[Tensor | None, ...]:
        lengths, tokens, *values = ctx.saved_tensors
        wanted = ctx.needs_input_grad[4:]
        if torch.is_grad_enabled():
            gradients = _differentiable_gradients(
                ctx.cell, ctx.flags, lengths, values, arriving[:-1], wanted
            )
            return None, None, None, None, *gradients
        dys, *dfinal = arriving[:-1]
        filled = [values[0].new_empty(0) if dys is None else dys]
        filled += [torch.zeros_like(values[4]) if d is None else d for d in dfinal]
        gradients = _backward(values, lengths, tokens, filled, ctx.cell, list(ctx.flags), wanted[0])
        of_wanted = [g if want else None for g, want in zip(gradients, wanted, strict=True)]
        return None, None, None, None, *of_wanted


def _differentiable_gradients(
    cell: str,
    flags: Flags,
    lengths: Tensor | None,
    values: list[Tensor],
    arriving: tuple[Tensor | None, ...],
    wanted: tuple[bool, ...],
) -> list[Tensor | None]:
    """Return the wanted gradients, computed by ATen as a part of the graph."""
    inputs = [v.view_as(v) for v in values]  # new tensors: one may have been computed from another
    ys, final = aten.recurrence(cell, inputs[0], inputs[1:4], inputs[4:], lengths, flags)
    pairs = [(o, g) for o, g in zip((ys, *final), arriving, strict=True) if g is not None]
    outputs, weights = zip(*pairs, strict=True)
    sources = [v for v, want in zip(inputs, wanted, strict=True) if want]
    gradients = iter(torch.autograd.grad(outputs, sources, weights, create_graph=True))
    return [next(gradients) if want else None for want in wanted]
