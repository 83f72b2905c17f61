"""Reading a saved model: it is opened, verified, and passed to the function for its kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ArtifactError, UnrolledError, quote_names
from unrolled.saving.checked_json import RefusedError, parse_json, short_repr
from unrolled.saving.container import OpenFiles, check_file_name, open_container
from unrolled.saving.tensors import TensorInfo, read_header, read_tensors
from unrolled.saving.writer import (
    FORMAT,
    MANIFEST,
    SEQUENCES,
    WEIGHTS,
    ZIP,
    find_backup,
    is_saved_model,
)

MAX_MESSAGE = 500  # characters of the reason in an error
ATTEMPTS = 10  # to open a model that is being replaced
T = TypeVar("T")


@dataclass(frozen=True)
class SavedModel:
    """A saved model, read file by file.

    Attributes:
        files: Its files.
        manifest: The JSON that describes the model.
    """

    files: OpenFiles
    manifest: dict[str, Any]

    def read_bytes(self, name: str) -> bytes:
        """Return the bytes of a file, once they are verified."""
        with self.files.reader(name) as reader:
            raw = reader.read(reader.size)
            self._verify_hash(name, reader.read_to_end())
        return raw

    def read_json(self, name: str) -> Any:
        """Return the content of a JSON file."""
        return parse_json(self.read_bytes(name), name)

    def read_arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays of a safetensors file."""
        with self.files.reader(name) as reader:
            arrays = read_tensors(reader, read_header(reader))
            self._verify_hash(name, reader.read_to_end())
        return arrays

    @property
    def weight_counts(self) -> dict[str, int]:
        """The number of arrays of weights, and of weights in all of them."""
        shapes = self.weight_shapes.values()
        return {"arrays": len(shapes), "weights": sum(map(math.prod, shapes))}

    def read_weights(self) -> dict[str, Array]:
        """Return the weights of a network by name, in their order.

        Raises:
            RefusedError: A name has no position, or a weight is not a finite float32.
        """
        infos = self._weight_infos
        names = sorted(infos, key=_position)
        if wrong := [name for name in names if infos[name].dtype != np.float32]:
            raise RefusedError(
                f"'{wrong[0]}' of {WEIGHTS} is {infos[wrong[0]].dtype}, and must be float32"
            )
        arrays = self.read_arrays(WEIGHTS)
        if wrong := [name for name in names if not np.isfinite(arrays[name]).all()]:
            raise RefusedError(f"'{wrong[0]}' of {WEIGHTS} has values that are not finite numbers")
        return {name: arrays[name] for name in names}

    @property
    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each weight, by name."""
        return {name: info.shape for name, info in self._weight_infos.items()}

    def load_weights(self, model: Any) -> None:
        """Set the weights of a network, once their shapes are those of the network.

        Raises:
            RefusedError: They are the weights of another network, or not finite.
        """
        infos = self._weight_infos
        names = sorted(infos, key=_position)
        if len(names) != len(model.weights):
            raise RefusedError(
                f"{WEIGHTS} has {len(names)} arrays, but the network that the manifest describes"
                f" has {len(model.weights)}"
            )
        for name, weight in zip(names, model.weights, strict=True):
            info = infos[name]
            if info.shape != tuple(weight.shape) or info.dtype != np.float32:
                raise RefusedError(
                    f"'{name}' of {WEIGHTS} is {info.dtype} {info.shape}, but '{weight.path}' of"
                    f" the network is float32 {tuple(weight.shape)}"
                )
        model.set_weights(list(self.read_weights().values()))

    def verify(self) -> None:
        """Check the size of every file, and the content of those that are not read otherwise.

        Raises:
            RefusedError: A file is missing, or is not the one that was saved.
        """
        if self.manifest["format"] == 1:  # which listed no sizes
            return
        listed = self.manifest.get("files")
        if not isinstance(listed, dict):
            raise RefusedError(f"{MANIFEST} does not list the files")
        for name, facts in listed.items():
            check_file_name(name)
            size = facts.get("size") if isinstance(facts, dict) else None
            if name not in self.files.sizes:
                raise RefusedError(f"the file {name!r} is missing")
            if size != self.files.sizes[name]:
                raise RefusedError(
                    f"{name} has {self.files.sizes[name]} bytes, but {MANIFEST} says"
                    f" {short_repr(size)}"
                )
            if Path(name).suffix not in (".json", ".safetensors"):
                self.read_bytes(name)

    @cached_property
    def _weight_infos(self) -> dict[str, TensorInfo]:
        """The types and shapes of the weights."""
        with self.files.reader(WEIGHTS) as reader:
            return read_header(reader)

    def _verify_hash(self, name: str, sha256: str) -> None:
        """Refuse a file that is not the one that was saved."""
        if name == MANIFEST or self.manifest["format"] == 1:
            return
        facts = self.manifest["files"].get(name)
        if not isinstance(facts, dict) or facts.get("sha256") != sha256:
            raise RefusedError(f"{name} was changed after it was saved (its sha256 differs)")


def read_model(place: str | Path, readers: Mapping[str, Callable[[SavedModel], T]]) -> T:
    """Read what `write_model` wrote.

    Args:
        place: The folder or the zip file.
        readers: By the kind that a manifest names: the function that makes a model of its files.

    Raises:
        ArtifactError: It is not a saved model, is of a newer format, or was changed or damaged.
    """
    path = Path(place)
    try:
        with ExitStack() as stack:
            files = _open(path, stack)
            with files.reader(MANIFEST) as reader:
                manifest = parse_json(reader.read(reader.size), MANIFEST)
            kind = _kind(manifest, path, list(readers))
            saved = SavedModel(files, manifest)
            saved.verify()
            return readers[kind](saved)
    except ArtifactError:
        raise
    except (RefusedError, UnrolledError) as error:
        raise _damaged(path, str(error)) from None
    except OSError as error:
        raise ArtifactError(
            f"Cannot read the model in '{path}': {error.strerror or error}. Check the path and its"
            " permissions."
        ) from None
    except BaseException as error:  # a malicious file may cause any error in our code: refuse it
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        message = (str(error).splitlines() or [""])[0][:200]
        raise _damaged(path, f"{type(error).__name__}: {message}") from None


def _open(path: Path, stack: ExitStack) -> OpenFiles:
    """Open the model at a place, or the previous one if a save there was interrupted.

    A model that is being replaced may disappear before it is opened; then the new one is there. A
    previous one is complete as long as nothing is at the place: it is deleted only after that.
    """
    for _ in range(ATTEMPTS if "\0" not in str(path) else 0):
        with suppress(FileNotFoundError, IsADirectoryError):
            if is_saved_model(path) or (path.is_file() and path.suffix == ZIP):
                return stack.enter_context(open_container(path))
            if path.exists() or (backup := find_backup(path)) is None:
                continue
            with ExitStack() as backup_stack:
                files = backup_stack.enter_context(open_container(backup))
                if not path.exists() and backup.exists():
                    stack.push(backup_stack.pop_all())
                    return files
    raise ArtifactError(
        f"There is no saved model at '{path}': a saved model is a folder or a .zip file with a"
        f" {MANIFEST}. Save one with model.save(folder), or unrolled train --save folder."
    )


def _kind(manifest: Any, path: Path, kinds: list[str]) -> str:
    """Return the kind of model that a manifest describes."""
    number = manifest.get("format") if isinstance(manifest, dict) else None
    if type(number) is not int or number < 1:
        raise RefusedError(
            f"{MANIFEST} has the format {short_repr(number)}, and must have a number from 1 to"
            f" {FORMAT}"
        )
    if number > FORMAT:
        raise ArtifactError(
            f"The model in '{path}' has format {number}, and this version of unrolled reads formats"
            f" up to {FORMAT}. Install a newer unrolled."
        )
    kind = manifest.get("kind", SEQUENCES)
    if kind not in kinds:
        raise ArtifactError(
            f"The model in '{path}' is of the kind {short_repr(kind)}, and this version of unrolled"
            f" knows {quote_names(kinds)}. Install a newer unrolled."
        )
    return str(kind)


def _position(name: str) -> tuple[int, str]:
    """Return the position of an array of weights in a network."""
    number = name.partition("/")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise RefusedError(
            f"{WEIGHTS} has an array '{name[:40]}', and all names must be like 0000/lstm/kernel"
        )
    return int(number), name


def _damaged(path: Path, reason: str) -> ArtifactError:
    """Return the error for a saved model that cannot be used."""
    reason = reason.rstrip(".") if len(reason) <= MAX_MESSAGE else f"{reason[:MAX_MESSAGE]}..."
    return ArtifactError(f"The model in '{path}' is damaged: {reason}. Save it again.")
