"""The command `unrolled predict`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

import unrolled
from unrolled.cli.shared_options import (
    Ahead,
    Level,
    MakeFuture,
    Model,
    Out,
    Threshold,
    refuse_options,
)
from unrolled.cli.shared_options.reading import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
    stated_options,
)
from unrolled.cli.terminal import exact_output, report_written, write_table

EXAMPLES = (
    "predict model new.csv -o predictions.csv",
    "predict sounds words.csv --beam 5 --n-best 3",
    "predict names countries.csv --samples 20 --temperature 0.8",
    "predict passengers airline.csv --level 80 95",
)
DECODING = ("beam", "n_best", "samples", "temperature", "top_k", "top_p", "seed", "max_steps")
DRAWN_ROWS = 12  # rows in a picture of attention

Data = Annotated[
    Path, typer.Argument(help="Rows to predict, or series to forecast.", metavar="FILE")
]
Probabilities = Annotated[
    bool,
    typer.Option("--probabilities", help="Predict the probability of each label, not the label."),
]
Beam = Annotated[
    int | None,
    typer.Option(help="Beam width: hypotheses that a decoder follows at each step.", metavar="N"),
]
NBest = Annotated[
    int | None, typer.Option(help="Hypotheses of the beam to write, best first.", metavar="N")
]
Samples = Annotated[
    int | None, typer.Option(help="Outputs that a decoder samples for each row.", metavar="N")
]
Temperature = Annotated[
    float | None,
    typer.Option(
        help="Sampling temperature. Below 1 the samples are more probable, above 1 more varied.",
        metavar="NUMBER",
    ),
]
TopK = Annotated[
    int | None, typer.Option(help="Sample only from the N most probable tokens.", metavar="N")
]
TopP = Annotated[
    float | None,
    typer.Option(
        help="Sample only from the most probable tokens that together have this probability.",
        metavar="FRACTION",
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(help="Random seed. The same seed gives the same samples.", metavar="N"),
]
MaxSteps = Annotated[
    int | None, typer.Option(help="Maximum number of output steps of a decoder.", metavar="N")
]
Attention = Annotated[
    Path | None,
    typer.Option(
        help="Picture of the attention weights of a decoder or of attention pooling, for the first"
        " rows. '-' prints them.",
        metavar="FILE",
    ),
]


def predict(
    model: Model,
    data: Data,
    out: Out = None,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
    probabilities: Probabilities = False,
    threshold: Threshold = None,
    beam: Beam = None,
    n_best: NBest = None,
    samples: Samples = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    seed: Seed = None,
    max_steps: MaxSteps = None,
    attention: Attention = None,
    level: Level = None,
    ahead: Ahead = None,
    make_future: MakeFuture = None,
) -> None:
    """Predict the outputs of new rows with a saved model.

    The columns of the file are kept, also the true outputs if it has them. For an output NAME, the
    column NAME-predicted is added and, if it has labels, NAME-confidence, which is the probability
    of the predicted label. A decoder can search for its outputs (--beam) or sample them
    (--samples). Each hypothesis (NAME-predicted, NAME-2 and so on) then has its log-probability
    beside it, and whether it was cut at the maximum number of steps before it ended.

    A model of 'unrolled forecast' forecasts the steps after the last rows of the file, with
    prediction intervals (--level) and with columns whose future is known (--ahead).
    """
    options = locals()
    decoding = {name: options[name] for name in DECODING}
    of_rows = {
        **decoding,
        "probabilities": probabilities or None,
        "threshold": threshold,
        "attention": attention,
    }
    of_steps: dict[str, Any] = {"level": level, "ahead": ahead, "make_future": make_future}
    loaded = unrolled.load(model)
    if not isinstance(loaded, unrolled.SequenceModel):
        refuse_options(of_rows, model="a forecaster", only_for="models of 'unrolled train'")
        _forecast(loaded, data, out, options, **of_steps)
        return
    refuse_options(of_steps, model="no forecaster", only_for="models of 'unrolled forecast'")
    if attention is not None:  # before the predictions: if it fails, no file is written
        _draw_attention(loaded, open_table(data, options), out, attention)
    labels = {"probabilities": probabilities, "threshold": threshold}
    _predict_rows(loaded, data, out, stated_options(options), labels, decoding)


def _forecast(
    forecaster: Any,
    data: Path,
    out: Path | None,
    options: dict[str, Any],
    *,
    level: list[int] | None,
    ahead: Path | None,
    make_future: Path | None,
) -> None:
    """Write the forecast of a table, or only the table to fill in for `--ahead`."""
    table = open_table(data, options)
    if make_future is not None:
        write_table(forecaster.make_future(table), make_future)
        return
    future = open_table(ahead, {**options, "columns": None}) if ahead is not None else None
    write_table(forecaster.predict(table, future=future, level=tuple(level or ())), out)


def _draw_attention(model: Any, table: Any, out: Path | None, picture: Path) -> None:
    """Draw the attention weights of the first rows, or print them if the file is `-`."""
    on_screen = str(picture) == "-"
    weights = model.attention(table.head(DRAWN_ROWS), plot=None if on_screen else picture)
    text = "\n\n".join(map(str, weights)) if on_screen else f"drew   {picture}"
    typer.echo(text, err=out is None)


def _predict_rows(
    model: Any,
    data: Path,
    out: Path | None,
    reading: dict[str, Any],
    labels: dict[str, Any],
    decoding: dict[str, Any],
) -> None:
    """Write the predictions for the rows of a file, which may be larger than memory."""
    stated = {name: value for name, value in decoding.items() if value is not None}
    chosen = unrolled.Decoding(**stated) if stated else None
    with exact_output() if out is None else nullcontext(out) as place:
        rows = model.predict_file(data, place, **reading, **labels, decoding=chosen)
    report_written(rows, out)
