"""Exports a trained network: its files, their proof, and their place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from unrolled.errors import SettingError
from unrolled.export.extra import require
from unrolled.export.files import BUNDLE, PROOF, README, Network, bundle_files, refuse_unknown
from unrolled.export.place import check_place, write_proved
from unrolled.export.proof import Model, prove
from unrolled.export.readme import readme_text
from unrolled.saving.writer import ZIP


def export_bundle(
    place: Path, network: Network, model: Model, tables: Iterable[tuple[str, Any]]
) -> None:
    """Write a network as a bundle, once it is proved.

    Args:
        place: A folder, or a file that ends in .zip.
        network: The network.
        model: The trained model that the bundle must equal.
        tables: The rows of the proof, as the cells of their columns, with what they are.

    Raises:
        ArtifactError: The place cannot be written, or the proof fails: then nothing is written.
        MissingExtraError: onnx or onnxruntime is not installed.
        SettingError: The network or a column cannot be exported.
    """
    for name in ("onnx", "onnxruntime"):
        require(name)
    if place.suffix not in ("", ZIP) and not place.is_dir():
        raise SettingError(
            f"'{place}' ends in {place.suffix}, but a model is exported to a folder or to a file"
            " that ends in .zip. Choose another name."
        )
    check_place(place)
    refuse_unknown(network)

    def proved(folder: Path) -> Mapping[str, bytes]:
        proof = prove(folder, model, tables)
        facts = json.loads((folder / BUNDLE).read_bytes())
        text = json.dumps(proof, ensure_ascii=False, indent=1) + "\n"
        return {PROOF: text.encode(), README: readme_text(facts, proof).encode()}

    write_proved(place, bundle_files(network), proved)
