"""From encoded rows to a trained model: sizes, settings, network, weights, references."""

from __future__ import annotations

from dataclasses import replace

from unrolled import references, training
from unrolled.artifact import Trained
from unrolled.backend import keras
from unrolled.data.batch import Examples
from unrolled.data.examples import Encoding
from unrolled.generation import forced
from unrolled.networks import Ports, faces, rounded, settled
from unrolled.schema import Column, Schema
from unrolled.settings import Network, Training


def built(
    encoding: Encoding, train: Examples, network: Network | None, settings: Training
) -> Trained:
    """Build the network that the encoded rows ask for, not yet trained."""
    ports = _ports(encoding, train)
    taken = settled(ports, network or Network(), rows=train.rows)
    generates = ports.tokens and taken.architecture == "decoder"
    filled = training.settled(
        settings,
        rows=train.rows,
        embedded=bool(ports.embedded) or ports.tokens,
        generates=generates,
        answers=generates and ports.shape == "unaligned",
    )
    keras().utils.set_random_seed(filled.seed)
    return Trained(encoding, ports, taken, filled, None, (), faces(ports, taken))


def _ports(encoding: Encoding, train: Examples) -> Ports:
    """Return the sizes of the network that the encoded rows ask for."""
    schema, names = encoding.schema, encoding.ports
    sizes = encoding.sizes
    steps = schema.shape in ("one-to-many", "unaligned")
    open_ended = [c.kind == "numbers" and c.length is None for c in schema.outputs]
    return Ports(
        schema.shape,
        t=encoding.steps_in,
        u=encoding.steps_out,
        values=train.inputs["x"].flat.shape[-1] if "x" in train.inputs else 0,
        embedded={name: rounded(sizes[name]) for name in train.inputs if name != "x"},
        heads={names[c.name]: sizes[names[c.name]] for c in schema.outputs},
        ragged=encoding.ragged,
        pooled=tuple(names[c.name] for c in schema.outputs if _whole_row(schema, c)),
        tokens=steps and len(schema.outputs) == 1 and schema.outputs[0].kind in ("tokens", "text"),
        stops=steps and any(open_ended),
    )


def _whole_row(schema: Schema, column: Column) -> bool:
    """Return whether an output is for the whole row where others are for its steps."""
    return schema.shape == "aligned" and column.side == "one"


def fitted(trained: Trained, train: Examples, held: Examples) -> Trained:
    """Fit the network and its references on encoded rows."""
    rows, others = (forced(part, trained.ports, trained.faces) for part in (train, held))
    history = training.fit(trained.model, rows, others, trained.training)
    blocks = {**train.inputs, **train.targets}
    simple = references.fitted(
        train,
        {
            name: size
            for name, size in trained.encoding.sizes.items()
            if name in blocks and blocks[name].whole
        },
        trained.encoding.categories,
        aligned=trained.encoding.schema.shape == "aligned",
    )
    return replace(trained, history=history, references=tuple(simple))
