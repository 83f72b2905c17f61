"""Which calls of a layer run on the fast path, which run as stock Keras, and why.

The layers look it up at every call, `unrolled.accelerate` before it replaces a layer, and `table()`
prints it for the documentation.
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
        backend: The backend of Keras.
        devices: The kinds of device; empty means any.
        module: The module whose `run` is the fast path; empty means stock Keras.
        description: What runs, in words.
    """

    backend: str
    devices: tuple[str, ...]
    module: str
    description: str


FAST_PATHS = (
    FastPath("jax", ("cpu",), "unrolled.layers.on_jax", "this package's kernel"),
    FastPath("jax", (), "", "stock Keras, with cuDNN if possible"),
    FastPath(
        "torch",
        ("cpu",),
        "unrolled.layers.on_torch",
        "this package's kernel; ATen's LSTM and GRU in an export and if it was not compiled",
    ),
    FastPath("torch", ("cuda",), "unrolled.layers.on_torch", "ATen's LSTM and GRU, with cuDNN"),
    FastPath("torch", (), "", "stock Keras"),
    FastPath(
        "tensorflow", (), "", "stock Keras: neither XLA nor TensorFlow has a recurrence for a CPU"
    ),
)
OTHER = FastPath("any other", (), "", "stock Keras")


class Call(NamedTuple):
    """The arguments of one call of a layer."""

    sequences: Any
    padding: Padding | None
    training: bool


@dataclass(frozen=True)
class Limit:
    """A reason to run as stock Keras.

    Args:
        name: Its name.
        when: The condition, in words.
        why: Why there is no fast path.
        applies: Whether the condition is true for a layer (and a call, in `CALL_LIMITS`).
    """

    name: str
    when: str
    why: str
    applies: Callable[..., bool]


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
        "the kernels compute in float32 only",
        lambda layer: _dtypes(layer) != {"float32"},
    ),
    Limit(
        "activation",
        "`activation` is not `tanh` or `recurrent_activation` is not `sigmoid`",
        "the kernels have these two built in",
        lambda layer: _activations(layer) != (keras.activations.tanh, keras.activations.sigmoid),
    ),
    Limit(
        "unroll",
        "`unroll=True`",
        "it asks for a separate part of the graph for each step",
        lambda layer: bool(layer.unroll),
    ),
    Limit(
        "use_cudnn",
        "`use_cudnn=True`",
        "it asks for cuDNN only; stock Keras runs it or raises an error",
        lambda layer: layer.use_cudnn is True,
    ),
    Limit(
        "reset_after",
        "a GRU with `reset_after=False`, on torch",
        "only `reset_after=True` is compiled and in ATen",
        _is_gru_reset_before,
    ),
)

CALL_LIMITS = (
    Limit(
        "recurrent_dropout",
        "training with `recurrent_dropout`",
        "the state is masked inside the loop; outside training the layer is fast",
        lambda layer, call: call.training and layer.recurrent_dropout > 0,
    ),
    Limit(
        "dropout",
        "training with `dropout` and `implementation=1`, or `dropout=1`",
        "each gate drops different inputs; Keras treats a rate of 1 specially",
        lambda layer, call: (
            call.training
            and layer.dropout > 0
            and (layer.cell.implementation == 1 or layer.dropout >= 1)
        ),
    ),
    Limit(
        "mask",
        "a mask that is not `b t`",
        "a step of a row is skipped as a whole or not at all",
        lambda _, call: _mask_rank(call) not in (None, 2),
    ),
    Limit(
        "shape",
        "a batch size or number of steps that is unknown while tracing (an export)",
        "the kernels need fixed sizes",
        lambda _, call: not all(isinstance(size, int) for size in call.sequences.shape),
    ),
)


def _mask_rank(call: Call) -> int | None:
    mask = call.padding.mask if isinstance(call.padding, Padding) else call.padding
    return None if mask is None else len(mask.shape)


def current_path() -> FastPath:
    """Return the row of `FAST_PATHS` for this backend and device."""
    return _path_of(keras.backend.backend(), device())


@cache
def _path_of(backend: str, kind: str) -> FastPath:
    rows = [p for p in FAST_PATHS if p.backend == backend and (not p.devices or kind in p.devices)]
    return rows[0] if rows else OTHER


def device() -> str:
    """Return the kind of device in use: cpu, gpu, tpu, cuda or mps."""
    name = keras.backend.backend()
    if name == "jax":
        import jax

        return str(jax.default_backend())
    if name == "torch":
        return str(keras.ops.zeros(()).device.type)
    return "cpu"


def runner() -> Runner:
    """Return the function of the fast path; `limit` must have returned None."""
    return _runner(current_path().module)


@cache
def _runner(module: str) -> Runner:
    run: Runner = import_module(module).run
    return run


def layer_limit(layer: Any) -> Limit | None:
    """Return the first limit of a layer, whatever it is called with, or None.

    Args:
        layer: A Keras LSTM or GRU, stock or fast.
    """
    path = current_path()
    if not path.module:
        when = f"the backend is {path.backend}"
        return Limit("backend", when, path.description, lambda _: True)
    return next((limit for limit in LAYER_LIMITS if limit.applies(layer)), None)


def limit(layer: Any, call: Call) -> Limit | None:
    """Return the first limit of one call of a layer, or None if it runs fast.

    Args:
        layer: A fast LSTM or GRU.
        call: The arguments of the call.
    """
    return layer_limit(layer) or next(
        (row for row in CALL_LIMITS if row.applies(layer, call)), None
    )


def table() -> str:
    """Return what runs fast and what does not, as two Markdown tables."""
    rows = ["| backend | device | what runs |", "|---|---|---|"]
    rows += [
        f"| {p.backend} | {', '.join(p.devices) or 'any other'} | {p.description} |"
        for p in FAST_PATHS
    ]
    rows += ["", "| runs as stock Keras | because |", "|---|---|"]
    rows += [f"| {limit.when} | {limit.why} |" for limit in (*LAYER_LIMITS, *CALL_LIMITS)]
    return "\n".join(rows)
