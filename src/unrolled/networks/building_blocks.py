"""The parts that every architecture is made of: inputs, recurrent layers, output layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.networks.spec import CHARACTER_FEATURES, NetworkSpec
from unrolled.settings import Network
from unrolled.shapes import FACTS

CHARACTER_WIDTH = 16  # of the embedding of a character
CHARACTER_WINDOW = 3  # characters that a filter sees at once


@dataclass(frozen=True)
class BuildContext:
    """What a builder needs: the sizes, the settings without gaps, and the input tensors.

    Attributes:
        spec: The sizes of inputs and outputs.
        network: The settings, as `with_defaults` returned them.
        x: All inputs joined, (b f) or (b t f).
        mask: Which steps are real, (b t), or None where every row has the same length.
    """

    spec: NetworkSpec
    network: Network
    x: Any
    mask: Any

    @property
    def u(self) -> int:
        """Number of output steps; 0 where the shape has none of its own."""
        return int(self.spec.u or 0)


def recurrent_layer(cell: str, units: int, **options: Any) -> Any:
    """Return a recurrent layer for the name of a cell: `lstm`, `gru` or `rnn`."""
    from unrolled.layers import GRU, LSTM

    classes = {"lstm": LSTM, "gru": GRU, "rnn": keras.layers.SimpleRNN}
    return classes[cell](units, **options)


def build_inputs(spec: NetworkSpec) -> dict[str, Any]:
    """Return the input tensors by name: `x` for numbers, one for each input of ids, and `mask`."""
    steps = (spec.t,) if FACTS[spec.shape].inputs == "many" else ()
    tensors = {}
    if spec.values:
        tensors["x"] = keras.Input((*steps, spec.values), name="x")
    for name in spec.embedded:
        tensors[name] = keras.Input(steps, dtype="int32", name=name)
    for name, (_, count) in {**spec.characters, **spec.ngrams}.items():
        tensors[name] = keras.Input((*steps, count), dtype="int32", name=name)
    if spec.ragged:
        tensors["mask"] = keras.Input(steps, dtype="bool", name="mask")
    return tensors


def join_features(tensors: dict[str, Any], spec: NetworkSpec, dropout: float) -> Any:
    """Embed the inputs of ids and join all features: (b f) or (b t f)."""
    parts = [tensors["x"]] if spec.values else []
    for name, size in spec.embedded.items():
        width = spec.vectors.get(name) or spec.width(size)
        parts.append(keras.layers.Embedding(size, width)(tensors[name]))
    for name, (size, _) in spec.characters.items():
        parts.append(character_features(tensors[name], size))
    x = parts[0] if len(parts) == 1 else keras.layers.Concatenate()(parts)
    return keras.layers.Dropout(dropout)(x) if spec.embedded and dropout else x


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
