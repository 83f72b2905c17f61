"""Networks: from ports and settings to a plain `keras.Model`."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.networks.parts import Plan, embedding_width, inputs, joined
from unrolled.networks.ports import Ports, alone, rounded
from unrolled.networks.table import ARCHITECTURES, Architecture, architecture, of_shape
from unrolled.settings import Network

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "Ports",
    "alone",
    "architecture",
    "build",
    "embedding_width",
    "of_shape",
    "rounded",
    "settled",
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
    row = architecture(ports.shape, network.architecture)
    both = row.bidirectional if network.bidirectional is None else network.bidirectional
    if row.name == "dense" and (both or network.cell != "lstm"):
        raise SettingError(
            "got a cell or bidirectional for the architecture 'dense', which has no recurrence."
            " Leave them out, or make an input of many steps."
        )
    if row.name != "dense" and network.layers < 1:
        raise SettingError(f"got layers=0 for the architecture '{row.name}', expected at least 1.")
    return network.model_copy(
        update={
            "architecture": row.name,
            "bidirectional": both,
            "units": network.units or (64 if ports.embedded else 128),
            "dropout": _dropout(ports, rows) if network.dropout is None else network.dropout,
        }
    )


def _dropout(ports: Ports, rows: int | None) -> float:
    """Return the share that was best on data like this (docs/defaults.md)."""
    if rows is None:
        return 0.0
    return 0.5 if ports.embedded else 0.3


def build(ports: Ports, network: Network) -> Any:
    """Return the network as a plain `keras.Model`.

    Args:
        ports: What goes in and out.
        network: The settings; gaps are filled by `settled`.

    Returns:
        A model from one tensor (b f) or (b t f), or a dict of them, to one tensor
        (b o), (b t o) or (b u o), or a dict of them where there are several.

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown architecture, or a setting it has no use for.
    """
    network = settled(ports, network)
    tensors = inputs(ports)
    x = joined(tensors, ports, network.dropout or 0.0)
    plan = Plan(ports, network, x, tensors.get("mask"))
    outputs = architecture(ports.shape, network.architecture).build(plan)
    return keras().Model(alone(tensors), alone(outputs), name=ports.shape.replace("-", "_"))
