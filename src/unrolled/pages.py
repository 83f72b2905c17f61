"""The text files of a saved model: how it is compiled, and a page to read."""

from __future__ import annotations

from unrolled.artifact import Trained
from unrolled.data.examples import Encoding


def training_lines(trained: Trained) -> str:
    """Return the `compile` call that the network was fitted with, as source."""
    losses = {}
    for column in trained.encoding.schema.outputs:
        classes = column.kind in ("category", "tokens", "text")
        loss = (
            "SparseCategoricalCrossentropy(from_logits=True)" if classes else "MeanSquaredError()"
        )
        losses[trained.encoding.ports[column.name]] = f"keras.losses.{loss}"
    every = "{" + ", ".join(f'"{name}": {loss}' for name, loss in losses.items()) + "}"
    loss = next(iter(losses.values())) if len(losses) == 1 else every
    rate = trained.training.learning_rate
    return (
        "model.compile(\n"
        f"    optimizer=keras.optimizers.Adam({rate}, clipnorm=1.0),\n"
        f"    loss={loss},\n"
        ")"
    )


def summary(encoding: Encoding) -> str:
    """Return the schema as lines: each column, its kind and why."""
    schema = encoding.schema
    rows = [("in", c) for c in schema.inputs] + [("out", c) for c in schema.outputs]
    width = max(len(c.name) for _, c in rows)
    lines = [f"{side:<3}  {c.name:<{width}}  {c.spelled:<15}  {c.why}".rstrip() for side, c in rows]
    return "\n".join([*lines, f"shape  {schema.shape}  ({schema.pattern})", schema.reason])


def readme(trained: Trained, picture: str) -> str:
    """Return a page about a saved model for people."""
    network = trained.network
    return "\n".join(
        [
            "# A model trained with unrolled",
            "",
            "```",
            summary(trained.encoding),
            "```",
            "",
            f"Network: {network.architecture}, {network.layers} x {network.cell} of"
            f" {network.units} units; {trained.model.count_params()} weights. {_kept(trained)}",
            "",
            "```",
            picture,
            "```",
            "",
            "Use it with `unrolled predict THIS_FOLDER new.csv -o out.csv`, or",
            "`unrolled.load(THIS_FOLDER).predict(table)`. `code.py` is the network in plain Keras;",
            "the weights are in `weights.safetensors`, the rest in JSON.",
            "",
        ]
    )


def _kept(trained: Trained) -> str:
    """Return which pass the weights are from."""
    history = trained.history
    if history is None:
        return "Not trained."
    return (
        f"Kept from pass {history.best_epoch} of {len(history.loss)}, with a validation loss of"
        f" {history.validation[history.best_epoch - 1]:.4f}."
    )
