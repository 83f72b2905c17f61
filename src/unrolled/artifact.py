"""Save and load a trained model: a folder of safetensors and readable JSON, no pickle."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from unrolled import references
from unrolled.data.columns import encoder_from
from unrolled.data.examples import Encoding
from unrolled.errors import ArtifactError
from unrolled.networks import Faces, Ports, faces
from unrolled.references import Reference
from unrolled.schema import Schema
from unrolled.settings import Network, Training
from unrolled.training import History

FORMAT = 1
MANIFEST = "manifest.json"


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
    """

    encoding: Encoding
    ports: Ports
    network: Network
    training: Training
    histories: tuple[History, ...]
    references: tuple[Reference, ...]
    faces: Faces

    @property
    def model(self) -> Any:
        """The `keras.Model` itself."""
        return self.faces.model


def save(trained: Trained, folder: str | Path, *, pages: Mapping[str, str]) -> Path:
    """Write a trained model as a folder that appears whole or not at all.

    Args:
        trained: The model.
        folder: Where; it must not exist, be empty, or hold a saved model, which is replaced.
        pages: Further text files by name, for people to read.

    Raises:
        ArtifactError: The folder holds something else, or cannot be written.
    """
    from safetensors.numpy import save_file

    target, place = Path(folder), Path(folder).resolve()
    refuse_other(target)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise ArtifactError(
            f"cannot write the model to '{target}': {error.strerror}. Choose another folder."
        ) from None
    try:
        save_file(_weights(trained.model), made / "weights.safetensors")
        save_file(_arrays(trained), made / "references.safetensors")
        for name, content in {
            MANIFEST: _manifest(trained),
            "encoders.json": _encoders(trained),
        }.items():
            text = json.dumps(content, indent=1, ensure_ascii=False)
            (made / name).write_text(text + "\n", encoding="utf-8")
        for name, text in pages.items():
            (made / name).write_text(text, encoding="utf-8")
        made.chmod(0o755)
        _put(made, place)
    except OSError as error:
        raise ArtifactError(
            f"cannot write the model to '{target}': {error.strerror}. Choose another folder."
        ) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def _put(made: Path, place: Path) -> None:
    """Move a finished folder to its place; what stood there goes only when it is there."""
    earlier = made.with_name(f"{made.name}-earlier")
    if place.exists():
        place.rename(earlier)
    try:
        made.rename(place)
    except OSError:
        if earlier.exists():
            earlier.rename(place)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def load(folder: str | Path) -> Trained:
    """Read a trained model that `save` wrote.

    Raises:
        ArtifactError: The folder is not a saved model, or one of a newer format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    source = Path(folder)
    if not (source / MANIFEST).is_file():
        raise ArtifactError(
            f"got '{source}', expected the folder of a saved model (with a {MANIFEST}). Save one"
            " with model.save(folder), or unrolled train --save folder."
        )
    try:
        manifest = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] > FORMAT:
            raise ArtifactError(
                f"the model in '{source}' has format {manifest['format']}, expected at most"
                f" {FORMAT}. Install a newer unrolled."
            )
        encoders = json.loads((source / "encoders.json").read_text(encoding="utf-8"))
        arrays = load_file(source / "references.safetensors")
        return _restored(manifest, encoders, arrays, load_file(source / "weights.safetensors"))
    except ArtifactError:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError, SafetensorError) as error:
        raise ArtifactError(
            f"the model in '{source}' is damaged: {type(error).__name__}: {error}. Save it again."
        ) from None


def refuse_other(target: Path) -> None:
    """Refuse to replace anything but an empty folder or a saved model.

    Raises:
        ArtifactError: There is something else, or no folder that may be written to above.
    """
    if target.is_dir() and ((target / MANIFEST).is_file() or not any(target.iterdir())):
        return
    if target.exists():
        raise ArtifactError(
            f"'{target}' exists and is not a saved model, expected a new folder, an empty one, or"
            " a model to replace. Choose another folder."
        )
    above = next(folder for folder in target.absolute().parents if folder.exists())
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise ArtifactError(
            f"cannot write the model to '{target}': '{above.name}' is not a folder that may be"
            " written to. Choose another folder."
        )


def _weights(model: Any) -> dict[str, Any]:
    """Return the network's weights by place and path.

    In C order: safetensors writes any other as it lies in memory, and reads it back mixed up.
    """
    return {f"{i:03d}/{w.path}": np.asarray(w, order="C") for i, w in enumerate(model.weights)}


def _arrays(trained: Trained) -> dict[str, Any]:
    """Return the arrays of the references."""
    _, arrays = references.saved(trained.references)
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _manifest(trained: Trained) -> dict[str, Any]:
    """Return what describes the model, as JSON."""
    encoding = trained.encoding
    return {
        "format": FORMAT,
        "versions": {name: version(name) for name in ("unrolled", "keras", "numpy")},
        "schema": encoding.schema.model_dump(),
        "steps_in": encoding.steps_in,
        "steps_out": encoding.steps_out,
        "ports": asdict(trained.ports),
        "network": trained.network.model_dump(),
        "training": trained.training.model_dump(),
        "history": [asdict(history) for history in trained.histories],
        "references": references.saved(trained.references)[0],
    }


def _encoders(trained: Trained) -> dict[str, Any]:
    """Return the encoders by column, as JSON."""
    return {name: encoder.to_dict() for name, encoder in trained.encoding.encoders.items()}


def _restored(
    manifest: dict[str, Any],
    encoders: dict[str, Any],
    arrays: dict[str, Any],
    weights: dict[str, Any],
) -> Trained:
    """Return the trained model that the files describe."""
    schema = Schema.model_validate(manifest["schema"])
    encoding = Encoding(
        schema,
        {c.name: encoder_from(encoders[c.name]) for c in (*schema.inputs, *schema.outputs)},
        manifest["steps_in"],
        manifest["steps_out"],
    )
    sizes, network = manifest["ports"], Network(**manifest["network"])
    ports = Ports(**{**sizes, "labels": tuple(sizes.get("labels", ()))})  # older ones have none
    training = Training(**manifest["training"])
    built = faces(ports, network, seeds=training.each_seed)
    built.model.set_weights([weights[name] for name in sorted(weights)])
    return Trained(
        encoding,
        ports,
        network,
        training,
        _histories(manifest["history"]),
        references.restored(manifest["references"], arrays),
        built,
    )


def _histories(state: Any) -> tuple[History, ...]:
    """Return the histories that JSON describes; an older model has one, or None."""
    found = []
    for each in state if isinstance(state, list) else [state] if state else []:
        passes = {name: tuple(each[name]) for name in ("loss", "validation")}
        found.append(History(best_epoch=each["best_epoch"], stopped=each["stopped"], **passes))
    return tuple(found)
