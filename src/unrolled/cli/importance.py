"""The command `unrolled importance`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import unrolled
from unrolled.cli.shared_options import Labels, Model, ScoredData, Seed
from unrolled.cli.shared_options.reading import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
)
from unrolled.cli.terminal import echo, wrap

EXAMPLES = ("importance model test.csv", "importance model test.csv --plot importance.png")

Repeats = Annotated[
    int, typer.Option(help="How often the cells of each input are exchanged.", metavar="N")
]
Plot = Annotated[
    Path | None,
    typer.Option(help="Picture of the importance with its standard error.", metavar="FILE"),
]


def importance(
    model: Model,
    data: ScoredData,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
    labels: Labels = None,
    repeats: Repeats = 10,
    seed: Seed = 0,
    plot: Plot = None,
) -> None:
    """Show which inputs matter to a saved model.

    The cells of one input are exchanged among the rows, and the score is computed again: the more
    it falls, the more of it that input carries (permutation importance, Breiman 2001). For a
    sequence the same is done with ranges of its steps.
    """
    options = locals()
    loaded = unrolled.load(model)
    if not isinstance(loaded, unrolled.SequenceModel):
        raise unrolled.errors.SettingError(
            f"The model '{model}' is a forecaster, and the importance of inputs is for models of"
            " 'unrolled train'."
        )
    loaded.check_plot(plot)
    result = loaded.importance(open_table(data, options), labels, repeats=repeats, seed=seed)
    echo(wrap(result))
    if plot is not None:
        echo(f"\ndrew   {result.plot(plot)}")
