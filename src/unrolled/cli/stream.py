"""The command `unrolled stream`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

import unrolled
from unrolled.cli.shared_options import Model
from unrolled.cli.terminal import echo

EXAMPLES = ("stream model < log.jsonl", "stream model --key machine --strict < log.jsonl")
MAX_LINE = 1 << 20  # bytes
DIGITS = 4  # of a confidence, after the point
Record = dict[str, Any]

Key = Annotated[
    str | None,
    typer.Option(
        help="Column that says whose step a line is: each of its values has a stream of its own."
        " By default, the id column that the model was trained with, if it was.",
        metavar="COLUMN",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="End at the first line that cannot be read.")
]


def stream(model: Model, key: Key = None, strict: Strict = False) -> None:
    """Predict after each step that comes in as a line of JSON.

    A line is an object with the values of the input columns at one step, such as {"x": 3.1}.
    It is written again at once with, for an output NAME, NAME-predicted and, if it has labels,
    NAME-confidence: what 'unrolled predict' gives for the row of all steps so far. A line that
    cannot be read is reported with its number and skipped.

    With a forecaster, a line is the next step of a series: its time, its targets and, with several
    series, its id. It is written again with the next forecast of the series, as "forecast".

    The network must read each row forwards: train with --one-way. To follow a log that grows:
    tail -f log.jsonl | unrolled stream model
    """
    loaded = unrolled.load(model)
    if isinstance(loaded, unrolled.Forecaster):
        outputs, step = set(), _follower(loaded, key)
    else:
        outputs = {column.name for column in loaded.schema_.outputs}
        step = _reader(loaded, key or loaded.id)
    for number, line in enumerate(_lines(), 1):
        try:
            record = _record(line)
            predicted = step(record) if record is not None else {}
        except unrolled.errors.DataError as error:
            if strict:
                raise unrolled.errors.DataError(f"line {number}: {error}") from None
            typer.echo(f"line {number} is skipped: {error}", err=True)
            continue
        answer = (record or {}) | (_named(predicted, outputs) if outputs else predicted)
        if record is not None and not echo(json.dumps(answer, default=str)):
            return


def _reader(model: Any, key: str | None) -> Callable[[Record], Record]:
    """Return the function that reads one step, of the stream of its key if there are keys."""
    if key is None:
        only: Callable[[Record], Record] = model.stream().step
        return only
    streams = model.streams()

    def step(record: Record) -> Record:
        if record.get(key) is None or isinstance(record[key], list | dict):
            raise unrolled.errors.DataError(
                f"the column '{key}' has no value, and it says whose step the line is."
            )
        outputs: Record = streams.step({record[key]: record})[record[key]]
        return outputs

    return step


def _follower(forecaster: Any, key: str | None) -> Callable[[Record], Record]:
    """Return the function that observes one step of a series and forecasts those after it."""
    if key is not None:
        raise unrolled.errors.SettingError(
            "--key does not apply to a forecaster, which knows its id column. Leave it out."
        )
    if forecaster.future:
        raise unrolled.errors.SettingError(
            "The forecaster reads future covariates, and a stream of steps has none. Forecast with"
            " 'unrolled predict MODEL TABLE --ahead TABLE', or with forecaster.live() in Python."
        )
    live, name = forecaster.live(), forecaster.id

    def step(record: Record) -> Record:
        rows = live.observe(record).forecast().to_dicts()
        own = [row for row in rows if name is None or str(row.pop(name)) == str(record[name])]
        return {"forecast": own}

    return step


def _lines() -> Iterator[bytes]:
    """Yield the lines of the input stream as they come; of one that is too long only the start."""
    source = sys.stdin.buffer
    while line := source.readline(MAX_LINE + 1):
        rest = line
        while not rest.endswith(b"\n") and len(rest) > MAX_LINE:
            rest = source.readline(MAX_LINE + 1)
        yield line


def _record(line: bytes) -> Record | None:
    """Return the object that a line holds; None for a blank line.

    Raises:
        DataError: It holds something else.
    """
    if not line.strip():
        return None
    if len(line) > MAX_LINE:
        raise unrolled.errors.DataError(
            f"it has more than {MAX_LINE} bytes, which no step needs. Write one step on each line."
        )
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise unrolled.errors.DataError(f"it is not JSON ({reason}).") from None
    if not isinstance(record, dict):
        raise unrolled.errors.DataError(
            f"{json.dumps(record)[:40]} is no object. Write a step as an object, such as"
            ' {"x": 3.1}.'
        )
    return record


def _named(outputs: Record, names: set[str]) -> Record:
    """Return predictions under the names that `unrolled predict` gives them in a file."""
    return {
        f"{name}-predicted" if name in names else name: (
            value if name in names else round(value, DIGITS)
        )
        for name, value in outputs.items()
    }
