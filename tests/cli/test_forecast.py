"""`unrolled forecast` and `unrolled backtest`, on monthly passengers."""

import polars as pl
import pytest

FEW = "--target y --time month --horizon 6 --epochs 2 --units 8"


@pytest.fixture
def airline(folder):
    """Write twelve years of months as a table."""
    months = pl.date_range(pl.date(2000, 1, 1), pl.date(2011, 12, 1), "1mo", eager=True)
    y = [100 + k + 20 * (k % 12 in (5, 6, 7)) for k in range(len(months))]
    pl.DataFrame({"month": months, "y": y}).write_csv(folder / "airline.csv")


@pytest.mark.usefixtures("airline")
def test_a_forecast_is_written_and_drawn(unrolled, folder):
    said = unrolled(f"forecast airline.csv {FEW} --level 80 95 -o next.csv --plot next.png")
    assert said.status == 0
    assert said.out == "drew   next.png\nwrote  next.csv  (6 rows)\n"
    assert "season 12: the rows are months" in said.err
    found = pl.read_csv(folder / "next.csv")
    assert found.columns == ["month", "y", "y-lo-80", "y-hi-80", "y-lo-95", "y-hi-95"]
    assert found["month"][0] == "2012-01-01"
    assert (folder / "next.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("airline")
def test_without_a_file_a_forecast_is_csv_on_the_screen(unrolled):
    lines = unrolled(f"forecast airline.csv {FEW}").out.splitlines()
    assert lines[0] == "month,y"
    assert len(lines) == 7


@pytest.mark.usefixtures("airline")
def test_a_backtest_scores_the_last_rows_beside_simple_forecasts(unrolled):
    said = unrolled(f"backtest airline.csv {FEW} --last 12 --level 80")
    assert said.status == 0
    assert "7 forecasts of 6 steps" in said.out
    for who in ("network", "repeat last", "seasonal naive", "ridge"):
        assert f"\n{who}" in said.out
    assert "80% intervals hold" in said.out


@pytest.mark.usefixtures("airline")
def test_a_backtest_trains_again_and_is_drawn(unrolled, folder):
    said = unrolled(f"backtest airline.csv {FEW} --last 12 --refit 4 --plot seen.png")
    assert said.status == 0
    assert said.out.endswith("\ndrew   seen.png\n")
    assert (folder / "seen.png").read_bytes().startswith(b"\x89PNG")
    refused = unrolled(f"backtest airline.csv {FEW} --refit 0")
    assert refused.status == 2
    assert "got refit=0, expected a whole number of at least 1" in refused.err


@pytest.mark.usefixtures("airline")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--target x --time month --horizon 6", "the data has no column 'x'"),
        ("--target y --time month --horizon 0", "got horizon=0"),
        ("--target month --time month --horizon 6", "got 'month' more than once"),
        ("--target y --time y --horizon 6", "got 'y' more than once"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_a_sentence(unrolled, words, says):
    said = unrolled(f"forecast airline.csv {words}")
    assert said.status == 2
    assert says in said.err
    assert "Traceback" not in said.err
