"""The five shapes on one real table: each row is a day of a city's rented bicycles.

Data: Bike Sharing Dataset (Fanaee-T and Gama, 2013), UCI Machine Learning Repository, CC BY 4.0;
rearranged, one row a day (see LICENSE.txt beside the table).
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unrolled.backend import keras
from unrolled.baselines.verdict import NETWORK, format_score
from unrolled.errors import ArtifactError
from unrolled.sequences.evaluation import Evaluation
from unrolled.sequences.model import SequenceModel
from unrolled.settings import Training

HERE = Path(__file__).parent
FACTS = ("year", "season", "weekday", "workday", "sky", "temperature", "humidity", "wind")
HOURS = ("hours", "year", "season", "workday")


@dataclass(frozen=True)
class Arrow:
    """One of the five models: what goes in, what comes out, and the question in words."""

    shape: str
    question: str
    inputs: tuple[str, ...]
    output: str


ARROWS = (
    Arrow("one-to-one", "a day's facts -> its rentals", FACTS, "total"),
    Arrow("one-to-many", "a day's facts -> its 24-hour curve", FACTS, "curve:numbers"),
    Arrow("many-to-one", "hourly weather -> the day's rentals", HOURS, "total"),
    Arrow("aligned", "hourly weather -> hourly rentals", HOURS, "curve:numbers"),
    Arrow("unaligned", "last week -> the next three days", ("last_week",), "next_days:numbers"),
)
LEGEND = """\
RMSE is in rentals, of a day or (for curves) of an hour. It is measured on the last fifth of the
days, on which no model was trained; lower is better. Baselines: ridge is a linear model of the same
inputs, and mean always predicts the average."""


def demo(folder: str | Path = "demo", *, say: Callable[[str], None] = print) -> None:
    """Train a model of each shape on the table of days, and save the table and the models.

    Args:
        folder: The folder to write to; models in it are replaced.
        say: The function that shows a piece of text.

    Raises:
        ArtifactError: In the place of a model the folder holds something else.
    """
    target = Path(folder)
    for arrow in ARROWS:
        SequenceModel().check_save(target / arrow.shape)
    _copy_table(target)
    rows = []
    began = time.monotonic()
    for number, arrow in enumerate(ARROWS, 1):
        say(f"=== {number} of {len(ARROWS)}: {arrow.question} ===\n")
        model = SequenceModel(
            list(arrow.inputs), arrow.output, training=Training(split="time", split_by="date")
        )
        scores = model.fit_and_evaluate(target / "days.jsonl", callbacks=[_print_first(model, say)])
        model.save(target / arrow.shape)
        say(f"{scores}\n")
        rows.append(_row(arrow, model, scores))
    say(f"{_table(rows)}\n\n{LEGEND}")
    seconds = time.monotonic() - began
    say(
        f"\n{len(rows)} models were trained in {seconds:.0f} s and saved in '{target}'."
        " Use one with:"
    )
    own_path = sys.argv[0] if Path(sys.argv[0]).stem == "unrolled" else "unrolled"
    program = "unrolled" if shutil.which("unrolled") else own_path
    say(f"{program} predict {target / 'aligned'} {target / 'days.jsonl'} -o curves.jsonl")


def _copy_table(target: Path) -> None:
    """Copy the table and its licence into a folder."""
    try:
        target.mkdir(parents=True, exist_ok=True)
        for name in ("days.jsonl", "LICENSE.txt"):
            shutil.copyfile(HERE / name, target / name)
    except OSError as error:
        raise ArtifactError(
            f"The table cannot be written to the folder '{target}': {error.strerror}."
            " Choose another folder."
        ) from None


def _print_first(model: SequenceModel, say: Callable[[str], None]) -> Any:
    """Return a callback that prints a model before it is trained."""
    return keras.callbacks.LambdaCallback(on_train_begin=lambda _: say(f"{model}\n"))


def _row(arrow: Arrow, model: SequenceModel, evaluation: Evaluation) -> tuple[str, ...]:
    """Return a line of the closing table."""
    scores = next(iter(evaluation.scores.values()))
    baselines = [name for name in scores if name != NETWORK]
    cells = [format_score(scores[name]["RMSE"]) for name in (NETWORK, *reversed(baselines))]
    verdict = next(iter(evaluation.verdicts.values())).split(":")[0].lower()
    short = verdict.removeprefix("the network is ").removesuffix(" here")
    return model.shape_, arrow.question, model.network_settings_.architecture, *cells, short


def _table(rows: list[tuple[str, ...]]) -> str:
    """Return the closing table."""
    head = ("shape", "question", "network", "RMSE", "ridge", "mean", "verdict")
    every = [head, *rows]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in every
    ]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
