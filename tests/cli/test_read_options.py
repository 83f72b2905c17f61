"""Every command takes the same options on how a file is read."""

import inspect

import pytest

from unrolled.cli import backtest, evaluate, forecast, predict, train
from unrolled.cli.shared_options import reading
from unrolled.cli.terminal import repeat_list_options

COMMANDS = [train.train, predict.predict, evaluate.evaluate, forecast.forecast, backtest.backtest]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_every_command_has_the_options_of_reading(command):
    parameters = inspect.signature(command).parameters
    assert [name for name in reading.NAMES if name not in parameters] == []


def test_marks_of_missing_cells_may_begin_with_a_dash():
    words = ["data.csv", "--missing", "?", "-999", "-", "--output", "y"]
    assert repeat_list_options(words) == [
        *("data.csv", "--missing=?", "--missing=-999", "--missing=-", "--output=y")
    ]


def test_only_stated_options_are_passed_on_and_repeated_in_the_next_command(tmp_path):
    options = {
        "columns": ["a", "b"],
        "decimal": ",",
        "missing": ["-"],
        "encoding": None,
        "epochs": 1,
    }
    assert reading.stated_options(options) == {
        "columns": ["a", "b"],
        "decimal": ",",
        "missing": ["-"],
    }
    assert reading.options_again(options) == [
        *("--columns", "a", "b", "--decimal", ",", "--missing=-")
    ]
    path = tmp_path / "a.txt"
    path.write_text("1,5|-\n2,5|x\n")
    assert reading.open_table(path, options).frame().rows() == [(1.5, None), (2.5, "x")]
