"""`--checkpoint` and `--resume`, as whole lines."""

import warnings

import pytest

from unrolled.cli.terminal import print_warnings
from unrolled.training.checkpoints import NetworkCheckpoints

TRAIN = "train rows.jsonl --input steps --output total --units 4 --epochs 2 --save model"
FORECAST = "forecast rows.jsonl --target a --horizon 2 --lookback 3 --units 4 --epochs 1"
KEPT = "--checkpoint kept"


@pytest.mark.slow
def test_an_interrupted_training_needs_resume_and_continues(unrolled, table, monkeypatch):  # noqa: ARG001
    save = NetworkCheckpoints.save_current

    def save_and_exit(self, state, step):
        save(self, state, step)
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(NetworkCheckpoints, "is_due", lambda _, step: step == 1)
        patch.setattr(NetworkCheckpoints, "save_current", save_and_exit)
        assert unrolled(f"{TRAIN} {KEPT}").status == 9
    result = unrolled(f"{TRAIN} {KEPT}")
    assert result.status == 2
    assert " ".join(result.err.split()) == (
        "error: 'kept' holds an interrupted training. Continue it with --resume (resume=True), or"
        " delete the folder to start again."
    )
    result = unrolled(f"{TRAIN} {KEPT} --resume")
    assert result.status == 0
    assert result.err.startswith("resuming at epoch 2, step 1\nepoch 2/2  loss")
    assert "saved  model" in result.out


def test_forecast_writes_checkpoints_too(unrolled, table):
    result = unrolled(f"{FORECAST} {KEPT} --resume")
    assert result.status == 0, result.err
    assert (table.parent / "kept" / "network-1.safetensors").is_file()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--resume", "error: resume=True needs a folder for checkpoints, and Training has none."),
        (
            "--checkpoint model",
            "error: The model and the checkpoints need two separate folders, but 'model' and",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_before_training(unrolled, table, more, message):  # noqa: ARG001
    result = unrolled(f"{TRAIN} {more}")
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(message)


def test_a_warning_is_one_paragraph_without_a_place(capsys):
    with print_warnings():
        warnings.warn("the disk is full.", RuntimeWarning, stacklevel=1)
    assert capsys.readouterr().err == "warning: the disk is full.\n"
