"""The command `unrolled train`."""

from __future__ import annotations

import shlex
from inspect import signature
from pathlib import Path
from typing import Any

import unrolled
from unrolled.cli.shared_options import (
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
from unrolled.cli.shared_options.reading import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
    options_again,
)
from unrolled.cli.shared_options.training import (
    BatchSize,
    Characters,
    ClassWeight,
    Data,
    Digits,
    Dropout,
    Elapsed,
    Epochs,
    Final,
    From,
    Id,
    Inputs,
    LearningRate,
    Linear,
    Lowercase,
    Outputs,
    Patience,
    Plot,
    Pooling,
    Seeds,
    Shape,
    Split,
    SplitBy,
    Steps,
    Test,
    TestFile,
    Time,
    Units,
    Vectors,
    WordDropout,
    parse_steps,
)
from unrolled.cli.terminal import echo, wrap

EXAMPLES = (
    "train sales.csv --input day price --output sold",
    "train reviews.csv --input text --output label --save model",
    "train french.tsv --columns word phonemes --output phonemes",
    "train news.conll --output tag",
    "train sensors.csv --id machine --time ts --output outcome --labels labels.csv",
    "train reviews.csv --output label --save model --checkpoint half --resume",
    "train more.csv --from model --save model2",
)
COMPRESSED, TEXT_TABLES = (".gz", ".zst", ".zstd"), (".txt", ".tab", ".dat", ".data")
TEST = 0.2  # the fraction of the rows to score on, if nothing is stated
NETWORK = (
    *("architecture", "units", "layers", "bidirectional", "cell"),
    *("attention", "pooling", "linear", "dropout"),
)
TEXT = ("lowercase", "digits", "characters", "vectors")
COLUMNS = ("input", "output", "id", "time", "elapsed", "steps", "shape", "seeds")
TRAINING = (
    *("word_dropout", "epochs", "patience", "learning_rate", "batch_size", "seed"),
    *("class_weight", "split", "split_by", "checkpoint", "resume"),
)
SAME_FORMAT = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")  # read and written alike


def train(
    data: Data,
    output: Outputs = None,
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
    test: Test = None,
    test_file: TestFile = None,
    final: Final = False,
    from_model: From = None,
    architecture: Architecture = "auto",
    units: Units = None,
    layers: Layers = 1,
    bidirectional: Bidirectional = None,
    cell: Cell = "lstm",
    attention: Attention = True,
    pooling: Pooling = "mean",
    linear: Linear = True,
    dropout: Dropout = None,
    lowercase: Lowercase = None,
    digits: Digits = None,
    characters: Characters = None,
    vectors: Vectors = None,
    word_dropout: WordDropout = 0.0,
    epochs: Epochs = None,
    patience: Patience = None,
    learning_rate: LearningRate = None,
    batch_size: BatchSize = None,
    seed: Seed = 0,
    seeds: Seeds = 1,
    class_weight: ClassWeight = None,
    split: Split = "auto",
    split_by: SplitBy = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
    plot: Plot = None,
) -> None:
    """Train a network on a table, and score it on held-out rows.

    The score is printed beside those of simple baselines. The kind of each column is inferred from
    the data; to state it, write NAME:KIND. The kinds are number, category, labels, date, vector,
    numbers, tokens and text (text:characters, text:words, text:subwords).

    With --test 0, the network is trained on all rows, and no score is made. With --final, it is
    scored first, and then trained again on all rows.
    """
    _train(locals())


def _train(options: dict[str, Any]) -> None:
    """Train, score, draw and save as the options of the command say."""
    data, save, plot = (options[name] for name in ("data", "save", "plot"))
    _refuse_combinations(options)
    is_new = options["from_model"] is None
    model = _build_model(options) if is_new else _model_to_continue(options)
    model.check_save(save)
    model.check_plot(plot)
    table = open_table(data, options)
    _fit(model, table, options)
    if plot is not None:
        echo(f"\ndrew   {model.plot_history(plot)}")
    if save is None:
        echo("\nThe model is not saved. To save it, add --save FOLDER.")
        return
    echo(f"\nsaved  {model.save(save)}")
    echo(f"use    {shlex.join(_predict_command(data, options, save))}")


