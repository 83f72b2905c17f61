"""Writing a saved model: whole or not there, at every instant, even one at which power fails.

All files are written into a hidden folder beside the place, `.NAME-xxxxxxxx.saving`, and brought
to the disk. A zip file then takes its place by one rename, which replaces. A folder cannot: the
model that stood there is first moved into the hidden folder as `earlier`, and the new one moved
in. Should the program end between these two renames, `load` finds nothing at the place and takes
`earlier`; the next `save` removes what is left, once its own model stands. So a saved model keeps
plain file names, works on every system, and needs no list of generations. Programs that save to one
place take turns, by a lock on the hidden file `.NAME.saving`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from operator import index
from pathlib import Path
from typing import Any

from unrolled.disk import durable
from unrolled.disk.locks import wait_for_lock
from unrolled.errors import ArtifactError
from unrolled.saving.checked_json import RefusedError
from unrolled.saving.container import MOST, MOST_PAGE, opened
from unrolled.saving.tensors import packed

FORMAT = 2
MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"
SEQUENCES = "sequences"  # what a manifest that names no kind describes
ZIP, SAVING, EARLIER = ".zip", ".saving", "earlier"
MOST_ZIP = (2 << 30) - (1 << 20)  # bytes; beyond, a zip file needs records that `opened` refuses
MOST_WAITED = 60  # seconds for another save to the same place
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # so that the same model makes the same zip file


def head(kind: str) -> dict[str, Any]:
    """Return how every manifest begins."""
    engine = os.environ.get("KERAS_BACKEND", "jax")
    names = ("unrolled", "keras", engine, "numpy", "safetensors")
    return {"format": FORMAT, "kind": kind, "versions": {name: _version(name) for name in names}}


def write(place: str | Path, files: Mapping[str, Any]) -> Path:
    """Write a model that appears whole or not at all.

    Args:
        place: A folder that does not exist, is empty, or holds a saved model, which is replaced;
            or a file that ends in .zip, likewise.
        files: By file name: arrays by name (`.safetensors`), what JSON can hold (`.json`), or text.

    Raises:
        ArtifactError: There is something else at the place, or it cannot be written.
    """
    target = Path(place)
    refuse_other(target)
    content = {name: _bytes(name, one) for name, one in files.items() if name != MANIFEST}
    content[MANIFEST] = _bytes(MANIFEST, files[MANIFEST] | {"files": _facts(content)})
    _refuse_large(target, content)
    try:
        real = actual(target)
        durable.folder(real.parent)
        with wait_for_lock(real.with_name(f".{real.name}{SAVING}"), seconds=MOST_WAITED) as ours:
            if not ours:
                raise ArtifactError(
                    f"cannot write the model to '{target}': another program has been saving there"
                    f" for {MOST_WAITED} seconds. Wait until it ends, or choose another folder."
                )
            _put(content, target, real)
    except OSError as error:
        raise _unwritten(target, error) from None
    return target


def _put(content: Mapping[str, bytes], target: Path, real: Path) -> None:
    """Write a model beside its place, move it there, and clear what earlier saves left."""
    made = Path(tempfile.mkdtemp(prefix=f".{real.name}-", suffix=SAVING, dir=real.parent))
    try:
        (_put_zip if target.suffix == ZIP else _put_folder)(content, made, real)
        for left in _left(real):
            shutil.rmtree(left, ignore_errors=True)
    finally:
        if real.exists() or not (made / EARLIER).exists():
            shutil.rmtree(made, ignore_errors=True)


def earlier(place: Path) -> Path | None:
    """Return the model that stood at a place before a save that did not end, if there is one."""
    found = [left / EARLIER for left in _left(actual(place)) if is_saved(left / EARLIER)]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def actual(place: Path) -> Path:
    """Return a place with every link followed, as far as there are places."""
    return Path(os.path.realpath(place))


def is_saved(place: Path) -> bool:
    """Return whether there is a saved model, by its manifest."""
    if place.is_dir():
        return (place / MANIFEST).is_file()
    if not place.is_file() or place.suffix != ZIP:
        return False
    try:
        with opened(place) as files:
            return MANIFEST in files.sizes
    except (RefusedError, OSError):
        return False


def refuse_other(target: Path) -> None:
    """Refuse to replace anything but an empty folder or a saved model.

    Raises:
        ArtifactError: There is something else, or no folder that may be written to above.
    """
    try:
        if _replaceable(target):
            return
        above = next(folder for folder in target.absolute().parents if folder.exists())
        free = above.is_dir() and os.access(above, os.W_OK)
        beside = f".{target.name}-{'x' * 8}{SAVING}"
        actual(target).with_name(beside).exists()  # which fails where that name is too long
    except (OSError, ValueError) as error:
        raise _unwritten(target, error) from None
    if target.exists():
        raise ArtifactError(
            f"'{target}' exists and is not a saved model, expected a new folder, an empty one, or"
            " a model to replace. Choose another folder."
        )
    if not free:
        raise ArtifactError(
            f"cannot write the model to '{target}': '{above.name}' is not a folder that may be"
            " written to. Choose another folder."
        )


def _replaceable(target: Path) -> bool:
    """Return whether there is a saved model, or an empty folder, where one may be written."""
    if is_saved(target):
        return target.is_file() == (target.suffix == ZIP)
    return target.is_dir() and not any(target.iterdir()) and target.suffix != ZIP


def _version(name: str) -> str:
    """Return the version of a library."""
    try:
        return version(name)
    except PackageNotFoundError:
        return version(f"{name}-cpu")  # as TensorFlow without drivers is called


def _unwritten(target: Path, error: Exception) -> ArtifactError:
    """Return the error for a place that cannot be written."""
    says = getattr(error, "strerror", None) or error
    return ArtifactError(f"cannot write the model to '{target}': {says}. Choose another folder.")


def _bytes(name: str, content: Any) -> bytes:
    """Return the bytes of a file in the form that its ending says."""
    if name.endswith(".safetensors"):
        return packed(content)
    if name.endswith(".json"):
        text = json.dumps(content, indent=1, ensure_ascii=False, default=index)  # numpy's numbers
        content = text + "\n"
    return str(content).encode()


def _facts(content: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the size and sha256 of each file."""
    return {
        name: {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        for name, raw in content.items()
    }


def _refuse_large(target: Path, content: Mapping[str, bytes]) -> None:
    """Refuse what could not be read again."""
    for name, raw in content.items():
        most = MOST.get(Path(name).suffix, MOST_PAGE)
        if len(raw) > most:
            raise ArtifactError(
                f"cannot write the model to '{target}': {name} would have {len(raw)} bytes,"
                f" expected at most {most}. Train on fewer columns, or fewer categories."
            )
    if target.suffix == ZIP and sum(map(len, content.values())) > MOST_ZIP:
        raise ArtifactError(
            f"cannot write the model to '{target}': it is too large for a zip file, expected at"
            f" most {MOST_ZIP} bytes. Save it as a folder."
        )


def _put_folder(content: Mapping[str, bytes], made: Path, place: Path) -> None:
    """Write a folder and move it to its place; what stood there goes when it is there."""
    new, old = made / "new", made / EARLIER
    new.mkdir()
    for name, raw in content.items():
        durable.written(new / name, raw)
    durable.settled(new)
    refuse_other(place)  # again: this took a while
    with suppress(FileNotFoundError):
        place.rename(old)
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    durable.settled(place.parent)


def _put_zip(content: Mapping[str, bytes], made: Path, place: Path) -> None:
    """Write a zip file and move it to its place."""
    with (made / "new").open("xb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as new:
            for name, raw in content.items():
                facts = zipfile.ZipInfo(name, LONG_AGO)
                facts.external_attr = 0o644 << 16
                new.writestr(facts, raw)
        durable.flushed(file)
    refuse_other(place)  # again: this took a while
    (made / "new").replace(place)
    durable.settled(place.parent)


def _left(place: Path) -> list[Path]:
    """Return the hidden folders of saves to a place that have not ended."""
    name = re.compile(rf"\.{re.escape(place.name)}-[a-z0-9_]{{8}}{re.escape(SAVING)}")
    if not place.parent.is_dir():
        return []
    return [path for path in place.parent.iterdir() if name.fullmatch(path.name)]
