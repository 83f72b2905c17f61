"""Several networks as one: a plain model whose outputs are the mean over its members'."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import layers
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.decoder import AutoregressiveDecoder, Tensors, build_decoder_models
from unrolled.networks.spec import NetworkSpec, unwrap_single


def ensemble(
    tensors: Tensors, spec: NetworkSpec, built: Sequence[Any], members: Sequence[ModelBundle]
) -> ModelBundle:
    """Return the model that averages what its members say.

    Numbers are averaged; so are the probabilities of labels, and of a chained decoder's tokens
    the log-probabilities at each step, which is the mean of the logits but for a constant.

    Args:
        tensors: The input tensors by name, which all members share.
        spec: What goes in and out.
        built: Of each member the output tensors by name, or a chained decoder.
        members: Their models.
    """
    networks = tuple(network for one in members for network in one.models_to_fit)
    paths = tuple(path for one in members for path in one.linear_branches)
    if isinstance(built[0], AutoregressiveDecoder):
        made = build_decoder_models(tensors, spec, _together(built))
        return ModelBundle(made.model, made.encode, made.step, made.attend, networks)
    said = {name: [one[name] for one in built] for name in spec.heads}
    outputs = {name: _labels(y) if name in spec.labels else _mean(y) for name, y in said.items()}
    name = spec.shape.replace("-", "_")
    model = keras.Model(unwrap_single(tensors), unwrap_single(outputs), name=name)
    return ModelBundle(model, attend=_looked(tensors, members, name), members=networks, linear_branches=paths)


def _looked(tensors: Tensors, members: Sequence[ModelBundle], name: str) -> Any:
    """Return the model of the mean weights by which members pool; None where they do not."""
    if members[0].attend is None:
        return None
    weights = _mean([one.attend.output for one in members])
    return keras.Model(unwrap_single(tensors), weights, name=f"{name}_attend")


def _mean(tensors: list[Any]) -> Any:
    """Return the mean of tensors of one shape."""
    return layers.Average()(tensors)


def _labels(logits: list[Any]) -> Any:
    """Return logits whose probabilities are the mean of those of all members."""
    return reduce(keras.ops.logaddexp, [layers.Activation("log_softmax")(y) for y in logits])


def _together(chains: Sequence[AutoregressiveDecoder]) -> AutoregressiveDecoder:
    """Return chained decoders as one: each keeps its states, and all are fed the same."""
    each = len(chains[0].states)

    def decode(previous: Any, states: list[Any], memory: Tensors) -> Any:
        said, after, seen = [], [], []
        for i, chain in enumerate(chains):
            own = {k.partition("/")[2]: x for k, x in memory.items() if k.startswith(f"{i}/")}
            outputs, new, weights = chain.decode(previous, states[i * each : (i + 1) * each], own)
            said.append(outputs)
            after += new
            seen.append(weights)
        mean = {name: _mean([outputs[name] for outputs in said]) for name in said[0]}
        return mean, after, None if seen[0] is None else _mean(seen)

    states = [state for chain in chains for state in chain.states]
    memory = {f"{i}/{name}": x for i, c in enumerate(chains) for name, x in c.memory.items()}
    return AutoregressiveDecoder(states, memory, decode)
