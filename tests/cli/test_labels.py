"""Labels on the command line: several networks, rare classes, a table of each label, a picture."""

import polars as pl
import pytest

TRAIN = "train rows.jsonl --input text:words --output label --epochs 2 --units 4 --save kept"


@pytest.fixture
def model(unrolled, table):  # noqa: ARG001
    result = unrolled(f"{TRAIN} --seeds 2 --class-weight balanced")
    assert result.status == 0, result.err
    return result


@pytest.mark.slow
def test_several_networks_are_trained_and_kept_as_one(model, folder):
    *lines, last = model.err.splitlines()
    assert last.startswith("linear branch  0:")
    assert [line.partition("  ")[0] for line in lines] == ["network 1/2"] * 2 + ["network 2/2"] * 2
    assert "\n\nThe mean of 2 such networks, each trained separately.\n" in model.out
    manifest = (folder / "kept" / "manifest.json").read_text()
    assert '"seeds": 2' in manifest
    assert '"class_weight": "balanced"' in manifest


def test_each_label_is_scored_and_drawn(unrolled, model, folder, masked):  # noqa: ARG001
    result = unrolled("evaluate kept rows.jsonl --plot found.png")
    assert (result.status, result.err) == (0, "")
    lines = masked(result.out).splitlines()
    at = next(i for i, line in enumerate(lines) if "precision" in line)
    assert lines[at].split() == ["precision", "recall", "F1", "rows"]
    assert [line.split()[0] for line in lines[at + 1 : at + 3]] == ["no", "yes"]
    assert lines[at + 3].startswith("Expected calibration error ")
    assert lines[-1] == "drew   found.png"
    assert (folder / "found.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_no_label_cannot_be_drawn(unrolled, table, folder):  # noqa: ARG001
    unrolled("train rows.jsonl --input a --output total --epochs 1 --save kept")
    result = unrolled("evaluate kept rows.jsonl --plot found.png")
    assert result.status == 2
    assert "error: There is nothing to plot" in result.err
    assert not (folder / "found.png").exists()


def test_the_truth_stays_beside_the_prediction_and_its_confidence(unrolled, model, folder):  # noqa: ARG001
    assert unrolled("predict kept rows.jsonl -o beside.csv").status == 0
    rows, written = pl.read_ndjson(folder / "rows.jsonl"), pl.read_csv(folder / "beside.csv")
    assert written.columns[-2:] == ["label-predicted", "label-confidence"]
    assert written["label"].to_list() == rows["label"].to_list()
    assert written["label-confidence"].is_between(0.5, 1).all()
    unrolled("predict kept beside.csv -o again.csv")  # its columns are replaced, not doubled
    assert (folder / "again.csv").read_text() == (folder / "beside.csv").read_text()
    rows.drop("label").write_ndjson(folder / "new.jsonl")
    unrolled("predict kept new.jsonl -o new.csv")
    assert pl.read_csv(folder / "new.csv").equals(written.drop("label"))


@pytest.mark.slow
def test_a_threshold_decides_between_two_labels(unrolled, model, folder):  # noqa: ARG001
    found = {}
    for threshold in ("0.0001", "0.9999"):
        result = unrolled(f"predict kept rows.jsonl --threshold {threshold} -o decided.csv")
        assert result.status == 0, result.err
        found[threshold] = set(pl.read_csv(folder / "decided.csv")["label-predicted"])
    assert found == {"0.0001": {"yes"}, "0.9999": {"no"}}
    scored = unrolled("evaluate kept rows.jsonl --threshold 0.0001").out.splitlines()
    (yes,) = [line.split() for line in scored if line.split()[:1] == ["yes"]]
    assert yes[2] == "1.000"  # all of them are found
    assert "threshold=2.0 is not valid" in unrolled("predict kept rows.jsonl --threshold 2").err
