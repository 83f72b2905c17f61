"""Bundles compute what the model computes, also in a process that has no Keras."""

import csv
import hashlib
import json
import subprocess
import sys
import zipfile

import numpy as np
import polars as pl
import pytest
from untrained import CASES, untrained_model

from unrolled import Decoding, Network, write
from unrolled.errors import ArtifactError, NotFittedError, SettingError
from unrolled.export import operations
from unrolled.program import operations as op
from unrolled.sequences.model import SequenceModel

ISOLATED = """
import runpy, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("unrolled", "keras", "jax", "polars", "onnx"):
            raise ImportError(name)
sys.meta_path.insert(0, Absent())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
DECODERS = ("letters to letters", "words to words", "a label to letters", "an ensemble that writes")


@pytest.fixture(scope="module")
def text_bundle(tmp_path_factory):
    """A small model with its bundle."""
    data, inputs, outputs, network, _ = CASES["text to a label"]
    model = untrained_model(data, inputs, outputs, network)
    return model, model.export(tmp_path_factory.mktemp("exported") / "bundle")


def predict(bundle, table, *options):
    """Run `predict.py` without unrolled and Keras; return the process."""
    command = [sys.executable, "-c", ISOLATED, str(bundle / "predict.py"), str(table), *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def assert_same_table(found, expected):
    """Check two CSV files: text is the same, numbers to 1e-5."""
    first, second = (
        list(csv.DictReader(path.open(encoding="utf-8"))) for path in (found, expected)
    )
    assert [list(row) for row in first] == [list(row) for row in second]
    for one, other in zip(first, second, strict=True):
        for name, cell in one.items():
            if cell != other[name]:
                numbers = [np.array(json.loads(c), float) for c in (cell, other[name])]
                tolerance = 1.01e-4 if name.endswith("confidence") else 1e-4
                np.testing.assert_allclose(*numbers, rtol=1e-5, atol=tolerance, err_msg=name)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", CASES)
def test_the_same_table_comes_out_without_keras(name, tmp_path):
    data, inputs, outputs, network, seeds = CASES[name]
    model = untrained_model(data, inputs, outputs, network, seeds)
    bundle = model.export(tmp_path / "bundle", data)
    proof = json.loads((bundle / "proof.json").read_text())
    assert proof["largest_difference"] <= 1e-5
    assert proof["compared"] > 60
    table = {c: list(data[c]) for c in (x.name for x in model.schema_.inputs)}
    write(pl.DataFrame(table, strict=False), tmp_path / "rows.csv")
    write(pl.DataFrame(table, strict=False), tmp_path / "rows.jsonl")
    searches = [(), ("--beam", "3", "--n-best", "2")] if name in DECODERS else [()]
    for options in searches:
        decoding = Decoding(beam=3, n_best=2) if options else None
        for suffix in (".csv", ".jsonl"):
            rows = tmp_path / f"rows{suffix}"
            model.predict_file(rows, tmp_path / "expected.csv", decoding=decoding)
            done = predict(bundle, rows, "-o", str(tmp_path / "found.csv"), *options)
            assert done.returncode == 0, done.stderr
            assert_same_table(tmp_path / "found.csv", tmp_path / "expected.csv")


def test_every_operation_has_a_translation():
    assert set(operations.TRANSLATIONS) == set(op.OPERATIONS.values())


def test_a_wrong_graph_is_caught_and_nothing_is_written(monkeypatch, tmp_path):
    data, inputs, outputs, network, _ = CASES["text to a label"]
    model = untrained_model(data, inputs, outputs, network)

    kinds = {type(node.operation) for node in model._trained.runtime.program.model.nodes}
    victim = op.LSTM if op.LSTM in kinds else op.Dense
    right = operations.TRANSLATIONS[victim]

    def broken(w):
        weights, name = w.nodes._weights, w.node.weights[-1]
        w.nodes._weights = {**weights, name: weights[name] + np.float32(0.01)}
        right(w)
        w.nodes._weights = weights

    monkeypatch.setitem(operations.TRANSLATIONS, victim, broken)
    with pytest.raises(ArtifactError, match="Nothing was exported: the ONNX files do not compute"):
        model.export(tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_other_weights_are_refused(text_bundle, tmp_path):
    _, bundle = text_bundle
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in bundle.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    changed = bytearray((copy / "encode.onnx").read_bytes())
    changed[len(changed) // 2] ^= 1
    (copy / "encode.onnx").write_bytes(changed)
    (tmp_path / "rows.csv").write_text("t\ngood\n")
    done = predict(copy, tmp_path / "rows.csv")
    assert done.returncode == 1
    assert done.stderr == (
        "predict.py: 'encode.onnx' is not the file that was exported with bundle.json: its sha256"
        " differs. Export the model again.\n"
    )


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("u\ngood\n", [], "the table has no column 't'."),
        ("t\ngood,bad\n", [], "row 1 has 2 cells, the header 1."),
        ("t\ngood\n", ["--beam", "3"], "no decoder of tokens, so that --beam has no effect"),
    ],
)
def test_bad_input_is_one_line(text_bundle, tmp_path, content, options, message):
    (tmp_path / "rows.csv").write_text(content)
    done = predict(text_bundle[1], tmp_path / "rows.csv", *options)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_an_unknown_option_is_refused(text_bundle, tmp_path):
    (tmp_path / "rows.csv").write_text("t\ngood\n")
    done = predict(text_bundle[1], tmp_path / "rows.csv", "--beams", "3")
    assert done.returncode == 2
    assert "unrecognized arguments: --beams 3" in done.stderr


def test_a_zip_file_holds_the_same_files(text_bundle, tmp_path):
    model, bundle = text_bundle
    packed = model.export(tmp_path / "bundle.zip")
    with zipfile.ZipFile(packed) as archive:
        assert sorted(archive.namelist()) == sorted(path.name for path in bundle.iterdir())
        for name, sha256 in json.loads(archive.read("bundle.json"))["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == sha256
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.zip"]


def test_an_earlier_export_is_replaced_and_other_things_are_not(text_bundle, tmp_path):
    model, _ = text_bundle
    model.export(tmp_path / "bundle")
    model.export(tmp_path / "bundle")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(ArtifactError, match="it exists, and is not an exported model"):
        model.export(tmp_path / "notes")
    with pytest.raises(SettingError, match=r"ends in \.onnx, but a model is exported to a folder"):
        model.export(tmp_path / "model.onnx")
    assert (tmp_path / "notes" / "a.txt").read_text() == "mine"


def test_subwords_are_refused_before_anything_is_written(tmp_path):
    data = {"t": CASES["text to a label"][0]["t"], "y": [0.5 * i for i in range(40)]}
    model = untrained_model(data, {"t": "text:subwords"}, "y", Network(units=4))
    with pytest.raises(SettingError, match="the column 't' is split into subwords"):
        model.export(tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_not_fitted_is_refused(tmp_path):
    with pytest.raises(NotFittedError, match="so 'export' is not available"):
        SequenceModel("t", "y").export(tmp_path / "bundle")