def _fit(model: Any, table: Any, options: dict[str, Any]) -> None:
    """Train a model, and print its score."""
    warm, labels, test = options["from_model"] is not None, options["labels"], options["test"]
    test_file = options["test_file"]
    first = [_print_first(model)]
    if test == 0:
        model.fit(table, labels, warm=warm, callbacks=first)
        share = model.training_settings_.validation
        echo(
            wrap(
                f"Trained on all rows (--test 0), of which {share:.0%} decided when to stop. No"
                " score was made."
            )
        )
        return
    if test_file is not None:
        test = open_table(test_file, options)
    elif test is None:
        test = TEST
    final = options["final"]
    scores = model.fit_and_evaluate(
        table, labels, test=test, final=final, warm=warm, callbacks=first
    )
    echo(wrap(scores))
    if final:
        rows = "all rows" if test_file is None else f"all rows of {options['data']}"
        echo(f"\nThe score is that of the training before the final one, which is on {rows}.")


def _refuse_combinations(options: dict[str, Any]) -> None:
    """Refuse options that contradict each other, and a missing output.

    Raises:
        SettingError: They do.
        DataError: There is no file for the score.
    """
    error, file = unrolled.errors.SettingError, options["test_file"]
    if not options["output"] and options["from_model"] is None:
        raise error("missing option '--output'. For help: unrolled train --help")
    if options["test"] is not None and file is not None:
        raise error(
            f"--test {options['test']} and --test-file {file} cannot be combined: the rows to score"
            " on are those of the file. Leave one of them out."
        )
    if options["final"] and options["test"] == 0:
        raise error(
            "--final and --test 0 cannot be combined: without a score, the first training is"
            " already on all rows. Leave one of them out."
        )
    if file is not None and not file.exists():
        raise unrolled.errors.DataError(
            f"There is no file '{file}'. Check the path of --test-file."
        )


def _model_to_continue(options: dict[str, Any]) -> Any:
    """Return the saved model that --from names, with the stated settings of the training.

    Raises:
        SettingError: The model is a forecaster, or an option would change the network.
    """
    model = unrolled.load(options["from_model"])
    if isinstance(model, unrolled.Forecaster):
        raise unrolled.errors.SettingError(
            f"--from {options['from_model']} is a forecaster, and 'unrolled train' trains models of"
            " examples. In Python, a forecaster continues with fit(data, warm=True)."
        )
    defaults = signature(train).parameters
    for name in (*NETWORK, *TEXT, *COLUMNS):
        if options[name] not in (defaults[name].default, []):
            raise unrolled.errors.SettingError(
                f"--{name.replace('_', '-')} does not apply with --from: the columns, the text"
                " settings and the network are those of the saved model. Leave it out."
            )
    settings = {n: v for n, v in _training_settings(options).items() if v is not None}
    model.set_params(training=unrolled.Training(**settings, seeds=model.training_settings_.seeds))
    return model


def _build_model(options: dict[str, Any]) -> Any:
    """Return the untrained model that the options describe."""
    vectors = options["vectors"]
    return unrolled.SequenceModel(
        options["input"],
        options["output"],
        shape=options["shape"],
        id=options["id"],
        time=options["time"],
        elapsed=options["elapsed"],
        steps=parse_steps(options["steps"]),
        network=unrolled.Network(**{name: options[name] for name in NETWORK}),
        text=unrolled.Text(
            lowercase=options["lowercase"],
            digits=options["digits"],
            characters=options["characters"],
            vectors=None if vectors is None else str(vectors),
        ),
        training=unrolled.Training(**_training_settings(options), seeds=options["seeds"]),
    )


def _training_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the training, without the number of networks."""
    return {name: options[name] for name in TRAINING}


def _print_first(model: Any) -> Any:
    """Return a callback that prints a model before the first of its networks is trained."""
    from keras.callbacks import LambdaCallback

    models = [model]

    def print_once(_: Any) -> None:
        while models:
            echo(f"{models.pop()}\n")

    return LambdaCallback(on_train_begin=print_once)


def _predict_command(data: Path, options: dict[str, Any], save: Path) -> list[str]:
    """Return the command that predicts with the saved model."""
    path = Path(data.stem) if data.suffix.lower() in COMPRESSED else data
    suffix = ".csv" if path.suffix.lower() in TEXT_TABLES else path.suffix.lower()
    suffix = suffix if suffix in SAME_FORMAT else ".jsonl"
    command = ["unrolled", "predict", str(save), str(data), "-o", f"predictions{suffix}"]
    return command + options_again(options)
