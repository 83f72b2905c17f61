"""A function with a fast backward pass that JAX can still differentiate in every other way.

`jax.custom_vjp` gives a function its own backward pass, but then `jax.jvp`, `jax.jacfwd` and second
derivatives are refused. Here the derivative is a primitive of its own, a linear function from the
tangents of the arguments to those of the results:

- transposed, as in `jax.grad`, it is the fast backward pass;
- computed forwards, as in `jax.jvp`, it is the derivative of a readable reference;
- differentiated once more, it is also that of the reference.

Source: Radul et al., You Only Linearize Once (2023), for backward as the transpose of forward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.custom_derivatives import SymbolicZero
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

Arrays = Sequence[Array]


class Rule(NamedTuple):
    """How a function is computed and differentiated; every function takes `static` first.

    Args:
        run: From the arguments to the results.
        forward: From the arguments to the results, and what backward needs besides the arguments.
        backward: From the indices of the wanted arguments, the arguments, what forward saved and
            the cotangents of the results (None for zeros), to the cotangents of the wanted ones.
        reference: From the arguments to the results, in operations that JAX can differentiate.
    """

    run: Callable[..., Arrays]
    forward: Callable[..., tuple[Arrays, Arrays]]
    backward: Callable[..., Arrays]
    reference: Callable[..., Arrays]


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def differentiable(rule: Rule, static: Any, *arguments: Array) -> tuple[Array, ...]:
    """Return the results of a rule.

    Args:
        rule: How the function is computed and differentiated.
        static: What is not an array: the first argument of every function of the rule.
        arguments: Arrays; those of integers have no derivative.
    """
    return tuple(rule.run(static, *arguments))


def _differentiable_jvp(rule: Rule, static: Any, arguments: Any, tangents: Any) -> Any:
    wanted = tuple(i for i, t in enumerate(tangents) if not isinstance(t, SymbolicZero))
    results, saved = _forward(rule, static, *arguments)
    moving = [tangents[i] for i in wanted]
    params = {"rule": rule, "static": static, "wanted": wanted, "count": len(arguments)}
    derivatives = _derivative.bind(*arguments, *saved, *moving, **params)
    return tuple(results), tuple(derivatives)


differentiable.defjvp(_differentiable_jvp, symbolic_zeros=True)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def _forward(rule: Rule, static: Any, *arguments: Array) -> Any:
    """Return the results and what backward needs; a second derivative is that of the reference."""
    results, saved = rule.forward(static, *arguments)
    return tuple(results), tuple(saved)


def _forward_jvp(rule: Rule, static: Any, arguments: Any, tangents: Any) -> Any:
    results, saved = _forward(rule, static, *arguments)
    _, moved = _jvp(partial(rule.reference, static), arguments, tangents)
    return (results, saved), (moved, tuple(map(_zero_tangent, saved)))


_forward.defjvp(_forward_jvp)


@partial(jax.custom_jvp, nondiff_argnums=(0, 1, 2))
def _backward(
    rule: Rule, static: Any, wanted: tuple[int, ...], arguments: Any, saved: Any, cotangents: Any
) -> tuple[Array, ...]:
    """Return the cotangents of the wanted arguments; differentiated again by the reference."""
    return tuple(rule.backward(static, wanted, arguments, saved, cotangents))


def _backward_jvp(
    rule: Rule, static: Any, wanted: tuple[int, ...], values: Any, tangents: Any
) -> Any:
    arguments, _, cotangents = values
    present = [i for i, c in enumerate(cotangents) if c is not None]

    def pull(*flat: Array) -> tuple[Array, ...]:
        primals, arriving = flat[: len(arguments)], flat[len(arguments) :]

        def of(*moving: Array) -> Any:
            results = rule.reference(static, *_put(primals, wanted, moving))
            return tuple(results[i] for i in present)

        _, transpose = jax.vjp(of, *[primals[i] for i in wanted])
        return transpose(arriving)  # type: ignore[no-any-return]

    results = _backward(rule, static, wanted, *values)
    flat = (*arguments, *[cotangents[i] for i in present])
    flat_tangents = (*tangents[0], *[tangents[2][i] for i in present])
    return results, _jvp(pull, flat, flat_tangents)[1]


_backward.defjvp(_backward_jvp)


def _jvp(function: Callable[..., Any], primals: Any, tangents: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return `jax.jvp` by the arguments that have a derivative; those of integers have none."""
    moving = [i for i, p in enumerate(primals) if jnp.issubdtype(p.dtype, jnp.floating)]
    return _jvp_at(function, primals, moving, [tangents[i] for i in moving])


