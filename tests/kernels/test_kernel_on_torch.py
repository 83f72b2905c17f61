"""The recurrence on torch, compiled and by ATen, compared with torch.nn in double precision."""

from __future__ import annotations

import threading

import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import FLAGS, SIZES, assert_close, problem

from unrolled.errors import ShapeError
from unrolled.kernels import native
from unrolled.kernels.flags import Flags

torch = pytest.importorskip("torch", reason="torch is not installed")
from test_kernel_torch import order  # noqa: E402  (it needs torch)

from unrolled.kernels import aten, on_torch  # noqa: E402

needs_native = pytest.mark.skipif(native.library() is None, reason="no compiled kernels here")
FORMS = {"native": on_torch.recurrence, "aten": aten.recurrence}
forms = pytest.mark.parametrize("form", [pytest.param("native", marks=needs_native), "aten"])
cells = pytest.mark.parametrize("cell", ["lstm", "gru"])
flags_of = pytest.mark.parametrize("flags", [Flags(*flags) for flags in FLAGS])


def tensors(p, dtype=None):
    """Return the arguments of a problem and its lengths as tensors."""
    args = [torch.tensor(np.asarray(a), dtype=dtype, requires_grad=True) for a in p.args]
    return args, None if p.lengths is None else torch.tensor(np.asarray(p.lengths))


def weighed(p, outputs):
    """Return the sum whose gradients are compared."""
    weights = [torch.tensor(np.asarray(w)) for w in p.out_weights]
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o is not None]
    return sum((o * w.to(o.dtype)).sum() for o, w in pairs)


def results(form, p, flags=Flags()):  # noqa: B008 (a constant)
    """Return ys, the final states and the gradient of each argument."""
    args, lengths = tensors(p)
    ys, final = FORMS[form](p.cell, args[0], args[1:4], args[4:], lengths, flags)
    grads = torch.autograd.grad(weighed(p, [ys, *final]), args)
    return [a.detach().numpy() for a in (ys, *final, *grads) if a is not None]


def wanted(p, flags=Flags()):  # noqa: B008 (a constant)
    """Return the same from torch.nn in float64, for each row alone and its valid steps."""
    args, lengths = tensors(p, torch.float64)
    x, kernel, recurrent, bias, *states = args
    (b, t, _), (h, lstm) = x.shape, (recurrent.shape[0], p.cell == "lstm")
    at = order(p.cell, h)
    both = torch.stack([bias, torch.zeros_like(bias)]) if lstm else bias
    weights = [kernel.T[at], recurrent.T[at], both[0][at], both[1][at]]
    run = torch._VF.lstm if lstm else torch._VF.gru
    rows = []
    for r, n in enumerate([t] * b if lengths is None else lengths.tolist()):
        start = [s[None, r : r + 1] for s in states]
        steps = x[r : r + 1, :n].flip(1) if flags.reverse else x[r : r + 1, :n]
        ys, *final = [steps.new_zeros(1, 0, h), *start]
        if n:
            rest = (weights, True, 1, 0.0, False, False, True)
            ys, *final = run(steps, start if lstm else start[0], *rest)
        ys = ys.flip(1) if flags.reverse else ys
        last = ys[:, -1:] if n and flags.hold and not flags.reverse else steps.new_zeros(1, 1, h)
        rows.append([torch.cat([ys, last.expand(1, t - n, h)], 1), *(s[0] for s in final)])
    ys, *final = (torch.cat(part) for part in zip(*rows, strict=True))
    outputs = [ys if flags.sequences else None, *final]
    grads = torch.autograd.grad(weighed(p, outputs), args)
    return [a.detach().numpy().astype("f") for a in (*outputs, *grads) if a is not None]


@forms
@cells
@pytest.mark.parametrize("size", SIZES)
def test_dense_batch(form, cell, size):
    p = problem(cell, size, ragged=False)
    assert_close(results(form, p), wanted(p))


@forms
@cells
@flags_of
@pytest.mark.parametrize("ragged", [False, True])
def test_every_flag(form, cell, flags, ragged):
    p = problem(cell, (37, 6, 3, 19), ragged=ragged)
    assert_close(results(form, p, flags), wanted(p, flags))


@needs_native
@cells
def test_a_long_run_and_a_large_state(cell):
    for size in ((4, 200, 2, 20), (34, 12, 40, 128)):
        p = problem(cell, size)
        assert_close(results("native", p), wanted(p))


@forms
@cells
@flags_of
def test_padding_is_never_read(form, cell, flags):
    p = problem(cell, (6, 7, 2, 5))
    want = results(form, p, flags)
    valid = jnp.arange(7) < p.lengths[:, None]
    p.args[0] = jnp.where(valid[..., None], p.args[0], jnp.nan)
    assert_close(results(form, p, flags), want, 0)


@needs_native
@cells
def test_lengths_beyond_the_steps_are_the_steps(cell):
    p = problem(cell, (3, 4, 2, 5))
    (x, *rest), _ = tensors(p)
    got, want = (
        on_torch.recurrence(cell, x, rest[:3], rest[3:], torch.tensor(n), Flags())[0]
        for n in ([9, 4, -2], [4, 4, 0])
    )
    assert torch.equal(got, want)


