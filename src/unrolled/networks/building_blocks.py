"""The parts that every architecture is made of: inputs, recurrent layers, output layers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from unrolled.backend import keras
from unrolled.data.input_groups import InputGroup
from unrolled.networks.spec import CHARACTER_FEATURES, NetworkSpec
from unrolled.settings import Network

CHARACTER_WIDTH = 16  # of the embedding of a character
CHARACTER_WINDOW = 3  # characters that a filter sees at once


@dataclass(frozen=True)
class BuildContext:
    """What a builder needs: the sizes, the settings without gaps, and the input tensors.

    Attributes:
        spec: The sizes of inputs and outputs.
        network: The settings, as `with_defaults` returned them.
        x: All inputs joined, (b f) or (b t f); the first of several groups of inputs.
        mask: Which steps are real, (b t), or None where every row has the same length.
        others: `x` and `mask` of each further group, whose number of steps is its own.
    """

    spec: NetworkSpec
    network: Network
    x: Any
    mask: Any
    others: tuple[tuple[Any, Any], ...] = ()

    @property
    def u(self) -> int:
        """Number of output steps; 0 where the shape has none of its own."""
        return int(self.spec.u or 0)

    def groups(self) -> tuple[BuildContext, ...]:
        """Return the context of each group of inputs, as if there were no other."""
        every = ((self.x, self.mask), *self.others)
        return tuple(replace(self, x=x, mask=mask, others=()) for x, mask in every)


def recurrent_layer(cell: str, units: int, **options: Any) -> Any:
    """Return a recurrent layer for the name of a cell: `lstm`, `gru` or `rnn`."""
    from unrolled.layers import GRU, LSTM

    classes = {"lstm": LSTM, "gru": GRU, "rnn": keras.layers.SimpleRNN}
    return classes[cell](units, **options)


def build_inputs(spec: NetworkSpec) -> dict[str, Any]:
    """Return the input tensors by name: `x` for numbers, one for each input of ids, and `mask`.

    A second group of inputs has `x_2` and `mask_2`.
    """
    return {
        name: keras.Input(axes, dtype=dtype, name=name)
        for name, (axes, dtype) in spec.input_axes().items()
    }


def join_features(
    tensors: dict[str, Any], spec: NetworkSpec, dropout: float, group: InputGroup | None = None
) -> Any:
    """Embed the inputs of ids of a group and join all its features: (b f) or (b t f)."""
    names, values = spec.inputs_of(group), spec.values if group is None else group.values
    parts = [tensors["x" if group is None else group.x]] if values else []
    embedded = {name: size for name, size in spec.embedded.items() if name in names}
    for name, size in embedded.items():
        width = spec.vectors.get(name) or spec.width(size)
        parts.append(keras.layers.Embedding(size, width)(tensors[name]))
    for name, (size, _) in spec.characters.items():
        if name in names:
            parts.append(character_features(tensors[name], size))
    x = joined(parts)
    return keras.layers.Dropout(dropout)(x) if embedded and dropout else x


def character_features(characters: Any, size: int) -> Any:
    """Return features of each word (b t k) from its characters (b t c).

    A feature is the largest response of a filter over neighbouring characters.

    Source:
        Ma and Hovy 2016, section 2.1; Kim 2014, section 2.
    """
    x = keras.layers.Embedding(size, CHARACTER_WIDTH)(characters)  # b t c e
    window = (1, CHARACTER_WINDOW)
    convolution = keras.layers.Conv2D(CHARACTER_FEATURES, window, padding="same", activation="relu")
    return keras.ops.max(convolution(x), axis=2)  # b t c k -> b t k


def recurrent_layers(x: Any, context: BuildContext, *, sequences: bool, mask: Any = None) -> Any:
    """Stack recurrent layers; return all states (b t h) with `sequences`, else the last (b h)."""
    network = context.network
    for index in range(network.layers):
        every = sequences or index < network.layers - 1
        layer = recurrent_layer(network.cell, network.units or 0, return_sequences=every)
        if network.bidirectional:
            layer = keras.layers.Bidirectional(layer)
        x = layer(x, mask=mask)
        if network.dropout:
            x = keras.layers.Dropout(network.dropout)(x)
    return x


def last_states(context: BuildContext) -> Any:
    """Return the last state of recurrent layers (b h); joined, those of each group of inputs."""
    return joined(
        [
            recurrent_layers(group.x, group, sequences=False, mask=group.mask)
            for group in context.groups()
        ]
    )


def joined(tensors: list[Any], axis: int = -1) -> Any:
    """Return tensors joined along an axis; one alone stays as it is."""
    return tensors[0] if len(tensors) == 1 else keras.layers.Concatenate(axis=axis)(tensors)


def output_heads(x: Any, context: BuildContext, row: Any = None) -> dict[str, Any]:
    """Put a Dense layer for each output on the features, at each step where there are steps.

    Outputs of the whole row beside those of the steps read other features, `row`. The layers keep
    the names that Keras gives them, since an output may be called like another layer.
    """
    spec = context.spec
    return {
        name: keras.layers.Dense(int(o))(row if name in spec.pooled else x)
        for name, o in spec.heads.items()
    }
