"""The settings of a network with every gap filled, and the checks of what fits together."""

from __future__ import annotations

from unrolled.errors import SettingError
from unrolled.networks.architectures import Architecture, architecture
from unrolled.networks.spec import NetworkSpec
from unrolled.settings import Network
from unrolled.shapes import FACTS


def with_defaults(spec: NetworkSpec, network: Network, *, rows: int | None = None) -> Network:
    """Return the settings with every gap filled for this network.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings.
        rows: Rows of the training part; None where there is no data, and so no dropout.

    Raises:
        SettingError: An unknown architecture, or a setting that it does not use.
        ShapeError: Sizes that the architecture does not allow.
    """
    name = _architecture_name(spec, network)
    row = architecture(spec.shape, name, attention=network.attention)
    _check_outputs(row, spec)
    bidirectional = row.bidirectional if network.bidirectional is None else network.bidirectional
    _check_settings(row, network, bidirectional)
    row.check(spec)
    return network.model_copy(
        update={
            "architecture": row.name,
            "bidirectional": bidirectional,
            "units": network.units or _units(spec),
            "dropout": _dropout(spec, rows) if network.dropout is None else network.dropout,
        }
    )


def _architecture_name(spec: NetworkSpec, network: Network) -> str:
    """Return the name of the architecture; outputs that end by themselves need a decoder."""
    needs_decoder = spec.tokens or spec.stops
    return "decoder" if network.architecture == "auto" and needs_decoder else network.architecture


def _check_outputs(row: Architecture, spec: NetworkSpec) -> None:
    """Refuse outputs that an architecture cannot produce."""
    if row.autoregressive and len(spec.heads) > 1:
        raise SettingError(
            f"The architecture '{row.name}' feeds its output back and can have only one output, and"
            f" there are {len(spec.heads)}. Join the columns into one, or use"
            " architecture='repeat'."
        )
    if spec.stops and not row.autoregressive:
        raise SettingError(
            f"The architecture '{row.name}' produces the same number of steps for every row, and"
            " the output rows have different lengths. Cut or pad the rows, or use"
            " architecture='decoder'."
        )


def _check_settings(row: Architecture, network: Network, bidirectional: bool) -> None:
    """Refuse settings that an architecture does not use."""
    name = f"The architecture '{row.name}'"
    if not row.recurrent and (bidirectional or network.cell != "lstm"):
        raise SettingError(
            f"{name} has no recurrent layer, so that cell and bidirectional have no effect. Leave"
            " them out, or use an input of many steps."
        )
    if bidirectional and row.autoregressive and FACTS[row.shape].inputs == "one":
        raise SettingError(
            f"{name} of the shape {row.shape} reads an input without steps, so that bidirectional"
            " has no effect. Leave it out."
        )
    if not row.pools and network.pooling != "mean":
        raise SettingError(
            f"{name} does not pool, so that pooling='{network.pooling}' has no effect. Leave it"
            " out, or use architecture='pooled' (shape many-to-one)."
        )
    if row.recurrent and network.layers < 1:
        raise SettingError(
            f"{name} needs at least 1 recurrent layer, and layers={network.layers}. Leave layers"
            " out."
        )


def _units(spec: NetworkSpec) -> int:
    """Return the number of hidden units that was best on data like this (docs/defaults.md)."""
    if spec.tokens:
        return 256
    return 64 if spec.embedded and spec.shape != "aligned" else 128


def _dropout(spec: NetworkSpec, rows: int | None) -> float:
    """Return the dropout that was best on data like this (docs/defaults.md)."""
    if rows is None:
        return 0.0
    return 0.5 if spec.embedded and not spec.tokens else 0.3
