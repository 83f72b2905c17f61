"""`--checkpoint` and `--resume`, as whole lines."""

import warnings

import pytest

from unrolled.cli.terminal import print_warnings
from unrolled.training.checkpoints import NetworkCheckpoints

TRAIN = "train rows.jsonl --input steps --output total --units 4 --epochs 2 --save model"
FORECAST = "forecast rows.jsonl --target a --horizon 2 --lookback 3 --units 4 --epochs 1"
KEPT = "--checkpoint kept"


def test_a_broken_training_needs_resume_and_goes_on(unrolled, table, monkeypatch):  # noqa: ARG001
    keep = NetworkCheckpoints.keep

    def kept(self, state, steps):
        keep(self, state, steps)
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(NetworkCheckpoints, "due", lambda _, steps: steps == 1)
        patch.setattr(NetworkCheckpoints, "keep", kept)
        assert unrolled(f"{TRAIN} {KEPT}").status == 9
    found = unrolled(f"{TRAIN} {KEPT}")
    assert found.status == 2
    assert " ".join(found.err.split()) == (
        "error: 'kept' holds a training that was broken off, expected a new folder. Go on with it"
        " by --resume (resume=True), or delete the folder to begin anew."
    )
    found = unrolled(f"{TRAIN} {KEPT} --resume")
    assert found.status == 0
    assert found.err.startswith("going on after pass 1 and 0 steps of the next\nepoch 2/2  loss")
    assert "saved  model" in found.out


def test_forecast_keeps_checkpoints_too(unrolled, table):
    found = unrolled(f"{FORECAST} {KEPT} --resume")
    assert found.status == 0, found.err
    assert (table.parent / "kept" / "network-1.safetensors").is_file()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("--resume", "error: resume=True needs a folder for checkpoints, and Training has none."),
        ("--checkpoint model", "error: got 'model' for the model and 'model' for the checkpoints,"),
    ],
)
def test_what_makes_no_sense_is_refused_before_training(unrolled, table, more, says):  # noqa: ARG001
    found = unrolled(f"{TRAIN} {more}")
    assert (found.status, found.out) == (2, "")
    assert found.err.startswith(says)


def test_a_warning_is_one_paragraph_without_a_place(capsys):
    with print_warnings():
        warnings.warn("the disk is full.", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: the disk is full.\n"
