"""`unrolled train`, `predict` and `evaluate`, as whole lines."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import polars as pl
import pytest

from unrolled.cli import main

PROCESS = (sys.executable, "-c", "from unrolled.cli import main; main()")
TRAINED = """\
in   steps  numbers  lists of numbers of different lengths
out  total  number   a number in each row

shape  many-to-one  (b t f -> b o)
`steps` is a sequence of steps and `total` is one number, so many-to-one: a row in, one out. It
would be one-to-one with lists of one length in `steps` and `steps:vector` stated, and unaligned or
aligned with a list of numbers in each row of `total`.

many-to-one · last · LSTM
b t f -> b o

                                              ┌─────┐
output                                        │  y  │
o = 1                                         └──▲──┘
                                                 │
                                              [Dense]
                                                 ▲
             ┌─────┐    ┌─────┐               ┌──┴──┐
LSTM →       │  h1 ├───▶│  h2 ├──── … ──────▶│  ht │
h = 4        └──▲──┘    └──▲──┘               └──▲──┘
"""
TRAIN = (
    "train rows.jsonl --input steps --output total --architecture last --units 4 --epochs 2"
    " --one-way"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, rows):
    """Train a model from lists of numbers to a number, once."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        patch.setenv("COLUMNS", "100")
        main([*TRAIN.split(), "--save", "kept/model"])
    return SimpleNamespace(folder=folder, out=out.getvalue(), err=err.getvalue())


@pytest.fixture
def model(unrolled, trained, monkeypatch):  # noqa: ARG001
    """Return what the training printed, in its folder."""
    monkeypatch.chdir(trained.folder)
    return trained


def test_training_says_what_it_took_and_how_good_it_is(model, masked):
    head, _, rest = model.out.partition("many-to-one · last · LSTM")
    assert head == TRAINED.partition("many-to-one · last · LSTM")[0]
    lines = [line.rstrip() for line in masked(rest).splitlines()]
    at = lines.index("total (5 rows)")
    assert lines[at - 3 : at] == ["x: steps", "y: total", ""]
    assert lines[at + 1].split() == ["RMSE", "MAE", "R2"]
    assert lines[at + 2 : at + 5] == ["  network # # #", "  mean # # #", "  ridge # # #"]
    result = " ".join(lines[at + 5 : -3])
    assert result.startswith(("The network is ", "No clear difference: RMSE # against # by "))
    assert lines[-3:] == [
        "",
        "saved  kept/model",
        "use    unrolled predict kept/model rows.jsonl -o predictions.jsonl",
    ]


def test_progress_goes_to_the_error_stream(model, masked):
    lines = masked(model.err).splitlines()
    for number, line in enumerate(lines, 1):
        shown = line.split("  ")
        assert shown[:3] == [f"epoch {number}/2", "loss #", "validation loss #"]
        assert shown[3].startswith("best epoch")
    assert len(lines) == 2


def test_the_command_it_names_works(unrolled, model):
    command = model.out.splitlines()[-1].partition("unrolled ")[2]
    result = unrolled(command)
    assert (result.status, result.err) == (0, "")
    assert result.out == "wrote  predictions.jsonl  (24 rows)\n"
    written = pl.read_ndjson(model.folder / "predictions.jsonl")
    rows = pl.read_ndjson(model.folder / "rows.jsonl")
    assert written.columns == [*rows.columns, "total-predicted"]
    assert written["total-predicted"].dtype == pl.Float64
    assert written.select(rows.columns).equals(rows)


def test_predictions_on_the_screen_are_csv(unrolled, model, rows):
    few = [{"steps": row["steps"]} for row in rows[:2]]
    (model.folder / "few.jsonl").write_text("\n".join(map(json.dumps, few)), encoding="utf-8")
    lines = unrolled("predict kept/model few.jsonl").out.splitlines()
    assert lines[0] == "steps,total-predicted"
    assert lines[1].startswith('"[0.5, 1.5]",')
    assert lines[2].startswith('"[2.5, 3.5, 4.5]",')
    assert len(lines) == 3


def test_one_row_written_is_one_row(unrolled, model):
    (model.folder / "one.jsonl").write_text('{"steps": [1.5, 2.5]}', encoding="utf-8")
    result = unrolled("predict kept/model one.jsonl --out one.csv")
    assert result.out == "wrote  one.csv  (1 row)\n"


def test_evaluating_scores_all_rows_beside_the_baselines(unrolled, model, masked):  # noqa: ARG001
    result = unrolled("evaluate kept/model rows.jsonl")
    assert (result.status, result.err) == (0, "")
    lines = masked(result.out).splitlines()
    assert lines[0] == "total (24 rows)"
    assert lines[1].split() == ["RMSE", "MAE", "R2"]
    assert lines[2:5] == ["  network # # #", "  mean # # #", "  ridge # # #"]


def test_without_a_folder_nothing_is_kept(unrolled, table, folder):
    result = unrolled(TRAIN)
    assert result.out.splitlines()[-1] == "The model is not saved. To save it, add --save FOLDER."
    assert list(folder.iterdir()) == [table]


