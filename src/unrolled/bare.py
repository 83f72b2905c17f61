"""A network by its sizes alone: `build`, `code` and `diagram` without any data."""

from __future__ import annotations

from typing import Any

from unrolled.networks import Ports
from unrolled.networks import build as build_network
from unrolled.settings import Cell, Network
from unrolled.shapes import named


def build(
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
) -> Any:
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
        A model from (b f) or (b t f) to (b o), (b t o) or (b u o).

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown name or a value out of range.

    Example:
        >>> build("unaligned", architecture="repeat", t=6, f=4, u=3, o=1).output_shape
        (None, 3, 1)
    """
    taken = named(shape, same_length=u is None or u == t)
    network = Network(
        architecture=architecture,
        cell=cell,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        dropout=dropout,
    )
    return build_network(Ports(taken, t=t, u=u, values=f, heads={"y": o}), network)