def _jvp_at(
    function: Callable[..., Any], values: Sequence[Any], places: Sequence[int], tangents: Any
) -> tuple[Any, tuple[Any, ...]]:
    """Return `jax.jvp` of a function of values by those in some places."""
    results, moved = jax.jvp(
        lambda *some: tuple(function(*_put(values, places, some))),
        [values[i] for i in places],
        tangents,
    )
    return results, moved


def _put(values: Sequence[Any], places: Sequence[int], others: Sequence[Any]) -> list[Any]:
    """Return values with others in some places."""
    new = list(values)
    for place, other in zip(places, others, strict=True):
        new[place] = other
    return new


def _zero_tangent(value: Array) -> Any:
    """Return the zero tangent of an array; that of integers has a type of its own in JAX."""
    is_float = jnp.issubdtype(value.dtype, jnp.floating)
    return jnp.zeros_like(value) if is_float else np.zeros(value.shape, jax.dtypes.float0)


def _apply(*args: Array, rule: Rule, static: Any, wanted: tuple[int, ...], count: int) -> Any:
    """Return the tangents of the results: the linear function, in terms of the reference."""
    arguments, moving = args[:count], args[len(args) - len(wanted) :]
    return _jvp_at(partial(rule.reference, static), arguments, wanted, list(moving))[1]


def _shapes(*args: Any, **params: Any) -> Any:
    specs = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in args]
    outputs = jax.eval_shape(partial(_apply, **params), *specs)
    return [jax.core.ShapedArray(o.shape, o.dtype) for o in outputs]


def _differentiate(args: Any, tangents: Any, **params: Any) -> Any:
    moving = [i for i, t in enumerate(tangents) if not isinstance(t, ad.Zero)]
    moving = [i for i in moving if jnp.issubdtype(args[i].dtype, jnp.floating)]
    return _jvp_at(partial(_apply, **params), args, moving, [tangents[i] for i in moving])


def _transpose(
    cotangents: Any, *args: Any, rule: Rule, static: Any, wanted: Any, count: int
) -> Any:
    known = args[: len(args) - len(wanted)]
    arguments, saved = tuple(known[:count]), tuple(known[count:])
    arriving = tuple(None if isinstance(c, ad.Zero) else c for c in cotangents)
    gradients = _backward(rule, static, wanted, arguments, saved, arriving)
    return [None] * len(known) + list(gradients)


def _batch(args: Any, axes: Any, **params: Any) -> Any:
    """Run one element of the batch after the other, each with its own fast backward pass."""
    size = next(a.shape[d] for a, d in zip(args, axes, strict=True) if d is not None)
    front = [
        jnp.broadcast_to(a, (size, *a.shape)) if d is None else jnp.moveaxis(a, d, 0)
        for a, d in zip(args, axes, strict=True)
    ]
    outputs = jax.lax.map(lambda each: tuple(_derivative.bind(*each, **params)), tuple(front))
    return outputs, [0] * len(outputs)


_derivative = Primitive("unrolled_derivative")
_derivative.multiple_results = True
_derivative.def_impl(lambda *args, **params: jax.jit(partial(_apply, **params))(*args))
_derivative.def_abstract_eval(_shapes)
mlir.register_lowering(_derivative, mlir.lower_fun(_apply, multiple_results=True))
ad.primitive_jvps[_derivative] = _differentiate
ad.primitive_transposes[_derivative] = _transpose
batching.primitive_batchers[_derivative] = _batch
