"""Progress of a training: a live line on a terminal, a few lines elsewhere."""

import os
import select
import sys

import pytest

from unrolled.training.progress import Progress, stage


def show(max_epochs, *, epochs=None, verbose=True):
    progress = Progress(max_epochs, verbose=verbose)
    for number in range(1, (epochs or max_epochs) + 1):
        progress.epoch(number, loss=1 / number, validation=2 / number, best=number)
    progress.close()


def test_without_a_terminal_there_are_a_few_lines(capsys):
    show(200)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[1] for line in err.splitlines()] == [
        "1/200",
        *(f"{n}/200" for n in range(20, 201, 20)),
    ]
    assert err.splitlines()[0] == (
        "epoch 1/200  loss 1.0000  validation loss 2.0000  best epoch 1  0:00"
    )


def test_the_last_epoch_is_shown_if_training_stopped_early(capsys):
    show(200, epochs=33)
    assert capsys.readouterr().err.splitlines()[-1].startswith("epoch 33/200  loss 0.0303")


def test_no_line_is_shown_twice(capsys):
    show(3)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in lines] == ["1/3", "2/3", "3/3"]


def test_nothing_is_shown_without_verbose(capsys):
    show(20, verbose=False)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shown", [True, False])
def test_a_stage_shows_in_the_end_how_long_it_took(capsys, shown):
    with stage("linear branch", shown=shown):
        assert capsys.readouterr().err == ""
    assert capsys.readouterr() == ("", "linear branch  0:00\n" if shown else "")


def test_a_stage_that_fails_does_not_show_that_it_is_done(capsys):
    with pytest.raises(ValueError, match="no fit"), stage("linear branch", shown=True):
        raise ValueError("no fit")
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_on_a_terminal_one_line_is_updated_and_the_last_one_stays(monkeypatch):
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        show(40)
        terminal.flush()
        shown = ""
        while select.select([master], [], [], 0.5)[0]:
            shown += os.read(master, 1 << 16).decode()
    os.close(master)
    assert shown.rpartition("\x1b[2K")[2].startswith("epoch 40/40  loss 0.0250")
    assert "at most 0:00 left" in " ".join(shown.split())  # a narrow terminal breaks the line
