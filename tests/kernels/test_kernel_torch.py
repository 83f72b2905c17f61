"""The kernels compared with torch's nn.LSTM and nn.GRU in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from recurrence_cases import STATES, assert_close, problem, recurrence, results

from unrolled.kernels import ffi

torch = pytest.importorskip("torch", reason="torch is not installed: it is only an oracle here")
pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")


def order(cell, h):
    """Return the order of torch's gates in Keras: i f g o are i f c o; r z n are z r h."""
    blocks = [0, 1, 2, 3] if cell == "lstm" else [1, 0, 2]
    return np.concatenate([np.arange(h) + h * block for block in blocks])


def torch_results(p, size):
    (_, _, f, h), lstm = size, p.cell == "lstm"
    net = (torch.nn.LSTM if lstm else torch.nn.GRU)(f, h, batch_first=True).double()
    x, kernel, recurrent, bias, *states = (torch.tensor(np.asarray(a)).double() for a in p.args)
    bias = torch.stack([bias, torch.zeros_like(bias)]) if lstm else bias
    at = order(p.cell, h)
    weights = [kernel.T[at], recurrent.T[at], bias[0][at], bias[1][at]]
    for parameter, value in zip(net.parameters(), weights, strict=True):
        parameter.data = value.clone()
    x.requires_grad_()
    states = [s[None].requires_grad_() for s in states]
    ys, final = net(x, tuple(states) if lstm else states[0])
    final = [s[0] for s in (final if lstm else (final,))]
    weights = [torch.tensor(np.asarray(w)).double() for w in p.out_weights]
    sum((o * w).sum() for o, w in zip((ys, *final), weights, strict=True)).backward()
    dw, du, db, db2 = (q.grad for q in net.parameters())
    back = np.argsort(at)
    dbias = db[back] if lstm else torch.stack([db[back], db2[back]])
    grads = [x.grad, dw[back].T, du[back].T, dbias, *[s.grad[0] for s in states]]
    return [r.detach().numpy() for r in (ys, *final, *grads)]


@pytest.mark.parametrize("cell", ["lstm", "gru"])  # torch has no GRU that resets before
@pytest.mark.parametrize("size", [(1, 1, 1, 1), (33, 20, 5, 48), (8, 60, 3, 65), (4, 15, 7, 128)])
def test_float64(cell, size):
    p = problem(cell, size, ragged=False)
    want = torch_results(p, size)
    got = results(recurrence(ffi, cell), p)
    assert len(got) == 1 + STATES[cell] + len(p.args)
    assert_close(got, [w.astype("f") for w in want])
