"""The command `unrolled train`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import typer

import unrolled
from unrolled.cli.options import (
    Architecture,
    Attention,
    Bidirectional,
    Cell,
    Checkpoint,
    Labels,
    Layers,
    Resume,
    Save,
    Seed,
)
from unrolled.cli.read_options import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
    options_again,
)
from unrolled.cli.terminal import wrap
from unrolled.cli.train_options import (
    Characters,
    ClassWeight,
    Data,
    Digits,
    Elapsed,
    Epochs,
    Id,
    Inputs,
    Lowercase,
    Outputs,
    Pooling,
    Seeds,
    Shape,
    Split,
    SplitBy,
    Steps,
    Test,
    Time,
    Units,
    Vectors,
    WordDropout,
    parse_steps,
)

EXAMPLES = (
    "train sales.csv --input day price --output sold",
    "train reviews.csv --input text --output label --save model",
    "train french.tsv --columns word phonemes --output phonemes",
    "train news.conll --output tag",
    "train sensors.csv --id machine --time ts --output outcome --labels labels.csv",
    "train reviews.csv --output label --save model --checkpoint half --resume",
)
COMPRESSED, TEXT_TABLES = (".gz", ".zst", ".zstd"), (".txt", ".tab", ".dat", ".data")
SAME_FORMAT = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")  # read and written alike


def train(
    data: Data,
    output: Outputs,
    input: Inputs = None,
    id: Id = None,
    time: Time = None,
    elapsed: Elapsed = False,
    labels: Labels = None,
    steps: Steps = None,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
    save: Save = None,
    shape: Shape = "auto",
    test: Test = 0.2,
    architecture: Architecture = "auto",
    units: Units = None,
    layers: Layers = 1,
    bidirectional: Bidirectional = None,
    cell: Cell = "lstm",
    attention: Attention = True,
    pooling: Pooling = "mean",
    lowercase: Lowercase = None,
    digits: Digits = None,
    characters: Characters = None,
    vectors: Vectors = None,
    word_dropout: WordDropout = 0.0,
    epochs: Epochs = None,
    seed: Seed = 0,
    seeds: Seeds = 1,
    class_weight: ClassWeight = None,
    split: Split = "auto",
    split_by: SplitBy = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
) -> None:
    """Train a network on a table, and score it on held-out rows.

    The score is printed beside those of simple baselines. The kind of each column is inferred from
    the data; to state it, write NAME:KIND. The kinds are number, category, labels, date, vector,
    numbers, tokens and text (text:characters, text:words, text:subwords).
    """
    options = locals()
    model = _build_model(options)
    model.check_save(save)
    table = open_table(data, options)
    scores = model.fit_and_evaluate(table, labels, test=test, callbacks=[_print_first(model)])
    typer.echo(wrap(scores))
    if save is None:
        typer.echo("\nThe model is not saved. To save it, add --save FOLDER.")
        return
    typer.echo(f"\nsaved  {model.save(save)}")
    typer.echo(f"use    {shlex.join(_predict_command(data, options, save))}")


def _build_model(options: dict[str, Any]) -> Any:
    """Return the untrained model that the options describe."""
    network = (
        *("architecture", "units", "layers", "bidirectional", "cell"),
        *("attention", "pooling"),
    )
    training = (
        *("word_dropout", "epochs", "seed", "seeds", "class_weight"),
        *("split", "split_by", "checkpoint", "resume"),
    )
    vectors = options["vectors"]
    return unrolled.SequenceModel(
        options["input"],
        options["output"],
        shape=options["shape"],
        id=options["id"],
        time=options["time"],
        elapsed=options["elapsed"],
        steps=parse_steps(options["steps"]),
        network=unrolled.Network(**{name: options[name] for name in network}),
        text=unrolled.Text(
            lowercase=options["lowercase"],
            digits=options["digits"],
            characters=options["characters"],
            vectors=None if vectors is None else str(vectors),
        ),
        training=unrolled.Training(**{name: options[name] for name in training}),
    )


def _print_first(model: Any) -> Any:
    """Return a callback that prints a model before the first of its networks is trained."""
    from keras.callbacks import LambdaCallback

    models = [model]

    def print_once(_: Any) -> None:
        while models:
            typer.echo(f"{models.pop()}\n")

    return LambdaCallback(on_train_begin=print_once)


def _predict_command(data: Path, options: dict[str, Any], save: Path) -> list[str]:
    """Return the command that predicts with the saved model."""
    path = Path(data.stem) if data.suffix.lower() in COMPRESSED else data
    suffix = ".csv" if path.suffix.lower() in TEXT_TABLES else path.suffix.lower()
    suffix = suffix if suffix in SAME_FORMAT else ".jsonl"
    command = ["unrolled", "predict", str(save), str(data), "-o", f"predictions{suffix}"]
    return command + options_again(options)
