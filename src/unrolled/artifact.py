"""A trained model as the files of a saved one, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from unrolled import references
from unrolled.data.columns import encoder_from
from unrolled.data.examples import Encoding
from unrolled.folder import MANIFEST, SEQUENCES, Saved, head, tuples, weights, write
from unrolled.networks import Faces, Ports, faces
from unrolled.references import Reference
from unrolled.schema import Schema
from unrolled.settings import Network, Text, Training
from unrolled.training import History


@dataclass(frozen=True)
class Trained:
    """A trained model: everything that a prediction needs.

    Attributes:
        encoding: The schema with its fitted encoders.
        ports: The network's sizes.
        network: The network's settings, every one of them given.
        training: How it was fitted.
        histories: What happened meanwhile, for each network; none before the training.
        references: What it is scored beside, fitted on the same rows.
        faces: The `keras.Model` itself, and for a chained decoder those that run it by steps.
        temperatures: By output that is a category, what divides its logits for probabilities.
    """

    encoding: Encoding
    ports: Ports
    network: Network
    training: Training
    histories: tuple[History, ...]
    references: tuple[Reference, ...]
    faces: Faces
    temperatures: Mapping[str, float] = field(default_factory=dict)

    @property
    def model(self) -> Any:
        """The `keras.Model` itself."""
        return self.faces.model


def save(trained: Trained, folder: str | Path, *, pages: Mapping[str, str]) -> Path:
    """Write a trained model as a folder.

    Args:
        trained: The model.
        folder: Where; see `folder.write`.
        pages: Further text files by name, for people to read.

    Raises:
        ArtifactError: The folder holds something else, or cannot be written.
    """
    facts, arrays = references.saved(trained.references)
    encoders = {name: made.to_dict() for name, made in trained.encoding.encoders.items()}
    files = {
        "weights.safetensors": weights(trained.model),
        "references.safetensors": arrays,
        MANIFEST: _manifest(trained, facts),
        "encoders.json": encoders,
    }
    return write(folder, files | dict(pages))


def _manifest(trained: Trained, facts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what describes the model, as JSON."""
    encoding = trained.encoding
    return head(SEQUENCES) | {
        "schema": encoding.schema.model_dump(),
        "steps_in": encoding.steps_in,
        "steps_out": encoding.steps_out,
        "text": encoding.text.model_copy(update={"vectors": None}).model_dump(),
        "ports": asdict(trained.ports),
        "network": trained.network.model_dump(),
        "training": trained.training.model_dump(),
        "history": [asdict(history) for history in trained.histories],
        "references": facts,
        "temperatures": dict(trained.temperatures),
    }


def restored(saved: Saved) -> Trained:
    """Return the trained model of a folder that `save` wrote."""
    manifest, encoders = saved.manifest, saved.record("encoders.json")
    schema = Schema.model_validate(manifest["schema"])
    encoding = Encoding(
        schema,
        {c.name: encoder_from(encoders[c.name]) for c in (*schema.inputs, *schema.outputs)},
        manifest["steps_in"],
        manifest["steps_out"],
        Text(**manifest.get("text", {})),
    )
    ports, network = Ports(**tuples(manifest["ports"])), Network(**manifest["network"])
    training = Training(**manifest["training"])
    built = faces(ports, network, seeds=training.each_seed)
    saved.set_weights(built.model)
    return Trained(
        encoding,
        ports,
        network,
        training,
        _histories(manifest["history"]),
        references.restored(manifest["references"], saved.arrays("references.safetensors")),
        built,
        manifest.get("temperatures", {}),
    )


def _histories(state: Any) -> tuple[History, ...]:
    """Return the histories that JSON describes; an older model has one, or None."""
    each = state if isinstance(state, list) else [state] if state else []
    return tuple(map(History.restored, each))
