"""Labels on the command line: several networks, rare classes, a table of each label, a picture."""

import pytest

TRAIN = "train rows.jsonl --input text:words --output label --epochs 2 --units 4 --save kept"


@pytest.fixture
def model(unrolled, table):  # noqa: ARG001
    result = unrolled(f"{TRAIN} --seeds 2 --class-weight balanced")
    assert result.status == 0, result.err
    return result


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
