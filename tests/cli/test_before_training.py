"""What would be refused in the end is refused before anything is trained."""

import pytest

import unrolled as library
from unrolled.errors import SettingError
from unrolled.forecasting import forecaster

SERIES = {"y": [k % 4 + 0.5 for k in range(60)]}
FORECAST = (
    ("--level 0", "got level=0, expected whole percents"),
    ("--level 80 100", "got level=100, expected whole percents"),
    ("-o next.xlsx", "got the file name 'next.xlsx', expected one ending in .csv"),
    ("-o nowhere/next.csv", "'nowhere/next.csv' cannot be written"),
    ("-o .", "got the file name '.', expected one ending in .csv"),
    ("--plot next.doc", "cannot draw into 'next.doc': the ending 'doc' is none of"),
    ("--plot nowhere/next.png", "cannot draw into 'nowhere/next.png': it is no file"),
)
BACKTEST = (
    ("--step 0", "got step=0, expected a whole number of at least 1"),
    ("--step -3", "got step=-3, expected a whole number of at least 1"),
    (f"--step {10**9}", "got step=1000000000, expected at most"),
    ("--last 1", "got last=1, expected a whole number of at least 2"),
    ("--last 60", "the longest series has 60 steps, expected more than the 60 to hold out"),
    ("--refit 0", "got refit=0, expected a whole number of at least 1"),
    ("--level 0", "got level=0, expected whole percents"),
    ("--plot seen.doc", "cannot draw into 'seen.doc': the ending 'doc' is none of"),
)
ALL = [("forecast", *one) for one in FORECAST] + [("backtest", *one) for one in BACKTEST]


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Let nothing be trained."""

    def trained(*_):
        pytest.fail("it was trained")

    monkeypatch.setattr(forecaster, "trained", trained)


@pytest.mark.parametrize(("command", "words", "message"), ALL)
def test_the_command_refuses(unrolled, folder, command, words, message):
    (folder / "series.csv").write_text("\n".join(["y", *map(str, SERIES["y"])]))
    result = unrolled(f"{command} series.csv --target y --horizon 2 {words}")
    assert result.status == 2
    assert message in " ".join(result.err.split())
    assert [path.name for path in folder.iterdir()] == ["series.csv"]


@pytest.mark.parametrize(
    "given",
    [
        {"step": 0},
        {"step": 1.5},
        {"step": None},
        {"last": 1},
        {"last": 2.5},
        {"refit": 0},
        {"refit": 0.5},
        {"level": [100]},
        {"level": "80"},
    ],
    ids=str,
)
def test_python_refuses(given):
    with pytest.raises(SettingError, match=f"got {next(iter(given))}="):
        library.Forecaster("y", horizon=2).fit_and_evaluate(SERIES, **given)
