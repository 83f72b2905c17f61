"""ATen's LSTM and GRU (cuDNN or oneDNN) behind the signature of `on_torch.py`.

It is used on a GPU, if nothing was compiled, and where only operators of torch may be used. ATen
supports padding only in packed sequences, which are slow, so padded rows run with all their steps.
The steps after the last valid one change no output before them, and the outputs are read there. The
final cell state cannot be read there: one more input, 1 at padded steps, closes the input gate and
opens the forget gate, and so carries the cell state to the end.
"""

from __future__ import annotations

import torch
from torch import Tensor

from unrolled.kernels.flags import Flags

SATURATED = 1e4  # at such an input a gate is 0 or 1 and its slope 0, whatever is added


def recurrence(
    cell: str,
    x: Tensor,
    weights: list[Tensor],
    states: list[Tensor],
    lengths: Tensor | None,
    flags: Flags,
) -> tuple[Tensor | None, list[Tensor]]:
    """Run a cell over every step of a right-padded batch; as `unrolled.kernels.on_torch`.

    Args:
        cell: `lstm` or `gru` (`reset_after`).
        x: Inputs, `b t f` float32.
        weights: Input weights `f gh`, recurrent weights `h gh`, bias (`4h`; of a GRU `2 3h`).
        states: The initial states, each `b h`: of an LSTM two, of a GRU one.
        lengths: Valid steps of each row, `b`; None means that every step is valid.
        flags: How to run.

    Returns:
        `ys` `b t h` (None without `sequences`) and the final states, each `b h`.
    """
    if lengths is None:
        ys, final = _dense(cell, x.flip(1) if flags.reverse else x, weights, states)
        ys = ys.flip(1) if flags.reverse else ys
    else:
        ys, final = _padded(cell, x, weights, states, lengths[:, None], flags)
    return (ys if flags.sequences else None), final


def _padded(
    cell: str,
    x: Tensor,
    weights: list[Tensor],
    states: list[Tensor],
    lengths: Tensor,  # b 1
    flags: Flags,
) -> tuple[Tensor, list[Tensor]]:
    kernel, recurrent, bias = weights
    steps = torch.arange(x.shape[1], device=x.device)
    padded = steps >= lengths  # b t
    order = torch.where(padded, steps, lengths - 1 - steps)  # b t, each row from its end
    x = take_steps(x, order) if flags.reverse else x
    x = torch.where(padded[..., None], 0.0, x)  # even a NaN in the padding has no effect
    if cell == "lstm":
        gates = torch.zeros(4, recurrent.shape[0], device=x.device)
        gates[0], gates[1] = -SATURATED, SATURATED  # i, f
        kernel = torch.cat([kernel, gates.reshape(1, -1)])  # f+1 4h
        x = torch.cat([x, padded[..., None].to(x)], -1)
    ys, final = _dense(cell, x, [kernel, recurrent, bias], states)
    last = take_steps(ys, (lengths - 1).clamp(min=0))  # b 1 h
    some = (lengths > 0)[..., None]
    fill = torch.where(some, last, 0.0) if flags.hold and not flags.reverse else 0.0
    ys = torch.where(padded[..., None], fill, take_steps(ys, order) if flags.reverse else ys)
    return ys, [torch.where(some[:, 0], last[:, 0], states[0]), *final[1:]]


def take_steps(values: Tensor, index: Tensor) -> Tensor:
    """Take steps of each row: `b t h` by `b u` gives `b u h`.

    Args:
        values: `b t h`.
        index: The steps to take, `b u`.
    """
    rows = torch.arange(values.shape[0], device=values.device)[:, None] * values.shape[1]
    flat = values.reshape(-1, values.shape[2]).index_select(0, (index + rows).reshape(-1))
    return flat.reshape(*index.shape, values.shape[2])


def _dense(
    cell: str, x: Tensor, weights: list[Tensor], states: list[Tensor]
) -> tuple[Tensor, list[Tensor]]:
    """Call ATen over every step of every row, from step 0."""
    *matrices, bias = weights
    if cell == "lstm":
        run, biases = torch._VF.lstm, [bias, torch.zeros_like(bias)]
    else:
        run, biases = torch._VF.gru, [_reset_first(row) for row in bias]
        matrices = [_reset_first(matrix) for matrix in matrices]
    start = [state.contiguous()[None] for state in states]
    parameters = [matrix.T.contiguous() for matrix in matrices] + biases
    train = torch.is_grad_enabled()
    rest = (parameters, True, 1, 0.0, train, False, True)  # biases, 1 layer, batch first
    ys, *final = run(x.contiguous(), start if cell == "lstm" else start[0], *rest)
    return ys, [state[0] for state in final]


def _reset_first(weights: Tensor) -> Tensor:
    """Reorder the gates from Keras' z, r, h to ATen's r, z, h, along the last axis."""
    z, r, h = torch.chunk(weights, 3, dim=-1)
    return torch.cat([r, z, h], dim=-1)