@needs_native
@cells
@pytest.mark.parametrize("size", [(0, 4, 2, 3), (3, 0, 2, 3)])
def test_no_rows_or_no_steps(cell, size):
    p = problem(cell, size)
    ys, h, *rest = results("native", p)
    assert ys.shape == (*size[:2], 3)
    np.testing.assert_array_equal(h, p.args[4])
    assert not np.any(rest[-len(p.args) + 1])  # of the input weights


@needs_native
@cells
def test_any_memory_layout_works(cell):
    p = problem(cell, (5, 6, 3, 8))
    args, lengths = tensors(p)
    strided = [a.detach().mT.contiguous().mT if a.ndim > 1 else a.detach() for a in args]
    assert not strided[1].is_contiguous()
    want, got = (
        on_torch.recurrence(cell, a[0], a[1:4], a[4:], lengths, Flags())[0] for a in (args, strided)
    )
    assert torch.equal(want, got)


@needs_native
@cells
def test_dx_is_computed_only_if_wanted(cell, monkeypatch):
    p = problem(cell, (5, 6, 3, 8))
    args, lengths = tensors(p)
    sizes, room = [], on_torch._empty_gradients

    def watched(*given):
        made = room(*given)
        sizes.append(made[0].numel())
        return made

    monkeypatch.setattr(on_torch, "_empty_gradients", watched)
    for x in (args[0].detach(), args[0]):
        ys, final = on_torch.recurrence(cell, x, args[1:4], args[4:], lengths, Flags())
        torch.autograd.grad(weighed(p, [ys, *final]), args[1])
    ys, final = on_torch.recurrence(cell, args[0], args[1:4], args[4:], lengths, Flags())
    torch.autograd.grad(weighed(p, [ys, *final]), args[0])
    assert sizes == [0, args[0].numel(), args[0].numel()]


@needs_native
@cells
def test_the_gradient_of_one_output(cell):
    p = problem(cell, (5, 6, 3, 8))
    for output in range(len(p.out_weights)):
        weights = [w if i == output else w * 0 for i, w in enumerate(p.out_weights)]
        args, lengths = tensors(p)
        ys, final = on_torch.recurrence(cell, args[0], args[1:4], args[4:], lengths, Flags())
        one = ([ys, *final][output] * torch.tensor(np.asarray(weights[output]))).sum()
        got = [g.numpy() for g in torch.autograd.grad(one, args)]
        p.out_weights[:], kept = weights, list(p.out_weights)
        want = wanted(p)[len(kept) :]
        p.out_weights[:] = kept
        assert_close(got, want)


@needs_native
@cells
def test_gradients_of_gradients(cell):
    p = problem(cell, (3, 5, 2, 4))

    def second(form):
        args, lengths = tensors(p)
        ys, final = FORMS[form](cell, args[0], args[1:4], args[4:], lengths, Flags())
        (dx,) = torch.autograd.grad(weighed(p, [ys, *final]), args[:1], create_graph=True)
        found = torch.autograd.grad((dx**2).sum(), [args[0], args[2], args[4]])
        return [g.numpy() for g in (dx.detach(), *found)]

    assert_close(second("native"), second("aten"))


@needs_native
def test_two_threads_train_at_the_same_time():
    problems = [problem("lstm", (70, 20, 5, 48), seed=1), problem("gru", (70, 20, 5, 48), seed=2)]
    want = [results("native", p) for p in problems]
    failures = []

    def train(p, w):
        for _ in range(5):
            try:
                assert_close(results("native", p), w, 0)
            except AssertionError as failure:
                failures.append(failure)

    pairs = zip(problems, want, strict=True)
    workers = [threading.Thread(target=train, args=pair) for pair in pairs]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures


@needs_native
@cells
def test_under_torch_compile(cell):
    p = problem(cell, (5, 6, 3, 8))
    want = results("native", p)
    args, lengths = tensors(p)

    def run(args, lengths):
        ys, final = on_torch.recurrence(cell, args[0], args[1:4], args[4:], lengths, Flags())
        return [ys, *final]

    outputs = torch.compile(run, backend="aot_eager", fullgraph=True)(args, lengths)
    grads = torch.autograd.grad(weighed(p, outputs), args)
    assert_close([a.detach().numpy() for a in (*outputs, *grads)], want, 1e-6)


@needs_native
def test_arguments_that_do_not_fit_are_refused():
    args, _ = tensors(problem("lstm", (2, 3, 4, 5)))

    def run(args, lengths=None):
        on_torch.recurrence("lstm", args[0], args[1:4], args[4:], lengths, Flags())

    with pytest.raises(ShapeError, match="compute in float32 only"):
        run([args[0].double(), *args[1:]])
    with pytest.raises(ShapeError, match=r"instead of \(\(4, 20\)"):
        run([args[0], args[1][:3], *args[2:]])
    with pytest.raises(ShapeError, match=r"lengths has the shape \(3,\) instead of \(2,\)"):
        run(args, torch.ones(3))
