"""From sizes and settings to Keras models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unrolled.backend import cache_compiled_programs, keras, keras_defaults
from unrolled.data.block import Array
from unrolled.networks.architectures import architecture_of
from unrolled.networks.building_blocks import BuildContext, build_inputs, join_features
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.decoder import AutoregressiveDecoder, build_decoder_models
from unrolled.networks.defaults import with_defaults
from unrolled.networks.ensemble import ensemble
from unrolled.networks.linear_branch import add_linear_branch, linear_features
from unrolled.networks.pooling import pooling_attention_model
from unrolled.networks.spec import NetworkSpec, unwrap_single
from unrolled.settings import Network


def build(spec: NetworkSpec, network: Network) -> Any:
    """Return the network as a plain `keras.Model`.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings; gaps are filled by `with_defaults`.

    Returns:
        A model from one tensor (b f) or (b t f), or a dict of them, to one tensor
        (b o), (b t o) or (b u o), or a dict of them where there are several. A decoder
        has one more input, `previous`: the outputs one step late, (b u) or (b u o).

    Raises:
        ShapeError: Sizes that the architecture does not allow.
        SettingError: An unknown architecture, or a setting that it does not use.
    """
    return build_bundle(spec, network).model


@keras_defaults()
def build_bundle(
    spec: NetworkSpec, network: Network, *, seeds: Sequence[int | None] = (None,)
) -> ModelBundle:
    """Return a network with all models that its use needs, such as one step of a decoder.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings; gaps are filled by `with_defaults`.
        seeds: Seeds of the initial weights. Several seeds make an ensemble of as many networks;
            None continues Keras' own random numbers.

    Raises:
        ShapeError: Sizes that the architecture does not allow.
        SettingError: An unknown architecture, or a setting that it does not use.
    """
    cache_compiled_programs()
    network = with_defaults(spec, network)
    tensors = build_inputs(spec)
    features = linear_features(tensors, spec)
    members = [_build_member(tensors, spec, network, seed, features) for seed in seeds]
    if len(members) == 1:
        return members[0][1]
    return ensemble(tensors, spec, *zip(*members, strict=True))


def _build_member(
    tensors: dict[str, Any],
    spec: NetworkSpec,
    network: Network,
    seed: int | None,
    features: tuple[Any, Sequence[Any]],
) -> tuple[Any, ModelBundle]:
    """Return what the builder of the architecture made of the inputs, and its models."""
    if seed is not None:
        keras.utils.set_random_seed(seed)
    dropout = network.dropout or 0.0
    x = join_features(tensors, spec, dropout)
    others = tuple(
        (join_features(tensors, spec, dropout, group), tensors.get(group.mask))
        for group in spec.groups
    )
    context = BuildContext(spec, network, x, tensors.get("mask"), others)
    built = architecture_of(spec.shape, network).build(context)
    if isinstance(built, AutoregressiveDecoder):
        return built, build_decoder_models(tensors, spec, built)
    name = spec.shape.replace("-", "_")
    without_ngrams = {n: x for n, x in tensors.items() if n not in spec.ngrams}
    model = keras.Model(unwrap_single(without_ngrams), unwrap_single(built), name=name)
    if not spec.linear_outputs:
        return built, ModelBundle(model, attend=pooling_attention_model(model))
    outputs, branches = add_linear_branch(built, tensors, spec, features)
    whole = keras.Model(unwrap_single(tensors), unwrap_single(outputs), name=name)
    attend = pooling_attention_model(whole)
    return outputs, ModelBundle(whole, attend=attend, recurrence=model, linear_branches=(branches,))


def set_initial_embeddings(model: Any, name: str, vectors: Mapping[int, Array]) -> None:
    """Set rows of the embedding of an input; the other rows keep their random values.

    Args:
        model: A network as `build` returns it.
        name: The input.
        vectors: The vector (e) of each id that has one.
    """
    inputs = model.input if isinstance(model.input, dict) else {name: model.input}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding) and layer.input is inputs[name]:
            (weights,) = layer.get_weights()
            weights = weights.copy()
            weights[list(vectors)] = list(vectors.values())
            layer.set_weights([weights])
