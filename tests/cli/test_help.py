"""Help pages, the version, and what the parser refuses."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from unrolled.cli.terminal import repeat_list_options

COMMANDS = Path(__file__).parents[2] / "docs" / "commands.md"
EXAMPLES = {
    "": ["unrolled demo", "unrolled show many-to-one"],
    "show": [
        "unrolled show",
        "unrolled show unaligned --architecture tail --t 6 --u 3",
        "unrolled show many-to-one --svg picture.svg",
    ],
    "train": [
        "unrolled train sales.csv --input day price --output sold",
        "unrolled train reviews.csv --input text --output label --save model",
    ],
    "predict": ["unrolled predict model new.csv -o predictions.csv"],
    "evaluate": ["unrolled evaluate model test.csv"],
    "stream": ["unrolled stream model < log.jsonl"],
    "forecast": [
        "unrolled forecast airline.csv --target Passengers --time Date --horizon 24",
        "unrolled forecast airline.csv --target Passengers --time Date --horizon 24 --save"
        " passengers",
    ],
    "backtest": [
        "unrolled backtest airline.csv --target Passengers --time Date --horizon 24 --last 24"
    ],
    "demo": ["unrolled demo --folder demo"],
    "doctor": ["unrolled doctor"],
}
LIGHT = """
import sys
from unrolled.cli import main
try:
    main({arguments})
except SystemExit as stop:
    assert not stop.code, stop.code
heavy = [name for name in ("keras", "jax", "pandas", "polars", "sklearn") if name in sys.modules]
assert not heavy, heavy
"""


@pytest.mark.parametrize("command", EXAMPLES)
def test_each_help_page_ends_with_examples(unrolled, command):
    result = unrolled(f"{command} --help")
    lines = [line.strip() for line in result.out.rstrip().splitlines()]
    assert (result.status, result.err) == (0, "")
    for example in EXAMPLES[command]:
        assert example in lines


@pytest.mark.parametrize("command", [name for name in EXAMPLES if name])
def test_the_docs_show_each_help_page_as_it_is_printed(unrolled, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "80")
    printed = re.sub(r" +$", "", unrolled(f"{command} --help").out, flags=re.MULTILINE)
    assert f"```\n{printed.strip()}\n```" in COMMANDS.read_text("utf-8")


def test_the_commands_are_listed_whole(unrolled):
    lines = unrolled("").out.splitlines()
    for line in (
        "  show        Explain a shape with a picture, its sizes and its code.",
        "  train       Train a network on a table, and score it on held-out rows.",
        "  predict     Predict the outputs of new rows with a saved model.",
        "  evaluate    Score a saved model on rows that it has not seen.",
        "  importance  Show which inputs matter to a saved model.",
        "  export      Write a saved model as ONNX files that prove themselves.",
        "  stream      Predict after each step that comes in as a line of JSON.",
        "  forecast    Forecast the next rows of a table.",
        "  backtest    Score forecasts of the last rows of a table.",
        "  demo        Train all five shapes on bike sharing data.",
        "  doctor      Show what runs the recurrent layers on this machine.",
    ):
        assert line in lines


def test_no_command_prints_the_help_page(unrolled):
    assert unrolled("").out == unrolled("-h").out == unrolled("--help").out


def test_the_version(unrolled):
    result = unrolled("--version")
    assert (result.status, result.out, result.err) == (0, "unrolled 0.1.0\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["--version"], []])
def test_help_loads_nothing_heavy(arguments):
    script = LIGHT.format(arguments=arguments)
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr


def test_import_loads_nothing_heavy():
    script = "import sys, unrolled; assert not {'keras', 'jax', 'pandas'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "trian",
            "error: no such command 'trian'. Did you mean 'train'? For help: unrolled --help",
        ),
        (
            "train --output y",
            "error: missing argument 'FILE'. It comes before the options."
            " For help: unrolled train --help",
        ),
        (
            "train --output y data.csv",
            "error: missing argument 'FILE'. It comes before the options."
            " For help: unrolled train --help",
        ),
        (
            "train data.csv",
            "error: missing option '--output'. For help: unrolled train --help",
        ),
        (
            "train data.csv --output y --cell lsmt",
            "error: invalid value for '--cell': 'lsmt' is not one of 'lstm', 'gru', 'rnn'."
            " For help: unrolled train --help",
        ),
        (
            "predict model",
            "error: missing argument 'FILE'. It comes before the options."
            " For help: unrolled predict --help",
        ),
    ],
)
def test_the_parser_refuses_in_one_paragraph(unrolled, words, message):
    result = unrolled(words)
    assert (result.status, result.out) == (2, "")
    assert " ".join(result.err.split()) == message


@pytest.mark.parametrize("words", ["train d.csv --output y --epochs x", "show --unitss 4"])
def test_the_parser_names_the_option(unrolled, words):
    result = unrolled(words)
    assert result.status == 2
    assert words.split()[-2] in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("words", "repeated"),
    [
        ("--input a b --output y", "--input=a --input=b --output=y"),
        ("--input=a b --output=y", "--input=a --input=b --output=y"),
        ("--input a --input b", "--input=a --input=b"),
        ("--output y --input a --seed 1", "--output=y --input=a --seed 1"),
        ("--input", "--input"),
        ("--input --output y", "--input --output=y"),
        ("model new.csv -o out.csv", "model new.csv -o out.csv"),
    ],
)
def test_a_list_of_names_may_follow_one_option(words, repeated):
    assert repeat_list_options(words.split()) == repeated.split()
