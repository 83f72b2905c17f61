"""A network from its sizes: `build`, `code`, `diagram` and `show` without any data.

The network is that of the textbook: one direction, no dropout, the fewest layers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from unrolled.errors import SettingError, ShapeError, did_you_mean
from unrolled.explain.diagram import Diagram
from unrolled.explain.diagram import diagram as draw_diagram
from unrolled.explain.terminal_page import page
from unrolled.explain.textbook import printed, textbook_settings
from unrolled.explain.toy_task import toy_task
from unrolled.explain.wiring import wiring
from unrolled.networks import NetworkSpec
from unrolled.networks.size_limit import min_weights
from unrolled.settings import Cell, Network
from unrolled.shapes import Shape, shape_named

MAX_WEIGHTS = 1 << 35  # 128 GiB
STEPS_IN, STEPS_OUT = 6, 3  # where no steps are given and their number cannot stay open
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def _from_arguments(
    shape: str,
    *,
    architecture: str = "auto",
    t: int | None = None,
    f: int = 1,
    u: int | None = None,
    o: int = 1,
    units: int = 64,
    layers: int | None = None,
    bidirectional: bool = False,
    dropout: float = 0.0,
    cell: Cell = "lstm",
    attention: bool = True,
) -> tuple[NetworkSpec, Network]:
    """Return the specification and the settings that sizes and names stand for."""
    taken = shape_named(shape, same_length=u is None or u == t)
    network = Network(
        architecture=architecture,
        cell=cell,
        units=units,
        layers=(0 if taken == "one-to-one" else 1) if layers is None else layers,
        bidirectional=bidirectional,
        dropout=dropout,
        attention=attention,
    )
    t, u = _steps(taken, network, t, u)
    spec = NetworkSpec(taken, t=t, u=u, values=f, heads={"y": o})
    network = textbook_settings(spec, network)
    if (weights := min_weights(spec, network)) > MAX_WEIGHTS:
        raise ShapeError(
            f"A network of these sizes has at least {weights} weights, and the limit is"
            f" {MAX_WEIGHTS}. Give smaller sizes."
        )
    return spec, network


def _steps(
    shape: Shape, network: Network, t: int | None, u: int | None
) -> tuple[int | None, int | None]:
    """Return the numbers of steps, with defaults where they are needed and none was given."""
    if u is not None or shape not in ("one-to-many", "unaligned"):
        return t, u
    try:
        textbook_settings(NetworkSpec(shape, t=t, u=STEPS_OUT), network)
    except ShapeError:
        if t is not None:
            raise
        t = STEPS_IN
    return t, STEPS_OUT


def _takes_sizes(
    sizes: Callable[Arguments, tuple[NetworkSpec, Network]],
) -> Callable[[Callable[..., Result]], Callable[Arguments, Result]]:
    """Give a function of a specification and settings the arguments of `sizes`.

    Further keyword arguments of the function stay its own.
    """
    of_sizes = inspect.signature(sizes).parameters

    def decorate(function: Callable[..., Result]) -> Callable[Arguments, Result]:
        own = inspect.signature(function)
        options = dict(list(own.parameters.items())[2:])
        parameters = {**of_sizes, **options}

        @wraps(function)
        def with_sizes(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            for name in kwargs:
                if name not in parameters:
                    raise SettingError(
                        f"{function.__name__}() has no argument '{name}'. Its arguments are"
                        f" {', '.join(parameters)}.{did_you_mean(name, parameters)}"
                    )
            chosen = {name: kwargs.pop(name) for name in options if name in kwargs}
            return function(*sizes(*args, **kwargs), **chosen)

        with_sizes.__signature__ = own.replace(  # type: ignore[attr-defined]
            parameters=list(parameters.values())
        )
        return with_sizes

    return decorate


@_takes_sizes(_from_arguments)
def build(spec: NetworkSpec, network: Network) -> Any:
    """Return a network of a shape as a plain `keras.Model`.

    Args:
        shape: One of the five shapes; `many-to-many` is unaligned where u differs from t.
        architecture: An architecture of the shape, or `auto` for the simplest one.
        t: Input steps; None leaves their number open where the architecture allows it. Where it
            does not (`tail`, `segments`), there are 6 if u is left out too.
        f: Numbers in the input, or in each of its steps.
        u: Output steps of `one-to-many` and `unaligned`, by default 3.
        o: Numbers in the output, or in each of its steps.
        units: Hidden units `h`.
        layers: Recurrent layers, by default 1; for `dense`, hidden layers, by default 0.
        bidirectional: Whether the input is also read backwards.
        dropout: Fraction of the values dropped after each layer in training.
        cell: `lstm`, `gru` or `rnn`.
        attention: Whether the decoder of `unaligned` attends to the input steps.

    Returns:
        A model from (b f) or (b t f) to (b o), (b t o) or (b u o). A decoder takes a dict, of `x`
        and `previous`: the outputs (b u o) one step late.

    Raises:
        ShapeError: Sizes that the architecture does not allow.
        SettingError: An unknown name or a value out of range.

    Example:
        >>> build("unaligned", architecture="repeat", t=6, f=4, u=3, o=1).output_shape
        (None, 3, 1)
    """
    from unrolled.networks.model_builder import build as build_network

    return build_network(spec, network)


@_takes_sizes(_from_arguments)
def code(spec: NetworkSpec, network: Network, *, train: bool = False) -> str:
    """Return a network of a shape as a script of plain Keras; arguments as for `build`.

    A decoder's script ends with the loop that generates with it.

    Args:
        train: Whether the script runs as it is: it takes an engine of Keras that is installed,
            makes the data of a small task, trains the network on them and predicts.

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
    script = printed(spec, network).script
    return script.text_with(toy_task(spec, network)) if train else script.text()


@_takes_sizes(_from_arguments)
def diagram(spec: NetworkSpec, network: Network) -> Diagram:
    """Return the unrolled diagram of a network of a shape; arguments as for `build`.

    Returns:
        A diagram that prints as text, shows as SVG in a notebook, and has `save(path)`.

    Example:
        >>> "<svg" in diagram("many-to-one", t=6, f=4).svg
        True
    """
    return draw_diagram(wiring(spec, network))


@_takes_sizes(_from_arguments)
def show(spec: NetworkSpec, network: Network) -> str:
    """Return a page about a network of a shape; arguments as for `build`.

    Returns:
        The diagram, what the architecture is for, what it assumes, the sizes, and the code.

    Example:
        >>> print(show("aligned", t=3, f=2).splitlines()[0])
        aligned · steps · LSTM
    """
    return page(spec, network)
