"""The README of a saved model of sequences, and the summary of its schema."""

from __future__ import annotations

import shutil
import textwrap

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.explain.model_card import best_epoch_sentence, model_readme, network_sentence
from unrolled.sequences.trained import Trained

MAX_WIDTH = 100
USAGE = """\
Use it with `unrolled predict THIS_FOLDER new.csv -o out.csv`, or
`unrolled.load(THIS_FOLDER).predict(table)`. Both read and return the values of the table."""
ENCODING = """\
The network itself reads encoded columns: standardised numbers, and labels and tokens as
integers. It returns scores (logits) for labels. `encoders.json` has the encoders."""
TEMPERATURES = """
The scores of a label become probabilities by a softmax, after they are divided by the
number that `temperatures` in `manifest.json` has for the output."""


def summary(encoder: TableEncoder, *, width: int | None = None) -> str:
    """Return the schema as lines: each column, its kind and why; the shape and its reason.

    Args:
        encoder: The schema with its encoders.
        width: Columns of text to break the reason at; None takes the terminal's, at most 100.
    """
    schema = encoder.schema
    width = width or min(shutil.get_terminal_size((MAX_WIDTH, 24)).columns, MAX_WIDTH)
    columns = [("in", c) for c in schema.inputs] + [("out", c) for c in schema.outputs]
    name = max(len(c.name) for _, c in columns)
    kind = max(len(c.kind_name) for _, c in columns)
    lines = [f"{side:<3}  {c.name:<{name}}  {c.kind_name:<{kind}}  {c.why}" for side, c in columns]
    reason = "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in schema.reason.split("\n")
    )
    return "\n".join([*lines, "", f"shape  {schema.shape}  ({schema.pattern})", reason])


def readme(trained: Trained, diagram: str) -> str:
    """Return the README of a saved model.

    Args:
        trained: The model.
        diagram: Its diagram as text.
    """
    network = [
        network_sentence(trained.network, trained.runtime.weight_count),
        best_epoch_sentence(*trained.histories),
        ensemble_sentence(trained),
    ]
    return model_readme(
        [summary(trained.encoder, width=78)],
        network=" ".join(network).strip(),
        diagram=diagram,
        usage=USAGE,
        encoding=ENCODING + (TEMPERATURES if trained.temperatures else ""),
    )


def ensemble_sentence(trained: Trained) -> str:
    """Return that the model is the mean of several networks; empty if it is one network."""
    count = trained.training.seeds if trained.training.seeds > 1 else 0
    return f"The mean of {count} such networks, each trained separately." if count else ""
