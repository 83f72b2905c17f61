"""Ensembles: several networks as one model, whose output is the mean of their outputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from unrolled.backend import keras
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.decoder import AutoregressiveDecoder, Tensors, build_decoder_models
from unrolled.networks.spec import NetworkSpec, unwrap_single


def ensemble(
    tensors: Tensors, spec: NetworkSpec, built: Sequence[Any], members: Sequence[ModelBundle]
) -> ModelBundle:
    """Return the model that averages its members.

    The mean is that of numbers, of the probabilities of labels, and of the log-probabilities of a
    decoder's tokens at each step, which is the mean of their logits up to a constant.

    Args:
        tensors: The input tensors by name, which all members share.
        spec: The sizes of inputs and outputs.
        built: What the builder returned for each member: output tensors by name, or a decoder.
        members: The models of each member.
    """
    networks = tuple(model for member in members for model in member.models_to_fit)
    branches = tuple(branch for member in members for branch in member.linear_branches)
    if isinstance(built[0], AutoregressiveDecoder):
        models = build_decoder_models(tensors, spec, _join_decoders(built))
        return ModelBundle(models.model, models.encode, models.step, models.attend, networks)
    by_name = {name: [outputs[name] for outputs in built] for name in spec.heads}
    outputs = {
        name: _mean_of_probabilities(y) if name in spec.labels else _mean(y)
        for name, y in by_name.items()
    }
    name = spec.shape.replace("-", "_")
    model = keras.Model(unwrap_single(tensors), unwrap_single(outputs), name=name)
    attend = _mean_attention(tensors, members, name)
    return ModelBundle(model, attend=attend, members=networks, linear_branches=branches)


def _mean_attention(tensors: Tensors, members: Sequence[ModelBundle], name: str) -> Any:
    """Return a model of the mean of the members' pooling weights; None without attention."""
    if members[0].attend is None:
        return None
    weights = _mean([member.attend.output for member in members])
    return keras.Model(unwrap_single(tensors), weights, name=f"{name}_attend")


def _mean(tensors: list[Any]) -> Any:
    """Return the mean of tensors of one shape."""
    return keras.layers.Average()(tensors)


def _mean_of_probabilities(logits: list[Any]) -> Any:
    """Return logits whose probabilities are the mean of the members' probabilities."""
    log_probabilities = [keras.layers.Activation("log_softmax")(y) for y in logits]
    return reduce(keras.ops.logaddexp, log_probabilities)


def _join_decoders(decoders: Sequence[AutoregressiveDecoder]) -> AutoregressiveDecoder:
    """Return decoders as one: each keeps its own states, and all read the same previous outputs."""
    count = len(decoders[0].states)

    def decode(previous: Any, states: list[Any], memory: Tensors) -> Any:
        all_outputs, all_states, all_weights = [], [], []
        for i, decoder in enumerate(decoders):
            prefix = f"{i}/"
            own_memory = {
                name.removeprefix(prefix): x
                for name, x in memory.items()
                if name.startswith(prefix)
            }
            own_states = states[i * count : (i + 1) * count]
            outputs, new_states, weights = decoder.decode(previous, own_states, own_memory)
            all_outputs.append(outputs)
            all_states += new_states
            all_weights.append(weights)
        mean = {name: _mean([outputs[name] for outputs in all_outputs]) for name in all_outputs[0]}
        return mean, all_states, None if all_weights[0] is None else _mean(all_weights)

    states = [state for decoder in decoders for state in decoder.states]
    memory = {f"{i}/{name}": x for i, d in enumerate(decoders) for name, x in d.memory.items()}
    return AutoregressiveDecoder(states, memory, decode)
