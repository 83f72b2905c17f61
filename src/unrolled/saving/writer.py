"""Writing a saved model: at every instant it is complete or not there, even if power fails.

All files are written into a hidden folder beside the place, `.NAME-xxxxxxxx.saving`, and flushed to
the disk. A zip file then gets its place by one rename, which replaces what was there. A folder
cannot be replaced in one step: the previous model is first moved into the hidden folder as
`earlier`, and the new one is moved in. If the program ends between these two renames, `load` finds
nothing at the place and reads `earlier`; the next `save` deletes what is left, once its own model
is in place. So a saved model keeps plain file names, works on every system, and needs no list of
generations. Programs that save to one place take turns, by a lock on the hidden file
`.NAME.saving`.
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
from importlib.metadata import PackageNotFoundError, version
from operator import index
from pathlib import Path
from typing import Any

from unrolled.disk import durable
from unrolled.disk.locks import wait_for_lock
from unrolled.errors import ArtifactError
from unrolled.saving.checked_json import RefusedError
from unrolled.saving.container import max_bytes, open_container
from unrolled.saving.tensors import encode_tensors

FORMAT = 3
MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"
PROGRAM = "program.json"
SEQUENCES = "sequences"  # the kind of a manifest that names none
FORECASTS = "forecasts"
ZIP, SAVING, BACKUP = ".zip", ".saving", "earlier"
MAX_ZIP_BYTES = (2 << 30) - (1 << 20)  # a larger file needs records that `open_container` refuses
MAX_WAIT_SECONDS = 60  # for another save to the same place
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # always the same, so that a model always makes the same zip file


def manifest_header(kind: str) -> dict[str, Any]:
    """Return the first entries of every manifest."""
    backend = os.environ.get("KERAS_BACKEND", "jax")
    names = ("unrolled", "keras", backend, "numpy", "safetensors")
    return {"format": FORMAT, "kind": kind, "versions": {name: _version(name) for name in names}}


def write_model(place: str | Path, files: Mapping[str, Any]) -> Path:
    """Write a model, so that it is complete or not there at every instant.

    Args:
        place: A folder that does not exist, is empty, or has a saved model, which is replaced; or
            a file whose name ends in .zip, likewise.
        files: By file name: arrays by name (`.safetensors`), a value for JSON (`.json`), or text.

    Raises:
        ArtifactError: Something else is at the place, or it cannot be written.
    """
    target = Path(place)
    check_save_place(target)
    contents = {name: _encode(name, one) for name, one in files.items() if name != MANIFEST}
    contents[MANIFEST] = _encode(MANIFEST, files[MANIFEST] | {"files": _sizes_and_hashes(contents)})
    _refuse_large(target, contents)
    try:
        path = follow_links(target)
        durable.make_folder(path.parent)
        lock = path.with_name(f".{path.name}{SAVING}")
        with wait_for_lock(lock, seconds=MAX_WAIT_SECONDS) as acquired:
            if not acquired:
                raise ArtifactError(
                    f"Cannot write the model to '{target}': another program has been saving there"
                    f" for {MAX_WAIT_SECONDS} seconds. Wait until it ends, or choose another"
                    " folder."
                )
            _write_beside_and_move(contents, target, path)
    except OSError as error:
        raise _cannot_write(target, error) from None
    return target


def _write_beside_and_move(contents: Mapping[str, bytes], target: Path, path: Path) -> None:
    """Write a model into a hidden folder, move it to its place, and delete leftovers of others."""
    hidden = Path(tempfile.mkdtemp(prefix=f".{path.name}-", suffix=SAVING, dir=path.parent))
    try:
        (_put_zip if target.suffix == ZIP else _put_folder)(contents, hidden, path)
        for leftover in _leftovers(path):
            shutil.rmtree(leftover, ignore_errors=True)
    finally:
        if path.exists() or not (hidden / BACKUP).exists():
            shutil.rmtree(hidden, ignore_errors=True)


def find_backup(place: Path) -> Path | None:
    """Return the model that was at a place before an interrupted save, if there is one."""
    backups = [hidden / BACKUP for hidden in _leftovers(follow_links(place))]
    complete = [backup for backup in backups if is_saved_model(backup)]
    return max(complete, key=lambda path: path.stat().st_mtime, default=None)


def follow_links(place: Path) -> Path:
    """Return a place with every link followed, as far as the path exists."""
    return Path(os.path.realpath(place))


def is_saved_model(place: Path) -> bool:
    """Return whether there is a saved model: a folder or a zip file with a manifest."""
    if place.is_dir():
        return (place / MANIFEST).is_file()
    if not place.is_file() or place.suffix != ZIP:
        return False
    try:
        with open_container(place) as files:
            return MANIFEST in files.sizes
    except (RefusedError, OSError):
        return False


def check_save_place(target: Path, *, try_it: bool = False) -> None:
    """Refuse to replace anything but an empty folder or a saved model.

    Args:
        target: The place of the model.
        try_it: Whether to make a folder there and delete it again: some file systems allow
            nothing, although the permissions say otherwise.

    Raises:
        ArtifactError: Something else is there, or the folder above cannot be written to.
    """
    try:
        if try_it:
            _try_to_write(target)
        if _is_replaceable(target):
            return
        parent = next(folder for folder in target.absolute().parents if folder.exists())
        writable = parent.is_dir() and os.access(parent, os.W_OK)
        hidden = f".{target.name}-{'x' * 8}{SAVING}"
        follow_links(target).with_name(hidden).exists()  # an error if that name is too long
    except (OSError, ValueError) as error:
        raise _cannot_write(target, error) from None
    if target.exists():
        raise ArtifactError(
            f"Cannot write the model to '{target}': it exists, and is not a saved model. Choose a"
            " new folder, an empty one, or a model to replace."
        )
    if not writable:
        raise ArtifactError(
            f"Cannot write the model to '{target}': '{parent.name}' is not a folder that can be"
            " written to. Choose another folder."
        )


def _try_to_write(target: Path) -> None:
    """Make a folder beside the place, where `write_model` will make one, and delete it again.

    Raises:
        OSError: That is not possible.
    """
    parents = follow_links(target).parents
    parent = next((folder for folder in parents if folder.is_dir()), None)
    if parent is not None and os.access(parent, os.W_OK):
        Path(tempfile.mkdtemp(prefix=f".{target.name}-", suffix=SAVING, dir=parent)).rmdir()


def _is_replaceable(target: Path) -> bool:
    """Return whether there is a saved model of the same form, or an empty folder."""
    if is_saved_model(target):
        return target.is_file() == (target.suffix == ZIP)
    return target.is_dir() and not any(target.iterdir()) and target.suffix != ZIP


def _version(name: str) -> str:
    """Return the version of an installed library."""
    try:
        return version(name)
    except PackageNotFoundError:
        return version(f"{name}-cpu")  # the name of TensorFlow without GPU libraries


def _cannot_write(target: Path, error: Exception) -> ArtifactError:
    """Return the error for a place that cannot be written."""
    reason = getattr(error, "strerror", None) or error
    return ArtifactError(f"Cannot write the model to '{target}': {reason}. Choose another folder.")


def _encode(name: str, content: Any) -> bytes:
    """Return the bytes of a file, in the form that its suffix says."""
    if name.endswith(".safetensors"):
        return encode_tensors(content)
    if name.endswith(".json"):
        try:  # `index` converts the integers of numpy
            text = json.dumps(content, indent=1, ensure_ascii=False, default=index, allow_nan=False)
        except ValueError:
            raise ArtifactError(
                f"Cannot write {name}: it would have a number that is not finite, and a model with"
                " such a number could not be read again."
            ) from None
        content = text + "\n"
    return str(content).encode()


def _sizes_and_hashes(contents: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the size and sha256 of each file."""
    return {
        name: {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        for name, raw in contents.items()
    }


def _refuse_large(target: Path, contents: Mapping[str, bytes]) -> None:
    """Refuse files that are too large to be read again."""
    for name, raw in contents.items():
        if len(raw) > max_bytes(name):
            raise ArtifactError(
                f"Cannot write the model to '{target}': {name} would have {len(raw)} bytes, and at"
                f" most {max_bytes(name)} are allowed. Train on fewer columns, or fewer"
                " categories."
            )
    if target.suffix == ZIP and sum(map(len, contents.values())) > MAX_ZIP_BYTES:
        raise ArtifactError(
            f"Cannot write the model to '{target}': it has more than {MAX_ZIP_BYTES} bytes, too"
            " many for a zip file. Save it as a folder."
        )


def _put_folder(contents: Mapping[str, bytes], hidden: Path, path: Path) -> None:
    """Write a folder and move it to its place; the previous model is kept until it is there."""
    new, backup = hidden / "new", hidden / BACKUP
    new.mkdir()
    for name, raw in contents.items():
        durable.write_file(new / name, raw)
    durable.fsync_dir(new)
    check_save_place(path)  # again, since writing took a while
    durable.replace_folder(new, path, backup)


def _put_zip(contents: Mapping[str, bytes], hidden: Path, path: Path) -> None:
    """Write a zip file and move it to its place."""
    new = hidden / "new"
    with new.open("xb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, raw in contents.items():
                member = zipfile.ZipInfo(name, ZIP_DATE)
                member.external_attr = 0o644 << 16
                archive.writestr(member, raw)
        durable.flush_file(file)
    check_save_place(path)  # again, since writing took a while
    new.replace(path)
    durable.fsync_dir(path.parent)


def _leftovers(path: Path) -> list[Path]:
    """Return the hidden folders of saves to a place that have not ended."""
    name = re.compile(rf"\.{re.escape(path.name)}-[a-z0-9_]{{8}}{re.escape(SAVING)}")
    if not path.parent.is_dir():
        return []
    return [entry for entry in path.parent.iterdir() if name.fullmatch(entry.name)]
