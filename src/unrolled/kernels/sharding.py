"""Run a call on the rows of each device when a batch is distributed over several devices.

XLA would gather the whole batch on each device for a call that it does not know. The rule here
says that rows do not depend on each other. So XLA runs the call on the rows of each device, and
adds up over the devices the results without a batch axis: the gradients of the weights.
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

_partitioned_calls: dict[Hashable, Call] = {}


@cache
def _one_device() -> bool:
    return bool(jax.local_device_count("cpu") == 1)


def batch_local(call: Call, rule: str, key: Hashable) -> Call:
    """Return a call with the rule that its rows do not depend on each other.

    Args:
        call: Takes and returns arrays.
        rule: The axes of each argument and result, as in `b f, f h -> b h`; `b` is the batch.
        key: Identifies the call, so that an equal one is partitioned only once.

    Returns:
        A function of the same arguments.
    """
    if _one_device():
        return call
    if key not in _partitioned_calls:
        _partitioned_calls[key] = _partition(call, rule)
    return _partitioned_calls[key]


def _partition(call: Call, rule: str) -> Call:
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
    sequential: Call = sequential_vmap(lambda *args: shared(*args))
    return sequential
