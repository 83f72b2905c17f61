"""The parts that every wiring is made of: inputs, recurrent layers, heads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.layers import GRU, LSTM
from unrolled.networks.spec import FEATURES, Ports
from unrolled.settings import Network
from unrolled.shapes import FACTS

layers = keras().layers
LETTER, WINDOW = 16, 3  # of the characters of words
CELLS = {"lstm": LSTM, "gru": GRU, "rnn": layers.SimpleRNN}


@dataclass(frozen=True)
class Plan:
    """A network about to be built: sizes, settings without gaps, and its input tensors.

    Attributes:
        ports: What goes in and out.
        network: The settings, every one of them given.
        x: The joined input, (b f) or (b t f).
        mask: Which steps are real, (b t), or None where every row has the same length.
    """

    ports: Ports
    network: Network
    x: Any
    mask: Any

    @property
    def u(self) -> int:
        """Output steps; 0 where the shape has none of its own."""
        return int(self.ports.u or 0)


def inputs(ports: Ports) -> dict[str, Any]:
    """Return the network's input tensors by name: `x`, the embedded ones, and `mask`."""
    steps = (ports.t,) if FACTS[ports.shape].inputs == "many" else ()
    tensors = {}
    if ports.values:
        tensors["x"] = keras().Input((*steps, ports.values), name="x")
    for name in ports.embedded:
        tensors[name] = keras().Input(steps, dtype="int32", name=name)
    for name, (_, each) in {**ports.spelled, **ports.counted}.items():
        tensors[name] = keras().Input((*steps, each), dtype="int32", name=name)
    if ports.ragged:
        tensors["mask"] = keras().Input(steps, dtype="bool", name="mask")
    return tensors


def joined(tensors: dict[str, Any], ports: Ports, dropout: float) -> Any:
    """Embed the inputs of whole numbers and join all features: (b f) or (b t f)."""
    parts = [tensors["x"]] if ports.values else []
    for name, size in ports.embedded.items():
        width = ports.vectors.get(name) or ports.width(size)
        parts.append(layers.Embedding(size, width)(tensors[name]))
    for name, (size, _) in ports.spelled.items():
        parts.append(spelled(tensors[name], size))
    x = parts[0] if len(parts) == 1 else layers.Concatenate()(parts)
    return layers.Dropout(dropout)(x) if ports.embedded and dropout else x


def spelled(characters: Any, size: int) -> Any:
    """Return what the characters of each word (b t c) say of it (b t k).

    Each feature is the largest that a few neighbouring characters have.

    Source:
        Ma and Hovy 2016, section 2.1; Kim 2014, section 2.
    """
    x = layers.Embedding(size, LETTER)(characters)  # b t c e
    x = layers.Conv2D(FEATURES, (1, WINDOW), padding="same", activation="relu")(x)  # b t c k
    return keras().ops.max(x, axis=2)


def recurrent(x: Any, plan: Plan, *, sequences: bool, mask: Any = None) -> Any:
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


def heads(x: Any, plan: Plan, row: Any = None) -> dict[str, Any]:
    """Put one Dense for each output on the features, at each step where there are steps.

    Those for the whole row beside the steps stand on its own features, `row`. The layers keep the
    names Keras gives them: an output called `dropout`, or like an input, would otherwise meet a
    layer of its own name.
    """
    ports = plan.ports
    return {
        name: layers.Dense(int(o))(row if name in ports.pooled else x)
        for name, o in ports.heads.items()
    }
