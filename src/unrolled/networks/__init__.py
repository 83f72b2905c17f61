"""Networks: from a specification and settings to a plain `keras.Model`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.backend import keras
from unrolled.data.batches import PREVIOUS, STOP
from unrolled.errors import SettingError
from unrolled.networks.architectures import (
    ARCHITECTURES,
    Architecture,
    architecture,
    architectures_of,
)
from unrolled.networks.building_blocks import BuildContext, build_inputs, join_features
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.decoder import AutoregressiveDecoder, build_decoder_models
from unrolled.networks.embedding_init import set_initial_embeddings
from unrolled.networks.ensemble import ensemble
from unrolled.networks.linear_branch import add_linear_branch, linear_features
from unrolled.networks.pooling import pooling_attention_model
from unrolled.networks.spec import NetworkSpec, round_up_vocabulary, unwrap_single
from unrolled.settings import Network
from unrolled.shapes import FACTS

__all__ = [
    "ARCHITECTURES",
    "PREVIOUS",
    "STOP",
    "Architecture",
    "ModelBundle",
    "NetworkSpec",
    "unwrap_single",
    "architecture",
    "build",
    "build_bundle",
    "architectures_of",
    "round_up_vocabulary",
    "with_defaults",
    "set_initial_embeddings",
]


def with_defaults(spec: NetworkSpec, network: Network, *, rows: int | None = None) -> Network:
    """Return the settings with every gap filled for this network.

    Args:
        spec: What goes in and out.
        network: The settings.
        rows: Rows of the training part; None where there is no data, and so no dropout.

    Raises:
        SettingError: A setting that the architecture has no use for.
    """
    row = architecture(spec.shape, _chosen(spec, network))
    _refuse_unchained(row, spec)
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
            "units": network.units or _units(spec),
            "dropout": _dropout(spec, rows) if network.dropout is None else network.dropout,
        }
    )


def _chosen(spec: NetworkSpec, network: Network) -> str:
    """Return the architecture's name: of itself a decoder where the outputs must end themselves."""
    ends = spec.tokens or spec.stops
    return "decoder" if network.architecture == "auto" and ends else network.architecture


def _refuse_unchained(row: Architecture, spec: NetworkSpec) -> None:
    """Refuse outputs that a wiring cannot give."""
    if row.name == "decoder" and len(spec.heads) > 1:
        raise SettingError(
            f"got {len(spec.heads)} outputs for the architecture 'decoder', expected one: it is"
            " fed back. Join the columns into one, or take architecture='repeat'."
        )
    if spec.stops and row.name != "decoder":
        raise SettingError(
            f"got output rows of different lengths for the architecture '{row.name}', expected as"
            " many steps in every row: nothing would say where they end. Cut or fill the rows, or"
            " take architecture='decoder'."
        )


def _units(spec: NetworkSpec) -> int:
    """Return the hidden units that were best on data like this (docs/defaults.md)."""
    if spec.tokens:
        return 256
    return 64 if spec.embedded and spec.shape != "aligned" else 128


def _dropout(spec: NetworkSpec, rows: int | None) -> float:
    """Return the share that was best on data like this (docs/defaults.md)."""
    if rows is None:
        return 0.0
    return 0.5 if spec.embedded and not spec.tokens else 0.3


def build_bundle(spec: NetworkSpec, network: Network, *, seeds: Sequence[int | None] = (None,)) -> ModelBundle:
    """Return a network with what it needs to be used: for a chained decoder, a step at a time.

    Args:
        spec: What goes in and out.
        network: The settings; gaps are filled by `settled`.
        seeds: What the weights are drawn by; several make the mean of as many networks, and None
            goes on with what Keras drew last.

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown architecture, or a setting it has no use for.
    """
    network = with_defaults(spec, network)
    tensors = build_inputs(spec)
    row = linear_features(tensors, spec)
    made = [_member(tensors, spec, network, seed, row) for seed in seeds]
    if len(made) == 1:
        return made[0][1]
    return ensemble(tensors, spec, *zip(*made, strict=True))


def _member(
    tensors: dict[str, Any],
    spec: NetworkSpec,
    network: Network,
    seed: int | None,
    row: tuple[Any, Sequence[Any]],
) -> tuple[Any, ModelBundle]:
    """Return what a wiring makes of the input tensors, and its models."""
    if seed is not None:
        keras.utils.set_random_seed(seed)
    x = join_features(tensors, spec, network.dropout or 0.0)
    plan = BuildContext(spec, network, x, tensors.get("mask"))
    built = architecture(spec.shape, network.architecture).build(plan)
    if isinstance(built, AutoregressiveDecoder):
        return built, build_decoder_models(tensors, spec, built)
    name = spec.shape.replace("-", "_")
    own = {n: x for n, x in tensors.items() if n not in spec.ngrams}
    model = keras.Model(unwrap_single(own), unwrap_single(built), name=name)
    if not spec.linear_outputs:
        return built, ModelBundle(model, attend=pooling_attention_model(model))
    outputs, paths = add_linear_branch(built, tensors, spec, row)
    whole = keras.Model(unwrap_single(tensors), unwrap_single(outputs), name=name)
    return outputs, ModelBundle(whole, attend=pooling_attention_model(whole), recurrence=model, linear_branches=(paths,))


def build(spec: NetworkSpec, network: Network) -> Any:
    """Return the network as a plain `keras.Model`.

    Args:
        spec: What goes in and out.
        network: The settings; gaps are filled by `settled`.

    Returns:
        A model from one tensor (b f) or (b t f), or a dict of them, to one tensor
        (b o), (b t o) or (b u o), or a dict of them where there are several. A chained decoder
        has one more input, `previous`: the outputs one step late, (b u) or (b u o).

    Raises:
        ShapeError: Sizes that the wiring does not allow.
        SettingError: An unknown architecture, or a setting it has no use for.
    """
    return build_bundle(spec, network).model
