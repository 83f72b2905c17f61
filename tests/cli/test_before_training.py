"""What would be refused in the end is refused before anything is trained."""

import pytest

import unrolled as library
from unrolled.errors import SettingError
from unrolled.forecasting import fitting

SERIES = {"y": [k % 4 + 0.5 for k in range(60)]}
FORECAST = (
    ("--level 0", "level=0 is no percentage: give whole percents from 1 to 99"),
    ("--level 80 100", "level=100 is no percentage: give whole percents from 1 to 99"),
    (
        "-o next.xlsx",
        ("the name of the file 'next.xlsx' does not say its format. It must end in .csv"),
    ),
    ("-o nowhere/next.csv", "'nowhere/next.csv' cannot be written"),
    ("-o .", "the name of the file '.' does not say its format. It must end in .csv"),
    ("--plot next.doc", "Cannot draw into 'next.doc': there is no format 'doc', only"),
    (
        "--plot nowhere/next.png",
        "Cannot draw into 'nowhere/next.png': no file can be written there",
    ),
)
BACKTEST = (
    ("--step 0", "step must be a whole number of at least 1, not 0"),
    ("--step -3", "step must be a whole number of at least 1, not -3"),
    (f"--step {10**9}", "step must be at most 16777216, not 1000000000"),
    ("--last 1", "last must be a whole number of at least 2, not 1"),
    ("--last 60", "60 steps are to be held out, and the longest series has 60"),
    ("--refit 0", "refit must be a whole number of at least 1, not 0"),
    ("--level 0", "level=0 is no percentage: give whole percents from 1 to 99"),
    ("--plot seen.doc", "Cannot draw into 'seen.doc': there is no format 'doc', only"),
)
ALL = [("forecast", *one) for one in FORECAST] + [("backtest", *one) for one in BACKTEST]


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Let nothing be trained."""

    def fit_forecaster(*_, **__):
        pytest.fail("a network was trained")

    monkeypatch.setattr(fitting, "fit_forecaster", fit_forecaster)


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
    with pytest.raises(SettingError, match=f"^{next(iter(given))}( must|=)"):
        library.Forecaster("y", horizon=2).fit_and_evaluate(SERIES, **given)
