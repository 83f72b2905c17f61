"""Autoregressive decoders: each output step is the next step's input.

In training the input of each step is the true output of the step before (teacher forcing), so that
all steps are one call of the recurrent layers. In use the same layers run step by step. Attention
reads the output of the recurrent layers and is not fed back into them (Luong et al. 2015, section
3.1); only therefore can all steps be one call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.data.special_ids import PADDING, PREVIOUS, STOP
from unrolled.networks.building_blocks import BuildContext, joined, recurrent_layer
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.spec import NetworkSpec, unwrap_single

Tensors = dict[str, Any]


@dataclass(frozen=True)
class AutoregressiveDecoder:
    """A decoder that can be run over all steps or over one.

    Attributes:
        states: The initial states, each (b h).
        memory: What every step may read, by name.
        decode: From the previous outputs (b u), the states and the memory to the outputs by name
            (b u o), the new states, and the attention weights (b u t), None without attention.
    """

    states: list[Any]
    memory: Tensors
    decode: Callable[[Any, list[Any], Tensors], tuple[Tensors, list[Any], Any]]


class DecoderLayers:
    """The layers of a decoder."""

    def __init__(self, context: BuildContext, *, attends: bool, adds_input: bool = False) -> None:
        network, spec = context.network, context.spec
        (name, o), *_ = spec.heads.items()
        units = network.units or 0
        self.dropout, self.tokens = network.dropout or 0.0, spec.tokens
        self.width = units if adds_input else spec.width(int(o))
        self.embed = keras.layers.Dense(self.width) if adds_input else None
        if spec.tokens:
            self.embed = keras.layers.Embedding(int(o), self.width)
        self.recurrent = [
            recurrent_layer(network.cell, units, return_sequences=True, return_state=True)
            for _ in range(network.layers)
        ]
        self.attention = keras.layers.Attention() if attends else None
        self.combine = keras.layers.Dense(units, activation="tanh") if attends else None
        self.heads = {name: keras.layers.Dense(int(o))}
        if spec.stops:
            self.heads[STOP] = keras.layers.Dense(1)

    def __call__(
        self, previous: Any, states: list[Any], memory: Tensors
    ) -> tuple[Tensors, list[Any], Any]:
        """Run every step of `previous`; see `AutoregressiveDecoder.decode`."""
        x = previous if self.embed is None else self._drop(self.embed(previous))  # b u e
        real = previous > PADDING if self.tokens and previous.shape[1] != 1 else None  # b u
        if "input" in memory:
            x = keras.layers.Add()([x, memory["input"]])  # the same at every step
        count = len(states) // len(self.recurrent)
        new_states: list[Any] = []
        for i, layer in enumerate(self.recurrent):
            x, *ends = layer(x, initial_state=states[i * count : (i + 1) * count], mask=real)
            x, new_states = self._drop(x), new_states + ends  # b u h
        weights = None
        if self.attention is not None and self.combine is not None:
            inputs = [x, memory["values"], memory["keys"]]
            mask = [None, memory["mask"]] if "mask" in memory else None
            read, weights = self.attention(inputs, mask=mask, return_attention_scores=True)
            x = self._drop(self.combine(keras.layers.Concatenate()([x, read])))  # b u h
        return {name: head(x) for name, head in self.heads.items()}, new_states, weights

    def _drop(self, x: Any) -> Any:
        return keras.layers.Dropout(self.dropout)(x) if self.dropout else x


def from_facts(context: BuildContext) -> AutoregressiveDecoder:
    """Build a decoder whose states start from the input, which every step reads again."""
    decoder = DecoderLayers(context, attends=False, adds_input=True)
    units, per_layer = context.network.units, 2 if context.network.cell == "lstm" else 1
    states = [
        keras.layers.Dense(units, activation="tanh")(context.x)
        for _ in range(context.network.layers * per_layer)
    ]
    features = keras.layers.Dense(decoder.width)(context.x)
    repeated = keras.layers.Reshape((1, decoder.width))(features)
    return AutoregressiveDecoder(states, {"input": repeated}, decoder)


def from_steps(context: BuildContext) -> AutoregressiveDecoder:
    """Build a decoder that starts from the states of an encoder and attends to all its steps."""
    x, states = _encode_groups(context)
    memory = {"values": x, "keys": keras.layers.Dense(context.network.units, use_bias=False)(x)}
    if context.mask is not None:
        masks = [group.mask for group in context.groups()]
        memory["mask"] = joined(masks, axis=1)
    return AutoregressiveDecoder(states, memory, DecoderLayers(context, attends=True))


def from_last_states(context: BuildContext) -> AutoregressiveDecoder:
    """Build a decoder that starts from the last states of an encoder and reads nothing else of it.

    Source:
        Sutskever et al. 2014, section 2.
    """
    _, states = _encode_groups(context, every=False)
    return AutoregressiveDecoder(states, {}, DecoderLayers(context, attends=False))


def _encode_groups(context: BuildContext, *, every: bool = True) -> tuple[Any, list[Any]]:
    """Return what `_encode` returns; of several groups of inputs one memory and one set of states.

    The steps of all groups stand one after another in the memory. Each first state of the decoder
    is computed from the last states of all groups.
    """
    encoded = [_encode(group, every=every) for group in context.groups()]
    if len(encoded) == 1:
        return encoded[0]
    units = context.network.units
    states = [
        keras.layers.Dense(units, activation="tanh")(joined(list(ends)))
        for ends in zip(*(states for _, states in encoded), strict=True)
    ]
    return joined([x for x, _ in encoded], axis=1 if every else -1), states


def _encode(context: BuildContext, *, every: bool = True) -> tuple[Any, list[Any]]:
    """Return the encoder's states at every step (b t h, or b t 2h), and its last states (b h).

    Without `every` the first are those of the last step alone.
    """
    network, x, states = context.network, context.x, []
    for index in range(network.layers):
        options = {"return_sequences": every or index < network.layers - 1, "return_state": True}
        layer = recurrent_layer(network.cell, network.units or 0, **options)
        if network.bidirectional:
            x, *ends = keras.layers.Bidirectional(layer)(x, mask=context.mask)
            half = len(ends) // 2
            for pair in zip(ends[:half], ends[half:], strict=True):  # forward, backward
                both = keras.layers.Concatenate()(list(pair))
                states.append(keras.layers.Dense(network.units, activation="tanh")(both))
        else:
            x, *ends = layer(x, mask=context.mask)
            states += ends
        x = keras.layers.Dropout(network.dropout)(x) if network.dropout else x
    return x, states


def build_decoder_models(
    tensors: Tensors, spec: NetworkSpec, decoder: AutoregressiveDecoder
) -> ModelBundle:
    """Return the models of a decoder.

    Args:
        tensors: The network's input tensors by name.
        spec: The sizes of inputs and outputs.
        decoder: The decoder.
    """
    name = spec.shape.replace("-", "_")
    forced = {**tensors, PREVIOUS: _previous(spec, None)}
    outputs, _, weights = decoder.decode(forced[PREVIOUS], decoder.states, decoder.memory)
    encoded = {"states": decoder.states, "memory": decoder.memory}
    fed = keras.tree.map_structure(lambda x: keras.Input(x.shape[1:], dtype=x.dtype), encoded)
    previous = _previous(spec, 1)
    next_outputs, states, _ = decoder.decode(previous, fed["states"], fed["memory"])
    attend = None if weights is None else keras.Model(forced, weights, name=f"{name}_attend")
    return ModelBundle(
        model=keras.Model(forced, unwrap_single(outputs), name=name),
        encode=keras.Model(unwrap_single(tensors), encoded, name=f"{name}_encode"),
        step=keras.Model(
            {PREVIOUS: previous, **fed}, {**next_outputs, "states": states}, name=f"{name}_step"
        ),
        attend=attend,
    )


def _previous(spec: NetworkSpec, steps: int | None) -> Any:
    """Return the input of the previous outputs: ids (b u), or numbers (b u o)."""
    if spec.tokens:
        return keras.Input((steps,), dtype="int32", name=PREVIOUS)
    (o, *_) = spec.heads.values()
    return keras.Input((steps, int(o)), name=PREVIOUS)
