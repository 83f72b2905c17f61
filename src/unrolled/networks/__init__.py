"""Networks: from ports and settings to a plain `keras.Model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.backend import keras
from unrolled.data.batches import PREVIOUS, STOP
from unrolled.errors import SettingError
from unrolled.networks.architectures import ARCHITECTURES, Architecture, architecture, of_shape
from unrolled.networks.building_blocks import Plan, inputs, joined
from unrolled.networks.bundle import Faces
from unrolled.networks.decoder import Chain, models
from unrolled.networks.embedding_init import start
from unrolled.networks.ensemble import ensemble
from unrolled.networks.linear_branch import beside, numbered
from unrolled.networks.pooling import weights_of
from unrolled.networks.spec import Ports, alone, rounded
from unrolled.settings import Network
from unrolled.shapes import FACTS

__all__ = [
    "ARCHITECTURES",
    "PREVIOUS",
    "STOP",
    "Architecture",
    "Faces",
    "Ports",
    "alone",
    "architecture",
    "build",
    "faces",
    "of_shape",
    "rounded",
    "settled",
    "start",
]


def settled(ports: Ports, network: Network, *, rows: int | None = None) -> Network:
    """Return the settings with every gap filled for these ports.

    Args:
        ports: What goes in and out.
        network: The settings.
        rows: Rows of the training part; None where there is no data, and so no dropout.

    Raises:
        SettingError: A setting that the architecture has no use for.
    """
    row = architecture(ports.shape, _chosen(ports, network))
    _refuse_unchained(row, ports)
    both = row.bidirectional if network.bidirectional is None else network.bidirectional
    if row.name == "dense" and (both or network.cell != "lstm"):
        raise SettingError(
            "got a cell or bidirectional for the architecture 'dense', which has no recurrence."
            " Leave them out, or make an input of many steps."
        )
    if both and row.name == "decoder" and FACTS[row.shape].inputs == "one":
        raise SettingError(
            f"got bidirectional for the architecture 'decoder' of the shape {row.shape}, whose"
            " input has no steps to read both ways. Leave it out."
        )
    if row.name != "pooled" and network.pooling != "mean":
        raise SettingError(
            f"got pooling='{network.pooling}' for the architecture '{row.name}', expected it for"
            " 'pooled' alone, which pools. Leave it out, or take architecture='pooled'."
        )
    if row.name != "dense" and network.layers < 1:
        raise SettingError(f"got layers=0 for the architecture '{row.name}', expected at least 1.")
    return network.model_copy(
        update={
            "architecture": row.name,
            "bidirectional": both,
            "units": network.units or _units(ports),
            "dropout": _dropout(ports, rows) if network.dropout is None else network.dropout,
        }
    )


def _chosen(ports: Ports, network: Network) -> str:
    """Return the architecture's name: of itself a decoder where the outputs must end themselves."""
    ends = ports.tokens or ports.stops
    return "decoder" if network.architecture == "auto" and ends else network.architecture


def _refuse_unchained(row: Architecture, ports: Ports) -> None:
    """Refuse outputs that a wiring cannot give."""
    if row.name == "decoder" and len(ports.heads) > 1:
        raise SettingError(
            f"got {len(ports.heads)} outputs for the architecture 'decoder', expected one: it is"
            " fed back. Join the columns into one, or take architecture='repeat'."
        )
    if ports.stops and row.name != "decoder":
        raise SettingError(
            f"got output rows of different lengths for the architecture '{row.name}', expected as"
            " many steps in every row: nothing would say where they end. Cut or fill the rows, or"
            " take architecture='decoder'."
        )


def _units(ports: Ports) -> int:
    """Return the hidden units that were best on data like this (docs/defaults.md)."""
    if ports.tokens:
        return 256
    return 64 if ports.embedded and ports.shape != "aligned" else 128


def _dropout(ports: Ports, rows: int | None) -> float:
    """Return the share that was best on data like this (docs/defaults.md)."""
    if rows is None:
        return 0.0
    return 0.5 if ports.embedded and not ports.tokens else 0.3


def faces(ports: Ports, network: Network, *, seeds: Sequence[int | None] = (None,)) -> Faces:
    """Return a network with what it needs to be used: for a chained decoder, a step at a time.

    Args:
        ports: What goes in and out.
        network: The settings; gaps are filled by `settled`.
        seeds: What the weights are drawn by; several make the mean of as many networks, and None
            goes on with what Keras drew last.

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown architecture, or a setting it has no use for.
    """
    network = settled(ports, network)
    tensors = inputs(ports)
    row = numbered(tensors, ports)
    made = [_member(tensors, ports, network, seed, row) for seed in seeds]
    if len(made) == 1:
        return made[0][1]
    return ensemble(tensors, ports, *zip(*made, strict=True))


def _member(
    tensors: dict[str, Any],
    ports: Ports,
    network: Network,
    seed: int | None,
    row: tuple[Any, Sequence[Any]],
) -> tuple[Any, Faces]:
    """Return what a wiring makes of the input tensors, and its models."""
    if seed is not None:
        keras().utils.set_random_seed(seed)
    x = joined(tensors, ports, network.dropout or 0.0)
    plan = Plan(ports, network, x, tensors.get("mask"))
    built = architecture(ports.shape, network.architecture).build(plan)
    if isinstance(built, Chain):
        return built, models(tensors, ports, built)
    name = ports.shape.replace("-", "_")
    own = {n: x for n, x in tensors.items() if n not in ports.counted}
    model = keras().Model(alone(own), alone(built), name=name)
    if not ports.told:
        return built, Faces(model, attend=weights_of(model))
    outputs, paths = beside(built, tensors, ports, row)
    whole = keras().Model(alone(tensors), alone(outputs), name=name)
    return outputs, Faces(whole, attend=weights_of(whole), recurrence=model, paths=(paths,))


def build(ports: Ports, network: Network) -> Any:
    """Return the network as a plain `keras.Model`.

    Args:
        ports: What goes in and out.
        network: The settings; gaps are filled by `settled`.

    Returns:
        A model from one tensor (b f) or (b t f), or a dict of them, to one tensor
        (b o), (b t o) or (b u o), or a dict of them where there are several. A chained decoder
        has one more input, `previous`: the outputs one step late, (b u) or (b u o).

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown architecture, or a setting it has no use for.
    """
    return faces(ports, network).model
