"""From encoded rows to a trained model: sizes, settings, network, weights, references."""

from __future__ import annotations

from dataclasses import replace

from unrolled import references, training
from unrolled.artifact import Trained
from unrolled.backend import keras
from unrolled.data.batch import Examples
from unrolled.data.examples import Encoding
from unrolled.networks import Ports, build, rounded, settled
from unrolled.settings import Network, Training


def built(
    encoding: Encoding, train: Examples, network: Network | None, settings: Training
) -> Trained:
    """Build the network that the encoded rows ask for, not yet trained."""
    schema, names = encoding.schema, encoding.ports
    sizes = encoding.sizes
    ports = Ports(
        schema.shape,
        t=encoding.steps_in,
        u=encoding.steps_out,
        values=train.inputs["x"].flat.shape[-1] if "x" in train.inputs else 0,
        embedded={name: rounded(sizes[name]) for name in train.inputs if name != "x"},
        heads={names[c.name]: sizes[names[c.name]] for c in schema.outputs},
        ragged=encoding.ragged,
    )
    taken = settled(ports, network or Network(), rows=train.rows)
    filled = training.settled(settings, rows=train.rows, embedded=bool(ports.embedded))
    keras().utils.set_random_seed(filled.seed)
    model = build(ports, taken)
    return Trained(encoding, ports, taken, filled, None, (), model)


def fitted(trained: Trained, train: Examples, held: Examples) -> Trained:
    """Fit the network and its references on encoded rows."""
    history = training.fit(trained.model, train, held, trained.training)
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
