"""Chained decoders: each output step is the next step's input.

In training the true outputs, one step late, stand in for what the decoder would have said
(teacher forcing), so that all steps are one call of the recurrent layers. In use the same layers
run a step at a time. Attention looks from the recurrent layers' output and does not feed back
into them (Luong et al. 2015, section 3.1), which is what makes the one call possible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.data.batches import PREVIOUS, STOP
from unrolled.data.encoders.vocabulary import PADDING
from unrolled.networks.building_blocks import CELLS, BuildContext, layers
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.spec import NetworkSpec, unwrap_single

Tensors = dict[str, Any]


@dataclass(frozen=True)
class AutoregressiveDecoder:
    """A decoder's layers, to be run over all steps or over one.

    Attributes:
        states: The initial states, each (b h).
        memory: What every step may look at, by name.
        decode: From what was said before (b u), the states and the memory to the outputs by name
            (b u o), the new states, and the attention weights (b u t), None without attention.
    """

    states: list[Any]
    memory: Tensors
    decode: Callable[[Any, list[Any], Tensors], tuple[Tensors, list[Any], Any]]


class Decoder:
    """The layers that every chained decoder is made of."""

    def __init__(self, plan: BuildContext, *, attends: bool) -> None:
        network, spec = plan.network, plan.spec
        (name, o), *_ = spec.heads.items()
        self.drop, self.tokens = network.dropout or 0.0, spec.tokens
        self.width = spec.width(int(o)) if attends else network.units
        self.embed = None if attends else layers.Dense(self.width)
        if spec.tokens:
            self.embed = layers.Embedding(int(o), self.width)
        self.recurrent = [
            CELLS[network.cell](network.units, return_sequences=True, return_state=True)
            for _ in range(network.layers)
        ]
        self.attention = layers.Attention() if attends else None
        self.joined = layers.Dense(network.units, activation="tanh") if attends else None
        self.heads = {name: layers.Dense(int(o))}
        if spec.stops:
            self.heads[STOP] = layers.Dense(1)

    def __call__(
        self, previous: Any, states: list[Any], memory: Tensors
    ) -> tuple[Tensors, list[Any], Any]:
        """Run every step of `previous`; see `Chain.decode`."""
        x = previous if self.embed is None else self._dropped(self.embed(previous))  # b u e
        real = previous > PADDING if self.tokens and previous.shape[1] != 1 else None  # b u
        if "given" in memory:
            x = layers.Add()([x, memory["given"]])  # the same at every step
        each = len(states) // len(self.recurrent)
        after: list[Any] = []
        for i, layer in enumerate(self.recurrent):
            x, *new = layer(x, initial_state=states[i * each : (i + 1) * each], mask=real)
            x, after = self._dropped(x), after + new  # b u h
        weights = None
        if self.attention is not None and self.joined is not None:
            seen = [x, memory["values"], memory["keys"]]
            mask = [None, memory["mask"]] if "mask" in memory else None
            context, weights = self.attention(seen, mask=mask, return_attention_scores=True)
            x = self._dropped(self.joined(layers.Concatenate()([x, context])))  # b u h
        return {name: head(x) for name, head in self.heads.items()}, after, weights

    def _dropped(self, x: Any) -> Any:
        return layers.Dropout(self.drop)(x) if self.drop else x


def from_facts(plan: BuildContext) -> AutoregressiveDecoder:
    """One set of values sets the state and is given again at every step."""
    decoder = Decoder(plan, attends=False)
    units, count = plan.network.units, plan.network.layers
    made = [layers.Dense(units, activation="tanh")(plan.x) for _ in range(count * _states(plan))]
    given = layers.Reshape((1, decoder.width))(layers.Dense(decoder.width)(plan.x))
    return AutoregressiveDecoder(made, {"given": given}, decoder)


def from_steps(plan: BuildContext) -> AutoregressiveDecoder:
    """An encoder's states start the decoder, and each step attends to all of its steps."""
    network, x, states = plan.network, plan.x, []
    for _ in range(network.layers):
        layer = CELLS[network.cell](network.units, return_sequences=True, return_state=True)
        if network.bidirectional:
            x, *ends = layers.Bidirectional(layer)(x, mask=plan.mask)
            pairs = zip(ends[: len(ends) // 2], ends[len(ends) // 2 :], strict=True)
            states += [
                layers.Dense(network.units, activation="tanh")(layers.Concatenate()(pair))
                for pair in map(list, pairs)
            ]
        else:
            x, *ends = layer(x, mask=plan.mask)
            states += ends
        x = layers.Dropout(network.dropout)(x) if network.dropout else x  # b t h, or b t 2h
    memory = {"values": x, "keys": layers.Dense(network.units, use_bias=False)(x)}
    if plan.mask is not None:
        memory["mask"] = plan.mask
    return AutoregressiveDecoder(states, memory, Decoder(plan, attends=True))


def _states(plan: BuildContext) -> int:
    """How many states a recurrent layer has."""
    return 2 if plan.network.cell == "lstm" else 1


def build_decoder_models(tensors: Tensors, spec: NetworkSpec, chain: AutoregressiveDecoder) -> ModelBundle:
    """Return the models of a chained decoder.

    Args:
        tensors: The network's input tensors by name.
        spec: What goes in and out.
        chain: The decoder.
    """
    model, name = keras.Model, spec.shape.replace("-", "_")
    forced = {**tensors, PREVIOUS: _previous(spec, None)}
    outputs, _, weights = chain.decode(forced[PREVIOUS], chain.states, chain.memory)
    encoded = {"states": chain.states, "memory": chain.memory}
    asked = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:], dtype=x.dtype), encoded)
    said, states, _ = chain.decode(one := _previous(spec, 1), asked["states"], asked["memory"])
    return ModelBundle(
        model=model(forced, unwrap_single(outputs), name=name),
        encode=model(unwrap_single(tensors), encoded, name=f"{name}_encode"),
        step=model({PREVIOUS: one, **asked}, {**said, "states": states}, name=f"{name}_step"),
        attend=None if weights is None else model(forced, weights, name=f"{name}_attend"),
    )


def _previous(spec: NetworkSpec, steps: int | None) -> Any:
    """Return the input of what was said before: ids (b u), or numbers (b u o)."""
    if spec.tokens:
        return keras.Input((steps,), dtype="int32", name=PREVIOUS)
    (o, *_) = spec.heads.values()
    return keras.Input((steps, int(o)), name=PREVIOUS)
