"""Keep a call with the rows of its device when a batch is spread over several.

A call that XLA does not know is one that it would gather the whole batch for. Told that rows
do not depend on each other, it runs the call on each device's rows, and adds up over the
devices what has no batch axis (the gradients of the weights).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cache
from typing import Any

import jax
from jax import Array
from jax.custom_batching import sequential_vmap
from jax.experimental.custom_partitioning import custom_partitioning
from jax.sharding import NamedSharding, PartitionSpec

Call = Callable[..., tuple[Array, ...]]

_known: dict[Hashable, Call] = {}


@cache
def _one_device() -> bool:
    return bool(jax.local_device_count("cpu") == 1)


def batch_local(call: Call, rule: str, key: Hashable) -> Call:
    """Return `call` with the rule that its rows do not depend on each other.

    Args:
        call: Takes and returns arrays.
        rule: The axes of each argument and result, as in `b f, f h -> b h`; `b` is the batch.
        key: What tells this call from others with the same axes; the first one is kept.

    Returns:
        A function of the same arguments.
    """
    if _one_device():
        return call
    if key not in _known:
        _known[key] = _partitioned(call, rule)
    return _known[key]


def _partitioned(call: Call, rule: str) -> Call:
    arguments, results = ([axes.split() for axes in side.split(",")] for side in rule.split("->"))

    def partition(mesh: Any, argument_shapes: Any, _result_shapes: Any) -> Any:
        batch = argument_shapes[0].sharding.spec[0] if argument_shapes[0].sharding.spec else None

        def placed(axes: list[str]) -> NamedSharding:
            return NamedSharding(mesh, PartitionSpec(*[batch if a == "b" else None for a in axes]))

        def local(*args: Array) -> tuple[Array, ...]:
            outputs = call(*args)
            if batch is None:
                return outputs
            return tuple(
                out if "b" in axes else jax.lax.psum(out, batch)
                for out, axes in zip(outputs, results, strict=True)
            )

        return mesh, local, tuple(map(placed, results)), tuple(map(placed, arguments))

    def infer(mesh: Any, argument_shapes: Any, result_shapes: Any) -> Any:
        return partition(mesh, argument_shapes, result_shapes)[2]

    shared = custom_partitioning(call)
    shared.def_partition(
        partition=partition,
        infer_sharding_from_operands=infer,
        sharding_rule=rule.replace(",", " ,"),
    )
    in_turn: Call = sequential_vmap(lambda *args: shared(*args))
    return in_turn
