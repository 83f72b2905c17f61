"""Reading a saved model: found, verified, and handed to what makes a model of its kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ArtifactError, UnrolledError, quote_names
from unrolled.saving.checked_json import RefusedError, parsed, shown
from unrolled.saving.container import OpenFiles, opened, refuse_odd
from unrolled.saving.tensors import Tensor, filled, header
from unrolled.saving.writer import FORMAT, MANIFEST, SEQUENCES, WEIGHTS, ZIP, earlier, is_saved

MOST_SAID = 500  # letters of what is wrong
TRIES = 10  # to open a model that is being replaced
T = TypeVar("T")


@dataclass(frozen=True)
class SavedModel:
    """A saved model, to be read file by file.

    Attributes:
        files: Where its files are.
        manifest: What describes the model.
    """

    files: OpenFiles
    manifest: dict[str, Any]

    def content(self, name: str) -> bytes:
        """Return a file's bytes, which are those that were saved."""
        with self.files.reader(name) as reader:
            raw = reader.read(reader.size)
            self._verify(name, reader.rest())
        return raw

    def record(self, name: str) -> Any:
        """Return the content of a JSON file."""
        return parsed(self.content(name), name)

    def tensors(self, name: str) -> dict[str, Tensor]:
        """Return the types and shapes of the arrays of a safetensors file."""
        with self.files.reader(name) as reader:
            return header(reader)

    def arrays(self, name: str) -> dict[str, Array]:
        """Return the arrays of a safetensors file."""
        with self.files.reader(name) as reader:
            found = filled(reader, header(reader))
            self._verify(name, reader.rest())
        return found

    @property
    def sizes(self) -> dict[str, int]:
        """How many arrays of weights there are, and how many numbers in them."""
        found = self.tensors(WEIGHTS).values()
        return {"arrays": len(found), "weights": sum(math.prod(one.shape) for one in found)}

    def set_weights(self, model: Any) -> None:
        """Give a network its weights, once their shapes are known to be its own.

        Raises:
            RefusedError: They are of another network, or no numbers.
        """
        found = self.tensors(WEIGHTS)
        names = sorted(found, key=_place)
        if len(names) != len(model.weights):
            raise RefusedError(
                f"{WEIGHTS} has {len(names)} arrays, expected the {len(model.weights)} of the"
                " network that the manifest describes"
            )
        for name, own in zip(names, model.weights, strict=True):
            if found[name].shape != tuple(own.shape) or found[name].dtype != np.float32:
                raise RefusedError(
                    f"'{name}' of {WEIGHTS} is {found[name].dtype} {found[name].shape}, expected"
                    f" float32 {tuple(own.shape)} for '{own.path}'"
                )
        arrays = self.arrays(WEIGHTS)
        if wrong := [name for name in names if not np.isfinite(arrays[name]).all()]:
            raise RefusedError(f"'{wrong[0]}' of {WEIGHTS} holds what is no finite number")
        model.set_weights([arrays[name] for name in names])

    def verify(self) -> None:
        """Hold the files to the sizes that the manifest says, and those that are not read to all.

        Raises:
            RefusedError: A file is missing, or is another.
        """
        if self.manifest["format"] == 1:  # which knew neither
            return
        stated = self.manifest.get("files")
        if not isinstance(stated, dict):
            raise RefusedError(f"{MANIFEST} names no files")
        for name, facts in stated.items():
            refuse_odd(name)
            size = facts.get("size") if isinstance(facts, dict) else None
            if name not in self.files.sizes:
                raise RefusedError(f"there is no file {name!r}")
            if size != self.files.sizes[name]:
                raise RefusedError(
                    f"{name} has {self.files.sizes[name]} bytes, expected {shown(size)}"
                )
            if Path(name).suffix not in (".json", ".safetensors"):
                self.content(name)

    def _verify(self, name: str, sha256: str) -> None:
        """Refuse a file that is not the one that was saved."""
        if name == MANIFEST or self.manifest["format"] == 1:
            return
        stated = self.manifest["files"].get(name)
        if not isinstance(stated, dict) or stated.get("sha256") != sha256:
            raise RefusedError(f"{name} is not the file that was saved (its sha256 is another)")


