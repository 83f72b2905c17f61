"""Saved models of every format are exported, with their proof."""

import json
from pathlib import Path

import pytest

import unrolled

SAVED = Path(__file__).parents[1] / "saved"
NAMES = sorted(
    folder.name
    for folder in SAVED.glob("format-*")
    if "forecast" not in folder.name and (folder / "manifest.json").is_file()
)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("name", NAMES[::-1])
def test_a_trained_model_is_exported(name, tmp_path):
    model = unrolled.load(SAVED / name)
    if model.schema_.inputs[0].unit == "subwords":
        pytest.skip("subwords are not exported")
    bundle = model.export(tmp_path / "bundle")
    proof = json.loads((bundle / "proof.json").read_text(encoding="utf-8"))
    assert proof["compared"] > 0
    assert proof["largest_difference"] <= proof["limit"] == 1e-5
    assert proof["versions"].keys() >= {"unrolled", "onnx", "onnxruntime", "numpy"}
