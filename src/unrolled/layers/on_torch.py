"""The fast path on torch: any padding becomes lengths, as in `on_jax.py`.

On a CPU the compiled kernel runs. ATen's LSTM and GRU run instead on a GPU, if the kernel was not
compiled, and in an export, which must run without this package.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from unrolled.backend import keras
from unrolled.kernels import aten, implementation, on_torch
from unrolled.layers.padding import Padding, mask_from_lengths

if TYPE_CHECKING:
    from unrolled.kernels.flags import Flags


def run(
    layer: Any, x: Tensor, states: list[Tensor], padding: Padding | None, flags: Flags
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Run the recurrence of a layer.

    Args:
        layer: A fast LSTM or GRU.
        x: Inputs, `b t f`.
        states: The initial states, each `b h`.
        padding: Which steps are real; None means all.
        flags: How to run.

    Returns:
        The last output `b h`, the outputs `b t h` in running order, the final states.
    """
    x = x.float()
    if layer.stateful:  # the variables are overwritten below while autograd still needs these
        states = [state.clone() for state in states]
    recurrence = _recurrence(layer, x, flags)
    if padding is None:
        ys, final = recurrence(x, states, None)
        last = final[0]
    elif padding.lengths is not None:
        ys, final = recurrence(x, states, padding.lengths)
        last = _last_output(final[0], mask_from_lengths(padding.lengths, x.shape[1]), flags)
    else:
        mask = padding.mask.bool()
        ys, final = _run_masked(recurrence, x, states, mask, flags)
        last = _last_output(final[0], mask, flags)
    if ys is None:
        return last, last[:, None], final
    return last, torch.flip(ys, [1]) if flags.reverse else ys, final


def _recurrence(layer: Any, x: Tensor, flags: Flags) -> Any:
    cell = layer.cell
    weights = [keras.ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel)]
    name = "gru" if hasattr(cell, "reset_after") else "lstm"
    width = weights[0].shape[1]
    shape = (width,) if name == "lstm" else (2, width)
    bias = keras.ops.convert_to_tensor(cell.bias) if cell.use_bias else x.new_zeros(shape)
    exporting = torch.jit.is_tracing() or torch.compiler.is_exporting()
    native = x.device.type == "cpu" and implementation() == "native" and not exporting
    function = partial((on_torch if native else aten).recurrence, name)

    def recurrence(x: Tensor, states: list[Tensor], lengths: Tensor | None) -> Any:
        return function(x, [*weights, bias], states, lengths, flags)

    return recurrence


def _run_masked(
    recurrence: Any, x: Tensor, states: list[Tensor], mask: Tensor, flags: Flags
) -> tuple[Tensor | None, list[Tensor]]:
    """Run the real steps, moved to the front of each row, and put the outputs back in place."""
    lengths = mask.sum(1)
    tracing = torch.jit.is_tracing() or torch.compiler.is_compiling()
    if not tracing and bool((mask == mask_from_lengths(lengths, x.shape[1])).all()):
        return recurrence(x, states, lengths)  # type: ignore[no-any-return]
    x = aten.take_steps(x, torch.argsort(~mask, dim=1, stable=True))
    ys, final = recurrence(x, states, lengths)
    return (None if ys is None else _scatter(ys, mask, flags)), final


def _scatter(ys: Tensor, mask: Tensor, flags: Flags) -> Tensor:
    """Put the outputs of packed steps back in place and fill the masked steps, `b t h`."""
    real = mask.int()
    seen = torch.cumsum(real, 1)  # b t
    source = seen - real if flags.reverse else seen - 1  # the latest real step in running order
    is_filled = (source < seen[:, -1:]) & (source >= 0)
    scattered = aten.take_steps(ys, source.clamp(0, ys.shape[1] - 1))
    return torch.where((is_filled if flags.hold else mask)[..., None], scattered, 0.0)


def _last_output(h: Tensor, mask: Tensor, flags: Flags) -> Tensor:
    """Return the last output in running order, `b h`: zeros if it is padded (or all are)."""
    end = mask[:, :1] if flags.reverse else mask[:, -1:]
    return torch.where(mask.any(1, keepdim=True) if flags.hold else end, h, 0.0)
