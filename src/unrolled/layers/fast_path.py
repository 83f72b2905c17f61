"""What runs fast, what runs as stock Keras, and why: one table, and the choice made from it.

The layers ask it at every call, `unrolled.accelerate` before it takes a layer, and
`table()` prints it for the documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from unrolled.backend import keras
from unrolled.layers.padding import Padding

Runner = Callable[..., Any]


@dataclass(frozen=True)
class FastPath:
    """How the layers run on one backend and device.

    Args:
        backend: Keras' backend.
        devices: The kinds of device it holds for; empty means any.
        module: The module whose `run` is the fast path; empty means stock Keras.
        what: What runs, in words.
    """

    backend: str
    devices: tuple[str, ...]
    module: str
    what: str


PATHS = (
    FastPath("jax", ("cpu",), "unrolled.layers.on_jax", "this package's kernel"),
    FastPath("jax", (), "", "stock Keras, with cuDNN where it can"),
    FastPath(
        "torch",
        ("cpu",),
        "unrolled.layers.on_torch",
        "this package's kernel; ATen's LSTM and GRU in an export and where it was not compiled",
    ),
    FastPath("torch", ("cuda",), "unrolled.layers.on_torch", "ATen's LSTM and GRU, with cuDNN"),
    FastPath("torch", (), "", "stock Keras"),
    FastPath(
        "tensorflow", (), "", "stock Keras: XLA and TensorFlow have no CPU recurrence to call"
    ),
)
OTHER = FastPath("any other", (), "", "stock Keras")


class Call(NamedTuple):
    """What one call of a layer brings."""

    sequences: Any
    padding: Padding | None
    training: bool


@dataclass(frozen=True)
class Limit:
    """One reason to run as stock Keras.

    Args:
        name: A word for it.
        when: What it holds for, in words.
        why: Why there is no fast path.
        holds: Whether it holds for a layer (and a call, for a limit of `CALL_LIMITS`).
    """

    name: str
    when: str
    why: str
    holds: Callable[..., bool]


def _dtypes(layer: Any) -> set[str]:
    return {layer.compute_dtype, layer.cell.compute_dtype, layer.cell.variable_dtype}


def _activations(layer: Any) -> tuple[Any, Any]:
    return layer.activation, layer.recurrent_activation


def _is_gru_reset_before(layer: Any) -> bool:
    return keras.backend.backend() == "torch" and not getattr(layer, "reset_after", True)


LAYER_LIMITS = (
    Limit(
        "dtype",
        "the dtype policy is not `float32`",
        "the kernels compute in float32 alone",
        lambda layer: _dtypes(layer) != {"float32"},
    ),
    Limit(
        "activation",
        "`activation` is not `tanh` or `recurrent_activation` is not `sigmoid`",
        "the kernels fuse these two",
        lambda layer: _activations(layer) != (keras.activations.tanh, keras.activations.sigmoid),
    ),
    Limit(
        "unroll",
        "`unroll=True`",
        "it asks for one piece of graph for each step",
        lambda layer: bool(layer.unroll),
    ),
    Limit(
        "use_cudnn",
        "`use_cudnn=True`",
        "it asks for cuDNN and nothing else; stock Keras runs it or refuses",
        lambda layer: layer.use_cudnn is True,
    ),
    Limit(
        "reset_after",
        "a GRU with `reset_after=False`, on torch",
        "only the other form is compiled and in ATen",
        _is_gru_reset_before,
    ),
)

CALL_LIMITS = (
    Limit(
        "recurrent_dropout",
        "training with `recurrent_dropout`",
        "the state is masked inside the loop; without training the layer is fast",
        lambda layer, call: call.training and layer.recurrent_dropout > 0,
    ),
    Limit(
        "dropout",
        "training with `dropout` and `implementation=1`, or `dropout=1`",
        "each gate drops other inputs; Keras has rules of its own for a rate of 1",
        lambda layer, call: (
            call.training
            and layer.dropout > 0
            and (layer.cell.implementation == 1 or layer.dropout >= 1)
        ),
    ),
    Limit(
        "mask",
        "a mask that is not `b t`",
        "steps are skipped for a whole row or not at all",
        lambda _, call: _mask_rank(call) not in (None, 2),
    ),
    Limit(
        "shape",
        "a batch or a number of steps that is not known while tracing (an export)",
        "the kernels are called with fixed sizes",
        lambda _, call: not all(isinstance(size, int) for size in call.sequences.shape),
    ),
)


def _mask_rank(call: Call) -> int | None:
    mask = call.padding.mask if isinstance(call.padding, Padding) else call.padding
    return None if mask is None else len(mask.shape)


def path() -> FastPath:
    """Return the row of `PATHS` that holds here."""
    return _row_for(keras.backend.backend(), device())


@cache
def _row_for(backend: str, kind: str) -> FastPath:
    rows = [p for p in PATHS if p.backend == backend and (not p.devices or kind in p.devices)]
    return rows[0] if rows else OTHER


def device() -> str:
    """Return the kind of device in use: cpu, gpu, tpu, cuda, mps."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        return str(jax.default_backend())
    if name == "torch":
        return str(keras.ops.zeros(()).device.type)
    return "cpu"


def runner() -> Runner:
    """Return the fast path of this backend, once `limit` has said that there is one."""
    return _runner(path().module)


@cache
def _runner(module: str) -> Runner:
    run: Runner = import_module(module).run
    return run


def layer_limit(layer: Any) -> Limit | None:
    """Return the first limit that holds for a layer whatever it is called with, or None.

    Args:
        layer: A Keras LSTM or GRU, stock or fast.
    """
    here = path()
    if not here.module:
        return Limit("backend", f"the backend is {here.backend}", here.what, lambda _: True)
    return next((limit for limit in LAYER_LIMITS if limit.holds(layer)), None)


def limit(layer: Any, call: Call) -> Limit | None:
    """Return the first limit that holds for one call of a layer, or None when it runs fast.

    Args:
        layer: A fast LSTM or GRU.
        call: What it is called with.
    """
    found = layer_limit(layer)
    return found or next((row for row in CALL_LIMITS if row.holds(layer, call)), None)


def table() -> str:
    """Return what runs fast and what does not, as two Markdown tables."""
    rows = ["| backend | device | what runs |", "|---|---|---|"]
    rows += [f"| {p.backend} | {', '.join(p.devices) or 'any other'} | {p.what} |" for p in PATHS]
    rows += ["", "| runs as stock Keras | because |", "|---|---|"]
    rows += [f"| {limit.when} | {limit.why} |" for limit in (*LAYER_LIMITS, *CALL_LIMITS)]
    return "\n".join(rows)