def test_the_reason_is_wrapped_to_the_terminal(unrolled, table, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("COLUMNS", "60")
    lines = unrolled(TRAIN).out.splitlines()
    at = lines.index("shape  many-to-one  (b t f -> b o)")
    assert lines[at + 1] == "`steps` is a sequence of steps and `total` is one number, so"
    assert max(len(line) for line in lines[at : lines.index("", at)]) <= 60


def test_several_names_may_follow_one_option(unrolled, table):  # noqa: ARG001
    result = unrolled("train rows.jsonl --input a b --output label --epochs 1 --units 4")
    assert result.status == 0
    assert result.out.splitlines()[:7] == [
        "in   a      number    a number in each row",
        "in   b      number    a number in each row",
        "out  label  category  text with 2 different values in 24 rows",
        "",
        "shape  one-to-one  (b f -> b o)",
        "`a` is one number, `b` is one number and `label` is one label, so one-to-one: one box up."
        " It would",
        "be many-to-one with a list of numbers in each row of `a`, and one-to-many with"
        " `label:text` stated.",
    ]
    assert "label (5 rows)" in result.out


def test_blanks_around_numbers_and_windows_line_ends(unrolled, folder):
    lines = [f"{i}, {i % 4} ,{i * 2}{' ' if i == 3 else ''}" for i in range(24)]
    (folder / "hours.csv").write_bytes("\r\n".join(["hr,season,cnt", *lines, ""]).encode())
    result = unrolled("train hours.csv --input hr season --output cnt --epochs 1 --units 4")
    assert result.status == 0
    assert result.out.splitlines()[:3] == [
        "in   hr      number  a number in each row",
        "in   season  number  a number in each row",
        "out  cnt     number  a number in each row",
    ]


@pytest.mark.slow
def test_a_file_without_a_header_is_trained_scored_and_spoken(unrolled, folder):
    words = {f"{a}{b}{c}": f"{a} {b}\u0303 {c}\u0361ʒː" for a in "abd" for b in "oue" for c in "td"}
    lines = [
        f"{word}\t{sounds} {'x' * (i % 2)}".strip()
        for i, (word, sounds) in enumerate(words.items())
    ]
    (folder / "spoken.tsv").write_text("\n".join(lines), encoding="utf-8")
    command = "train spoken.tsv --columns word sounds --output sounds --epochs 1 --units 4 --save m"
    result = unrolled(command)
    assert result.status == 0
    assert result.out.splitlines()[:2] == [
        "in   word    text:characters  text, 18 different in 18 rows",
        "out  sounds  tokens           text, single letters separated by spaces",
    ]
    use = result.out.splitlines()[-1].partition("unrolled ")[2]
    assert use == "predict m spoken.tsv -o predictions.tsv --columns word sounds"
    assert unrolled(use).status == 0
    known = {sign for sounds in words.values() for sign in sounds.split()} | {"x"}
    written = pl.read_csv("predictions.tsv", separator="\t").fill_null("")
    assert written["word"].to_list() == list(words)
    assert written["sounds"].to_list() == [line.split("\t")[1] for line in lines]
    assert {
        sign for result in written["sounds-predicted"] for sign in result.split(" ") if sign
    } <= known
    scored = unrolled("evaluate m spoken.tsv --columns word sounds").out.splitlines()
    assert scored[1].split()[:3] == ["token", "error", "rate"]
    assert unrolled("predict m spoken.tsv").status == 2


def test_a_real_process_trains(table, folder):  # noqa: ARG001
    process = subprocess.run([*PROCESS, *TRAIN.split()], capture_output=True, text=True, cwd=folder)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("in   steps  numbers  lists of numbers of different lengths\n")
    assert process.stdout.endswith("\nThe model is not saved. To save it, add --save FOLDER.\n")
    assert "epoch 1/2  loss " in process.stderr


@pytest.mark.slow
def test_a_real_process_refuses(folder):
    words = "train rows.csv --output y"
    process = subprocess.run([*PROCESS, *words.split()], capture_output=True, text=True, cwd=folder)
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == "error: there is no file 'rows.csv'. Give the path of a table.\n"


def test_an_unexpected_error_is_one_line_and_status_1(unrolled, monkeypatch):
    import unrolled as library

    monkeypatch.setattr(library, "load", lambda folder: 1 / len(folder.suffix))
    monkeypatch.delenv("UNROLLED_TRACEBACK", raising=False)
    result = unrolled("predict model new.csv")
    assert (result.status, result.out) == (1, "")
    assert " ".join(result.err.split()) == (
        "error: unexpected ZeroDivisionError: division by zero (Set UNROLLED_TRACEBACK=1 to see the"
        " traceback.)"
    )


def test_an_interrupt_is_one_line_and_status_130(unrolled, monkeypatch):
    import unrolled as library

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(library, "load", interrupted)
    result = unrolled("predict model new.csv")
    assert (result.status, result.out, result.err.strip()) == (130, "", "error: interrupted.")
