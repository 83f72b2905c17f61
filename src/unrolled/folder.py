"""A saved model's folder: safetensors, readable JSON and pages, whole or not there; no pickle."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from operator import index
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from unrolled.data.batch import Array
from unrolled.errors import ArtifactError, listed

FORMAT = 1
MANIFEST = "manifest.json"
SEQUENCES = "sequences"  # what a manifest that names no kind describes
T = TypeVar("T")


@dataclass(frozen=True)
class Saved:
    """The folder of a saved model, to be read file by file.

    Attributes:
        path: The folder.
        manifest: What describes the model.
    """

    path: Path
    manifest: dict[str, Any]

    def record(self, name: str) -> Any:
        """Return the content of a JSON file."""
        return json.loads((self.path / name).read_text(encoding="utf-8"))

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays of a safetensors file."""
        from safetensors.numpy import load_file

        return dict(load_file(self.path / name))

    def set_weights(self, model: Any) -> None:
        """Give a network the weights of `weights.safetensors`."""
        weights = self.arrays("weights.safetensors")
        model.set_weights([weights[name] for name in sorted(weights)])


def weights(model: Any) -> dict[str, Array]:
    """Return a network's weights by place and path."""
    return {f"{i:03d}/{w.path}": np.asarray(w) for i, w in enumerate(model.weights)}


def tuples(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON describes with tuples in place of its lists."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in state.items()}


def head(kind: str) -> dict[str, Any]:
    """Return how every manifest begins."""
    versions = {name: version(name) for name in ("unrolled", "keras", "numpy")}
    return {"format": FORMAT, "kind": kind, "versions": versions}


def write(folder: str | Path, files: Mapping[str, Any]) -> Path:
    """Write a folder that appears whole or not at all.

    Args:
        folder: Where; it must not exist, be empty, or hold a saved model, which is replaced.
        files: By file name: arrays by name (`.safetensors`), what JSON can hold (`.json`), or text.

    Raises:
        ArtifactError: The folder holds something else, or cannot be written.
    """
    target, place = Path(folder), Path(folder).resolve()
    refuse_other(target)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise _unwritten(target, error) from None
    try:
        for name, content in files.items():
            _file(made / name, content)
        made.chmod(0o755)
        _put(made, place)
    except OSError as error:
        raise _unwritten(target, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return target


def read(folder: str | Path, kinds: Mapping[str, Callable[[Saved], T]]) -> T:
    """Read what `write` wrote.

    Args:
        folder: Where.
        kinds: What makes a model of the folder, by the kind that its manifest names.

    Raises:
        ArtifactError: The folder is not a saved model, or one of a newer format.
    """
    from safetensors import SafetensorError

    source = Path(folder)
    if not (source / MANIFEST).is_file():
        raise ArtifactError(
            f"got '{source}', expected the folder of a saved model (with a {MANIFEST}). Save one"
            " with model.save(folder), or unrolled train --save folder."
        )
    try:
        manifest = Saved(source, {}).record(MANIFEST)
        if manifest["format"] > FORMAT:
            raise ArtifactError(
                f"the model in '{source}' has format {manifest['format']}, expected at most"
                f" {FORMAT}. Install a newer unrolled."
            )
        kind = manifest.get("kind", SEQUENCES)
        if kind not in kinds:
            raise ArtifactError(
                f"the model in '{source}' is of the kind '{kind}', expected one of {listed(kinds)}."
                " Install a newer unrolled."
            )
        return kinds[kind](Saved(source, manifest))
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


def _unwritten(target: Path, error: OSError) -> ArtifactError:
    """Return the error for a folder that cannot be written."""
    return ArtifactError(
        f"cannot write the model to '{target}': {error.strerror}. Choose another folder."
    )


def _file(path: Path, content: Any) -> None:
    """Write one file in the form that its ending says."""
    from safetensors.numpy import save

    if path.suffix == ".safetensors":
        # in C order: it writes any other as it lies in memory, and reads it back mixed up
        path.write_bytes(save({name: np.asarray(a, order="C") for name, a in content.items()}))
        return
    if path.suffix == ".json":
        text = json.dumps(content, indent=1, ensure_ascii=False, default=index)  # numpy's numbers
        content = text + "\n"
    path.write_text(content, encoding="utf-8")


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
