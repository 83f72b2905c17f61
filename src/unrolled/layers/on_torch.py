"""The fast path on torch: ATen's LSTM and GRU (oneDNN or cuDNN), with padding.

ATen's packed sequences leave oneDNN and are several times slower than its dense LSTM, so
padded rows run dense: the real steps of each row stand first, what comes after them changes
nothing before them, and the final state is read at the last real step. The cell state cannot
be read there, as ATen returns only the final one; one more input, 1 at padded steps, shuts the
input gate and opens the forget gate, and carries it to the end unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from keras import ops
from torch import Tensor

from unrolled.layers.padding import Padding, before

if TYPE_CHECKING:
    from unrolled.layers.recurrent import Flags

SHUT = 1e4  # a gate's input beyond which sigmoid is 0 or 1 and its slope 0, whatever is added


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
    mask = None if padding is None else padding.as_mask(x.shape[1]).bool()  # b t
    if flags.reverse:
        x = torch.flip(x, [1])
        mask = None if mask is None else torch.flip(mask, [1])
    if mask is None:
        ys, final = _dense(layer.cell, x, states, None)
        return ys[:, -1], ys, final
    return _masked(layer.cell, x, states, mask, flags)


def _masked(
    cell: Any, x: Tensor, states: list[Tensor], mask: Tensor, flags: Flags
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Run the real steps from the front of each row, and put the outputs where they stood."""
    lengths = mask.sum(1)
    padded = ~before(lengths, x.shape[1])  # b t
    if bool((mask == padded).any()):
        order = torch.argsort(~mask, dim=1, stable=True)  # b t
        x = _taken(x, order)
    ys, final = _dense(cell, x, states, padded)
    at_end = _taken(ys, (lengths - 1).clamp(min=0)[:, None])[:, 0]  # b h
    some = (lengths > 0)[:, None]
    final[0] = torch.where(some, at_end, states[0])
    if not flags.sequences:
        keep = some if flags.hold else mask[:, -1:]
        last = torch.where(keep, at_end, 0.0)
        return last, last[:, None], final
    source = torch.cumsum(mask, 1) - 1  # b t, the latest real step
    fill = source >= 0 if flags.hold else mask
    ys = torch.where(fill[..., None], _taken(ys, source.clamp(min=0)), 0.0)
    return ys[:, -1], ys, final


def _taken(values: Tensor, index: Tensor) -> Tensor:
    """Take steps of each row: `b t h` by `b u` gives `b u h`."""
    rows = torch.arange(values.shape[0], device=values.device)[:, None] * values.shape[1]
    flat = values.reshape(-1, values.shape[2]).index_select(0, (index + rows).reshape(-1))
    return flat.reshape(*index.shape, values.shape[2])


def _dense(
    cell: Any, x: Tensor, states: list[Tensor], padded: Tensor | None
) -> tuple[Tensor, list[Tensor]]:
    """Call ATen over every step of every row, from step 0."""
    kernel, recurrent = (ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel))
    bias = ops.convert_to_tensor(cell.bias) if cell.use_bias else None
    is_lstm = len(states) == 2
    if padded is not None:
        x = torch.where(padded[..., None], 0.0, x)  # not even a NaN there may matter
    if is_lstm and padded is not None:
        gates = torch.zeros(1, 4, cell.units, device=x.device)
        gates[:, 0], gates[:, 1] = -SHUT, SHUT  # i, f
        kernel = torch.cat([kernel, gates.reshape(1, -1)])  # f+1 4h
        x = torch.cat([x, padded[..., None].to(x)], -1)
    if is_lstm:
        weights = [kernel.T.contiguous(), recurrent.T.contiguous()]
        biases = [] if bias is None else [bias, torch.zeros_like(bias)]
    else:
        weights = [_reset_first(w).T.contiguous() for w in (kernel, recurrent)]
        biases = [] if bias is None else [_reset_first(row) for row in bias]
    start = [state.contiguous()[None] for state in states]
    train = torch.is_grad_enabled()
    rest = (weights + biases, bool(biases), 1, 0.0, train, False, True)  # 1 layer, batch first
    if is_lstm:
        ys, h, c = torch._VF.lstm(x.contiguous(), start, *rest)
        return ys, [h[0], c[0]]
    ys, h = torch._VF.gru(x.contiguous(), start[0], *rest)
    return ys, [h[0]]


def _reset_first(weights: Tensor) -> Tensor:
    """Reorder the gates from Keras' z, r, h to ATen's r, z, h, along the last axis."""
    z, r, h = torch.chunk(weights, 3, dim=-1)
    return torch.cat([r, z, h], dim=-1)
