"""The result of an importance analysis: a table, for the terminal, a notebook and a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.disk.figures import BLUE, save_figure
from unrolled.explain.notebook import html_lines, html_table

WORTH = 2.0  # standard errors above 0, from which an input is said to matter


@dataclass(frozen=True)
class Importance:
    """How much of the score each input carries.

    Attributes:
        rows: How many rows were scored.
        metric: What the score is, in a few words.
        score: The score of the rows as they are.
        names: The inputs, and the ranges of steps of sequences.
        losses: How much lower the score was at each repetition (inputs, repeats).
    """

    rows: int
    metric: str
    score: float
    names: tuple[str, ...]
    losses: Array

    @property
    def mean(self) -> Array:
        """The mean loss of the score over the repetitions, by input."""
        mean: Array = self.losses.mean(axis=1)
        return mean

    @property
    def standard_error(self) -> Array:
        """The standard error of that mean, by input."""
        count = self.losses.shape[1]
        error: Array = self.losses.std(axis=1, ddof=1) / np.sqrt(count)
        return error

    @property
    def table(self) -> pl.DataFrame:
        """The inputs with `importance` and `standard_error`, the most important first."""
        frame = pl.DataFrame(
            {
                "input": list(self.names),
                "importance": self.mean,
                "standard_error": self.standard_error,
            }
        )
        return frame.sort("importance", descending=True, maintain_order=True)

    def plot(self, path: str | Path) -> Path:
        """Draw a bar for each input, with its standard error, into a file.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

        Raises:
            DataError: The file cannot be written, or its format is unknown.
        """
        from matplotlib.figure import Figure

        names, means, errors = (list(column) for column in self.table.reverse())
        figure = Figure(figsize=(7, 1 + 0.35 * len(names)), layout="constrained")
        panel = figure.subplots()
        panel.barh(names, means, xerr=errors, color=BLUE)
        panel.axvline(0, color="black", linewidth=0.8)
        panel.set_xlabel(f"how much lower the score is: {self.metric}")
        return save_figure(figure, path, example="importance.png")

    def __str__(self) -> str:
        width = max(map(len, (*self.names, "input")))
        lines = [f"{'input':<{width}}  importance  standard error"]
        lines += [
            f"{name:<{width}}  {mean:10.4f}  {error:14.4f}" for name, mean, error in self._rows
        ]
        return "\n".join([self._title, "", *lines, "", self._conclusion])

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        cells = [(name, f"{mean:.4f}", f"{error:.4f}") for name, mean, error in self._rows]
        header = ("input", "importance", "standard error")
        table = html_table(header, cells)
        return f"{html_lines([self._title])}{table}{html_lines([self._conclusion])}"

    @property
    def _rows(self) -> list[tuple[Any, ...]]:
        return self.table.rows()

    @property
    def _title(self) -> str:
        return (
            f"The score of {self.rows} rows is {self.score:.4f} ({self.metric}). The importance of"
            " an input is how much lower the score is when the cells of that input are exchanged"
            f" among the rows: the mean of {self.losses.shape[1]} repetitions."
        )

    @property
    def _conclusion(self) -> str:
        """Which inputs make no difference that can be told from chance."""
        weak = [n for n, mean, error in self._rows if not mean > WORTH * error or mean <= 0]
        if not weak:
            return "Each input matters: its importance is clearly above 0."
        return (
            f"No importance that can be told from 0: {', '.join(weak)}. Two inputs that say the"
            " same can replace each other, and then both look unimportant."
        )
