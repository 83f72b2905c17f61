"""A network by its sizes alone: `build`, `code`, `diagram` and `show` without any data."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from unrolled.errors import SettingError, ShapeError, did_you_mean
from unrolled.explain.code import code as code_of
from unrolled.explain.diagram import Diagram
from unrolled.explain.diagram import diagram as diagram_of
from unrolled.explain.terminal_page import page
from unrolled.explain.wiring import wiring
from unrolled.networks import NetworkSpec, with_defaults
from unrolled.networks import build as build_network
from unrolled.networks.size_limit import min_weights
from unrolled.settings import Cell, Network
from unrolled.shapes import named

MOST_WEIGHTS = 1 << 35  # 128 GiB
Given = ParamSpec("Given")
Made = TypeVar("Made")


def _sizes(
    shape: str,
    *,
    architecture: str = "auto",
    t: int | None = None,
    f: int = 1,
    u: int | None = None,
    o: int = 1,
    units: int = 64,
    layers: int = 1,
    bidirectional: bool | None = None,
    dropout: float = 0.0,
    cell: Cell = "lstm",
) -> tuple[NetworkSpec, Network]:
    """Return the ports and settings that sizes and names stand for."""
    taken = named(shape, same_length=u is None or u == t)
    network = Network(
        architecture=architecture,
        cell=cell,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        dropout=dropout,
    )
    spec = NetworkSpec(taken, t=t, u=u, values=f, heads={"y": o})
    if (weights := min_weights(spec, network)) > MOST_WEIGHTS:
        raise ShapeError(
            f"got sizes of a network of at least {weights} weights, expected at most"
            f" {MOST_WEIGHTS}. Give smaller sizes."
        )
    return spec, network


def _from(
    sizes: Callable[Given, tuple[NetworkSpec, Network]],
) -> Callable[[Callable[[NetworkSpec, Network], Made]], Callable[Given, Made]]:
    """Give a function of ports and settings the arguments of `sizes`."""
    signature = inspect.signature(sizes)

    def taking(make: Callable[[NetworkSpec, Network], Made]) -> Callable[Given, Made]:
        @wraps(make)
        def made(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            for name in kwargs:
                if name not in signature.parameters:
                    raise SettingError(
                        f"{make.__name__}() got an unknown argument '{name}', expected one of"
                        f" {', '.join(signature.parameters)}.{did_you_mean(name, signature.parameters)}"
                    )
            return make(*sizes(*args, **kwargs))

        made.__signature__ = signature.replace(  # type: ignore[attr-defined]
            return_annotation=inspect.signature(make).return_annotation
        )
        return made

    return taking


@_from(_sizes)
def build(spec: NetworkSpec, network: Network) -> Any:
    """Return a network of a shape as a plain `keras.Model`.

    Args:
        shape: One of the five shapes; `many-to-many` is unaligned where u differs from t.
        architecture: A wiring of the shape, or `auto` for its default.
        t: Input steps; None leaves them open where the wiring allows it.
        f: Numbers in the input, or in each of its steps.
        u: Output steps of `one-to-many` and `unaligned`.
        o: Numbers in the output, or in each of its steps.
        units: Hidden units `h`.
        layers: Recurrent layers; for `dense`, hidden layers.
        bidirectional: Also read the input backwards; None takes the architecture's default.
        dropout: Share of values dropped after each layer while training.
        cell: `lstm`, `gru` or `rnn`.

    Returns:
        A model from (b f) or (b t f) to (b o), (b t o) or (b u o). A decoder takes a dict, of `x`
        and `previous`: the outputs (b u o) one step late.

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown name or a value out of range.

    Example:
        >>> build("unaligned", architecture="repeat", t=6, f=4, u=3, o=1).output_shape
        (None, 3, 1)
    """
    return build_network(spec, network)


@_from(_sizes)
def code(spec: NetworkSpec, network: Network) -> str:
    """Return a network of a shape as a script of plain Keras; arguments as for `build`.

    A decoder's script ends with the loop that uses it.

    Example:
        >>> print(code("unaligned", architecture="tail", t=6, f=4, u=3, units=32))
        import keras
        from keras import layers
        <BLANKLINE>
        x = keras.Input((6, 4))  # b 6 4
        h = layers.LSTM(32, return_sequences=True)(x)  # b 6 32
        h = h[:, -3:]  # b 3 32
        y = layers.Dense(1)(h)  # b 3 1
        model = keras.Model(x, y)
        <BLANKLINE>
    """
    return code_of(build_network(spec, network), steps=spec.u)


@_from(_sizes)
def diagram(spec: NetworkSpec, network: Network) -> Diagram:
    """Return the unrolled picture of a network of a shape; arguments as for `build`.

    Returns:
        A picture that prints as text, shows as SVG in a notebook, and has `save(path)`.

    Example:
        >>> "<svg" in diagram("many-to-one", t=6, f=4).svg
        True
    """
    return diagram_of(wiring(spec, with_defaults(spec, network)))


@_from(_sizes)
def show(spec: NetworkSpec, network: Network) -> str:
    """Return a page about a network of a shape; arguments as for `build`.

    Returns:
        The picture, what it is for, what it assumes, its sizes, and the code.

    Example:
        >>> print(show("aligned", t=3, f=2).splitlines()[0])
        aligned · steps · bidirectional LSTM
    """
    return page(spec, network)