def read(place: str | Path, kinds: Mapping[str, Callable[[SavedModel], T]]) -> T:
    """Read what `write` wrote.

    Args:
        place: The folder or the zip file.
        kinds: What makes a model of it, by the kind that its manifest names.

    Raises:
        ArtifactError: It is not a saved model, one of a newer format, or not as it was saved.
    """
    source = Path(place)
    try:
        with ExitStack() as held:
            files = _begun(source, held)
            with files.reader(MANIFEST) as reader:
                manifest = parsed(reader.read(reader.size), MANIFEST)
            kind = _kind(manifest, source, list(kinds))
            saved = SavedModel(files, manifest)
            saved.verify()
            return kinds[kind](saved)
    except ArtifactError:
        raise
    except (RefusedError, UnrolledError) as error:
        raise _damaged(source, str(error)) from None
    except OSError as error:
        raise ArtifactError(
            f"cannot read the model in '{source}': {error.strerror or error}. Look at its"
            " path and rights."
        ) from None
    except BaseException as error:  # whatever a stranger's file makes of our code: it is refused
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        says = (str(error).splitlines() or [""])[0][:200]
        raise _damaged(source, f"{type(error).__name__}: {says}") from None


def _begun(source: Path, held: ExitStack) -> OpenFiles:
    """Open the model at a place, or the earlier one of a save that has not ended.

    One that is being replaced may be gone when it is opened; then the new one is there. An earlier
    one is whole as long as nothing stands at the place: only then is it cleared away.
    """
    for _ in range(TRIES if "\0" not in str(source) else 0):
        with suppress(FileNotFoundError, IsADirectoryError):
            if is_saved(source) or (source.is_file() and source.suffix == ZIP):
                return held.enter_context(opened(source))
            if source.exists() or (left := earlier(source)) is None:
                continue
            with ExitStack() as own:
                files = own.enter_context(opened(left))
                if not source.exists() and left.exists():
                    held.push(own.pop_all())
                    return files
    raise ArtifactError(
        f"got '{source}', expected the folder or the .zip of a saved model (with a {MANIFEST})."
        " Save one with model.save(folder), or unrolled train --save folder."
    )


def _kind(manifest: Any, source: Path, kinds: list[str]) -> str:
    """Return the kind of model that a manifest describes."""
    known = manifest.get("format") if isinstance(manifest, dict) else None
    if type(known) is not int or known < 1:
        raise RefusedError(
            f"{MANIFEST} has the format {shown(known)}, expected a number from 1 to {FORMAT}"
        )
    if known > FORMAT:
        raise ArtifactError(
            f"the model in '{source}' has format {known}, expected at most {FORMAT}. Install a"
            " newer unrolled."
        )
    kind = manifest.get("kind", SEQUENCES)
    if kind not in kinds:
        raise ArtifactError(
            f"the model in '{source}' is of the kind {shown(kind)}, expected one of"
            f" {quote_names(kinds)}. Install a newer unrolled."
        )
    return str(kind)


def _place(name: str) -> tuple[int, str]:
    """Return where in a network an array of weights stands."""
    number = name.partition("/")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 9):
        raise RefusedError(
            f"{WEIGHTS} has an array '{name[:40]}', expected names like 0000/lstm/kernel"
        )
    return int(number), name


def _damaged(source: Path, says: str) -> ArtifactError:
    """Return the error for a saved model that cannot be used."""
    said = says.rstrip(".") if len(says) <= MOST_SAID else f"{says[:MOST_SAID]}..."
    return ArtifactError(f"the model in '{source}' is damaged: {said}. Save it again.")
