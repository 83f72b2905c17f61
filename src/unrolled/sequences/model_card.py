"""The text files of a saved model of sequences."""

from __future__ import annotations

import shutil
import textwrap

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.explain.model_card import network_sentence, best_epoch_sentence, model_page
from unrolled.explain.source import Source, laid
from unrolled.networks import STOP
from unrolled.schema import Column
from unrolled.sequences.trained import Trained
from unrolled.settings import Training

WIDEST = 100
HEATED = (
    "\nScores of labels, divided by what `temperatures` in `manifest.json` holds for the\n"
    "output, become probabilities by a softmax."
)
EACH = "# Each of the networks was fitted by itself, compiled so.\n"
APART = "# The linear map, zeros at first, was found apart, by logistic regression.\n"
FIXED = "# The convolutions under it are not trained: their filters are short patterns.\n"
SMOOTHED = """\


def smoothed(true, y):  # {share} of the weight of a true id goes to all ids alike
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing={share}
    )


"""


def training_lines(trained: Trained) -> str:
    """Return the `compile` call that the network was fitted with, as source."""
    settings, schema = trained.training, trained.encoder.schema
    share = settings.label_smoothing
    losses = {trained.encoder.tensor_names[c.name]: _loss(c, settings) for c in schema.outputs}
    if trained.spec.stops:
        losses[STOP] = "keras.losses.BinaryCrossentropy(from_logits=True)"
    every: Source = ("loss={", [f'"{name}": {loss}' for name, loss in losses.items()], "}")
    loss = f"loss={next(iter(losses.values()))}" if len(losses) == 1 else every
    rate = trained.training.learning_rate
    given = [f"optimizer=keras.optimizers.Adam({rate}, clipnorm=1.0)", loss]
    lines = laid(("model.compile(", given, ")"))
    before = SMOOTHED.format(share=share) if "smoothed" in losses.values() else ""
    if trained.bundle.linear_branches:
        before += APART + (FIXED if trained.spec.minirocket else "")
    before += EACH if trained.bundle.members else ""
    return before + lines


def _loss(column: Column, settings: Training) -> str:
    """Return an output's loss as source; labels and tokens are smoothed by a share."""
    if column.kind not in ("category", "tokens", "text"):
        squared, absolute = "MeanSquaredError", "MeanAbsoluteError"
        return f"keras.losses.{absolute if settings.loss == 'absolute' else squared}()"
    stock = "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
    return "smoothed" if settings.label_smoothing else stock


def summary(encoding: TableEncoder, *, width: int | None = None) -> str:
    """Return the schema as lines: each column, its kind and why; the shape and its reason.

    Args:
        encoding: The schema with its encoders.
        width: Columns of text to break the reason at; None takes the terminal's, at most 100.
    """
    schema = encoding.schema
    width = width or min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST)
    rows = [("in", c) for c in schema.inputs] + [("out", c) for c in schema.outputs]
    name = max(len(c.name) for _, c in rows)
    kind = max(len(c.kind_name) for _, c in rows)
    lines = [f"{side:<3}  {c.name:<{name}}  {c.kind_name:<{kind}}  {c.why}" for side, c in rows]
    because = textwrap.fill(schema.reason, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join([*lines, "", f"shape  {schema.shape}  ({schema.pattern})", because])


def readme(trained: Trained, picture: str) -> str:
    """Return a page about a saved model for people."""
    return model_page(
        [summary(trained.encoder, width=78)],
        " ".join(
            [network_sentence(trained.network, trained.model), best_epoch_sentence(*trained.histories), ensemble_sentence(trained)]
        ).strip(),
        picture,
        "Use it with `unrolled predict THIS_FOLDER new.csv -o out.csv`, or\n"
        "`unrolled.load(THIS_FOLDER).predict(table)`; both speak in the table's own values.",
        "The network itself sees encoded columns: numbers standardised, labels and tokens as\n"
        "whole numbers, and gives scores for labels. `encoders.json` says how."
        + (HEATED if trained.temperatures else ""),
    )


def ensemble_sentence(trained: Trained) -> str:
    """Return that a model is the mean of several networks, where it is."""
    count = len(trained.bundle.members)
    return f"The mean of {count} such networks, each fitted by itself." if count else ""
