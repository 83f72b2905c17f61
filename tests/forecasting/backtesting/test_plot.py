"""The picture of a backtest has its panels and names, for one series and for many."""

import re

import numpy as np
import pytest

from unrolled.errors import DataError
from unrolled.forecasting.backtesting.backtest import score_forecasts
from unrolled.forecasting.backtesting.plot import _spread_out
from unrolled.forecasting.backtesting.rolling_origin import Origins, RollingForecasts
from unrolled.forecasting.series.timeline import Timeline

U, N = 3, 30


def backtest(series=1, *, levels=(), u=U):
    """Return a backtest of some series, each with as many windows one step apart."""
    random = np.random.default_rng(0)
    true = random.normal(size=(series * N, u, 1))
    names = ("network", "repeat last", "ridge")
    arrays = {"true": true, **{name: true + random.normal(size=true.shape) for name in names}}
    for level in levels:
        arrays |= {f"lo-{level}": true - 1, f"hi-{level}": true + 1}
    titles = tuple((f"s{i} · y",) for i in range(series))
    line = Timeline("numbers", 1, 0, int)
    origins = Origins(titles, np.repeat(np.arange(series), N), np.tile(np.arange(N), series), line)
    losses = dict.fromkeys(names, np.abs(true)) if levels else {}
    coverage = {80: 0.7, 95: 0.9} if levels else {}
    result = RollingForecasts(arrays, losses, coverage, np.ones((len(true), 1)), origins)
    return score_forecasts(result, levels=levels, season=None)


def texts(result, folder):
    """Return the words of the picture; matplotlib notes them beside the shapes of the letters."""
    return re.findall("<!-- (.*?) -->", result.plot(folder / "seen.svg").read_text("utf-8"))


def test_every_panel_names_its_axes_and_lines(tmp_path):
    words = texts(backtest(levels=(80,)), tmp_path)
    for name in ("forecast step", "mean absolute error", "level of the intervals (%)",
                 "true values inside (%)", "time (steps)", "network", "ridge", "true", "forecast",
                 "80%", "ideal", "observed", "s0 · y"):  # fmt: skip
        assert words.count(name) == 1, name


def test_without_levels_there_are_no_intervals(tmp_path):
    words = texts(backtest(), tmp_path)
    assert "forecast step" in words
    assert not {"80%", "observed", "level of the intervals (%)"} & {*words}


def test_a_few_of_many_series_are_shown_with_their_number(tmp_path):
    words = texts(backtest(9, u=1), tmp_path)
    assert "4 of 9 series" in words
    assert [w for w in words if w.endswith("· y")] == ["s0 · y", "s3 · y", "s5 · y", "s8 · y"]


@pytest.mark.parametrize("u", [1, 3, 24])
def test_forecasts_that_are_shown_do_not_cover_one_another(u):
    steps = np.arange(100)
    rows = _spread_out(steps + 7, steps, u)
    assert rows[0] == 106
    assert 1 < len(rows) <= 4
    assert (-np.diff(rows) >= u).all()


def test_a_picture_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(DataError, match="Cannot draw into"):
        backtest().plot(tmp_path / "nowhere" / "seen.png")
