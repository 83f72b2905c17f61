"""Several networks as one: a plain model whose outputs are the mean over its members'."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import layers
from unrolled.networks.bundle import Faces
from unrolled.networks.decoder import Chain, Tensors, models
from unrolled.networks.spec import Ports, alone


def ensemble(
    tensors: Tensors, ports: Ports, built: Sequence[Any], members: Sequence[Faces]
) -> Faces:
    """Return the model that averages what its members say.

    Numbers are averaged; so are the probabilities of labels, and of a chained decoder's tokens
    the log-probabilities at each step, which is the mean of the logits but for a constant.

    Args:
        tensors: The input tensors by name, which all members share.
        ports: What goes in and out.
        built: Of each member the output tensors by name, or a chained decoder.
        members: Their models.
    """
    networks = tuple(network for one in members for network in one.fitted)
    paths = tuple(path for one in members for path in one.paths)
    if isinstance(built[0], Chain):
        made = models(tensors, ports, _together(built))
        return Faces(made.model, made.encode, made.step, made.attend, networks)
    said = {name: [one[name] for one in built] for name in ports.heads}
    outputs = {name: _labels(y) if name in ports.labels else _mean(y) for name, y in said.items()}
    name = ports.shape.replace("-", "_")
    model = keras().Model(alone(tensors), alone(outputs), name=name)
    return Faces(model, attend=_looked(tensors, members, name), members=networks, paths=paths)


def _looked(tensors: Tensors, members: Sequence[Faces], name: str) -> Any:
    """Return the model of the mean weights by which members pool; None where they do not."""
    if members[0].attend is None:
        return None
    weights = _mean([one.attend.output for one in members])
    return keras().Model(alone(tensors), weights, name=f"{name}_attend")


def _mean(tensors: list[Any]) -> Any:
    """Return the mean of tensors of one shape."""
    return layers.Average()(tensors)


def _labels(logits: list[Any]) -> Any:
    """Return logits whose probabilities are the mean of those of all members."""
    return reduce(keras().ops.logaddexp, [layers.Activation("log_softmax")(y) for y in logits])


def _together(chains: Sequence[Chain]) -> Chain:
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
    return Chain(states, memory, decode)
