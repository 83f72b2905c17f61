"""The parts that every wiring is made of: inputs, recurrent layers, heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.layers import GRU, LSTM
from unrolled.networks.spec import FEATURES, NetworkSpec
from unrolled.settings import Network
from unrolled.shapes import FACTS

layers = keras.layers
LETTER, WINDOW = 16, 3  # of the characters of words
CELLS = {"lstm": LSTM, "gru": GRU, "rnn": layers.SimpleRNN}


@dataclass(frozen=True)
class BuildContext:
    """A network about to be built: sizes, settings without gaps, and its input tensors.

    Attributes:
        spec: What goes in and out.
        network: The settings, every one of them given.
        x: The joined input, (b f) or (b t f).
        mask: Which steps are real, (b t), or None where every row has the same length.
    """

    spec: NetworkSpec
    network: Network
    x: Any
    mask: Any

    @property
    def u(self) -> int:
        """Output steps; 0 where the shape has none of its own."""
        return int(self.spec.u or 0)


def build_inputs(spec: NetworkSpec) -> dict[str, Any]:
    """Return the network's input tensors by name: `x`, the embedded ones, and `mask`."""
    steps = (spec.t,) if FACTS[spec.shape].inputs == "many" else ()
    tensors = {}
    if spec.values:
        tensors["x"] = keras.Input((*steps, spec.values), name="x")
    for name in spec.embedded:
        tensors[name] = keras.Input(steps, dtype="int32", name=name)
    for name, (_, each) in {**spec.characters, **spec.ngrams}.items():
        tensors[name] = keras.Input((*steps, each), dtype="int32", name=name)
    if spec.ragged:
        tensors["mask"] = keras.Input(steps, dtype="bool", name="mask")
    return tensors


def join_features(tensors: dict[str, Any], spec: NetworkSpec, dropout: float) -> Any:
    """Embed the inputs of whole numbers and join all features: (b f) or (b t f)."""
    parts = [tensors["x"]] if spec.values else []
    for name, size in spec.embedded.items():
        width = spec.vectors.get(name) or spec.width(size)
        parts.append(layers.Embedding(size, width)(tensors[name]))
    for name, (size, _) in spec.characters.items():
        parts.append(character_features(tensors[name], size))
    x = parts[0] if len(parts) == 1 else layers.Concatenate()(parts)
    return layers.Dropout(dropout)(x) if spec.embedded and dropout else x


def character_features(characters: Any, size: int) -> Any:
    """Return what the characters of each word (b t c) say of it (b t k).

    Each feature is the largest that a few neighbouring characters have.

    Source:
        Ma and Hovy 2016, section 2.1; Kim 2014, section 2.
    """
    x = layers.Embedding(size, LETTER)(characters)  # b t c e
    x = layers.Conv2D(FEATURES, (1, WINDOW), padding="same", activation="relu")(x)  # b t c k
    return keras.ops.max(x, axis=2)


def recurrent_layers(x: Any, plan: BuildContext, *, sequences: bool, mask: Any = None) -> Any:
    """Stack recurrent layers: every step (b t h) with `sequences`, else the last state (b h)."""
    network = plan.network
    for index in range(network.layers):
        every = sequences or index < network.layers - 1
        layer = CELLS[network.cell](network.units, return_sequences=every)
        if network.bidirectional:
            layer = layers.Bidirectional(layer)
        x = layer(x, mask=mask)
        if network.dropout:
            x = layers.Dropout(network.dropout)(x)
    return x


def output_heads(x: Any, plan: BuildContext, row: Any = None) -> dict[str, Any]:
    """Put one Dense for each output on the features, at each step where there are steps.

    Those for the whole row beside the steps stand on its own features, `row`. The layers keep the
    names Keras gives them: an output called `dropout`, or like an input, would otherwise meet a
    layer of its own name.
    """
    spec = plan.spec
    return {
        name: layers.Dense(int(o))(row if name in spec.pooled else x)
        for name, o in spec.heads.items()
    }
