"""The picture of states and gates: heat strips of one row, units down and steps along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.disk.figures import GREY, save_figure

MAX_LAYERS, MAX_LABELS = 6, 60
INK = "#4a4a4a"
NAMES = {
    "i": "input gate i",
    "f": "forget gate f",
    "g": "candidate g",
    "o": "output gate o",
    "z": "update gate z",
    "r": "reset gate r",
    "n": "candidate n",
    "c": "cell c",
    "h": "state h",
}
SIGNED = ("g", "n", "c", "h")  # the other ones are between 0 and 1


def plot_states(
    layers: Mapping[str, Mapping[str, Array]],
    labels: Mapping[str, tuple[str, ...]],
    path: str | Path,
) -> None:
    """Draw the states and gates of one row into a file.

    Each layer is a column of strips, and a strip has one line for each unit. The units of a layer
    are in the same order in all of its strips: those with the largest states are on top.

    Args:
        layers: By layer its arrays (t h) by name; the first six layers are drawn.
        labels: By layer a label for each step.
        path: The picture.

    Raises:
        DataError: The file cannot be written, or its format is unknown.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

    drawn = list(layers)[:MAX_LAYERS]
    strips = [name for name in NAMES if any(name in layers[layer] for layer in drawn)]
    steps = max(len(labels[layer]) for layer in drawn)
    width = min(max(3.2, 0.42 * steps), 8 / len(drawn) + 1.5)
    size = (width * len(drawn) + 1.9, 1.0 * len(strips) + 1.2)
    figure = Figure(figsize=size, layout="constrained")
    grid: Any = figure.subplots(len(strips), len(drawn), squeeze=False)
    for place, name in enumerate(strips):
        arrays = {layer: layers[layer][name] for layer in drawn if name in layers[layer]}
        colors = _colors(name, arrays.values())
        for axes, layer in zip(grid[place], drawn, strict=True):
            _draw_strip(axes, arrays.get(layer), layers[layer]["h"], colors)
        bar = figure.colorbar(ScalarMappable(**colors), ax=grid[place], aspect=9, pad=0.01)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=7, length=2, colors=INK)
        grid[place, 0].set_ylabel(NAMES[name], rotation=0, ha="right", va="center", color=INK)
    for column, layer in enumerate(drawn):
        grid[0, column].set_title(layer, fontsize=11, color=INK)
        _label_steps(grid[-1, column], labels[layer])
    figure.supxlabel("each line is a unit, the most active on top", fontsize=8, color=GREY)
    save_figure(figure, path, example="states.png")


def _colors(name: str, arrays: Iterable[Array]) -> dict[str, Any]:
    """Return the colors of a strip: red and blue around zero, or shades of blue from 0 to 1."""
    from matplotlib.colors import Normalize

    if name not in SIGNED:
        return {"cmap": "Blues", "norm": Normalize(0, 1)}
    largest = max(float(np.abs(array).max(initial=0)) for array in arrays)
    return {"cmap": "RdBu_r", "norm": Normalize(-(largest or 1), largest or 1)}


def _draw_strip(axes: Any, values: Array | None, states: Array, colors: dict[str, Any]) -> None:
    """Draw one state or gate of a layer (t h), nothing where the layer does not have it."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if values is None:
        return
    order = np.argsort(-np.abs(states).mean(axis=0), kind="stable")
    axes.imshow(values[:, order].T, **colors, aspect="auto", interpolation="nearest")


def _label_steps(axes: Any, labels: tuple[str, ...]) -> None:
    """Write the labels of the steps under a strip; of many steps, some."""
    places = np.arange(0, len(labels), max(1, -(-len(labels) // MAX_LABELS)))
    longest = max((len(label) for label in labels), default=0)
    shown = [labels[place] for place in places]
    axes.set_xticks(places, shown, rotation=90 if longest > 2 else 0, fontsize=9, color=INK)
    axes.tick_params(axis="x", length=0)
