"""Writes an export: into a hidden folder beside its place, then moved there by a rename."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from unrolled.disk import durable
from unrolled.errors import ArtifactError
from unrolled.saving.writer import ZIP, ZIP_DATE

BUNDLE = "bundle.json"

Prove = Callable[[Path], Mapping[str, bytes]]


def check_place(place: Path) -> None:
    """Refuse a place where something else is than an export, before anything is computed.

    Raises:
        ArtifactError: There is something else, or the folder above is not there.
    """
    if place.suffix == ".onnx":
        replaceable = place.is_file()
    elif place.suffix == ZIP:
        replaceable = place.is_file() and zipfile.is_zipfile(place) and _holds_bundle(place)
    else:
        replaceable = place.is_dir() and (not any(place.iterdir()) or (place / BUNDLE).is_file())
    if place.exists() and not replaceable:
        raise ArtifactError(
            f"Cannot export to '{place}': it exists, and is not an exported model. Choose a new"
            " folder or file."
        )
    parent = next(folder for folder in place.absolute().parents if folder.exists())
    if not (parent.is_dir() and os.access(parent, os.W_OK)):
        raise ArtifactError(
            f"Cannot export to '{place}': '{parent}' is not a folder that can be written to."
            " Choose another place."
        )


def write_proved(place: Path, files: Mapping[str, bytes], prove: Prove) -> None:
    """Write the files of an export, once they are proved.

    Args:
        place: A folder; or a file that ends in .zip, or in .onnx for a single file.
        files: By name.
        prove: Compares the files in a folder with the model, and returns further files.

    Raises:
        ArtifactError: The place cannot be written, or the proof fails: then nothing is written.
    """
    check_place(place)
    try:
        durable.make_folder(place.absolute().parent)
        hidden = Path(tempfile.mkdtemp(prefix=f".{place.name}-", suffix=".part", dir=place.parent))
    except OSError as error:
        raise _cannot_write(place, error) from None
    try:
        new = hidden / "new"
        new.mkdir()
        for name, raw in files.items():
            durable.write_file(new / name, raw)
        for name, raw in prove(new).items():
            durable.write_file(new / name, raw)
        durable.fsync_dir(new)
        _move(new, place)
    except OSError as error:
        raise _cannot_write(place, error) from None
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _move(new: Path, place: Path) -> None:
    """Move what a hidden folder holds to its place."""
    check_place(place)  # again, since the proof took a while
    if place.suffix not in (ZIP, ".onnx"):
        durable.replace_folder(new, place, new.parent / "earlier")
        return
    if place.suffix == ".onnx":
        next(new.glob("*.onnx")).replace(place)
    else:
        packed = new.parent / "packed"
        with packed.open("xb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                for path in sorted(new.iterdir()):
                    archive.writestr(zipfile.ZipInfo(path.name, ZIP_DATE), path.read_bytes())
            durable.flush_file(file)
        packed.replace(place)
    durable.fsync_dir(place.absolute().parent)


def _holds_bundle(place: Path) -> bool:
    with zipfile.ZipFile(place) as archive:
        return BUNDLE in archive.namelist()


def _cannot_write(place: Path, error: OSError) -> ArtifactError:
    reason = error.strerror or error
    return ArtifactError(f"Cannot export to '{place}': {reason}. Choose another place.")
