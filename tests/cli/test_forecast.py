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
    result = unrolled(f"forecast airline.csv {FEW} --level 80 95 -o next.csv --plot next.png")
    assert result.status == 0
    assert result.out == "drew   next.png\nwrote  next.csv  (6 rows)\n"
    assert "season 12: the rows are months" in result.err
    result = pl.read_csv(folder / "next.csv")
    assert result.columns == ["month", "y", "y-lo-80", "y-hi-80", "y-lo-95", "y-hi-95"]
    assert result["month"][0] == "2012-01-01"
    assert (folder / "next.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.usefixtures("airline")
def test_without_a_file_a_forecast_is_csv_on_the_screen(unrolled):
    lines = unrolled(f"forecast airline.csv {FEW}").out.splitlines()
    assert lines[0] == "month,y"
    assert len(lines) == 7


@pytest.mark.usefixtures("airline")
def test_a_backtest_scores_the_last_rows_beside_simple_forecasts(unrolled):
    result = unrolled(f"backtest airline.csv {FEW} --last 12 --level 80")
    assert result.status == 0
    assert "7 forecasts of 6 steps" in result.out
    for who in ("network", "repeat last", "seasonal naive", "ridge"):
        assert f"\n{who}" in result.out
    assert "80% intervals cover" in result.out


@pytest.mark.slow
@pytest.mark.usefixtures("airline")
def test_a_backtest_trains_again_and_is_drawn(unrolled, folder):
    result = unrolled(f"backtest airline.csv {FEW} --last 12 --refit 4 --plot seen.png")
    assert result.status == 0
    assert result.out.endswith("\ndrew   seen.png\n")
    assert (folder / "seen.png").read_bytes().startswith(b"\x89PNG")
    refused = unrolled(f"backtest airline.csv {FEW} --refit 0")
    assert refused.status == 2
    assert "refit must be a whole number of at least 1, not 0" in refused.err


@pytest.mark.usefixtures("airline")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--target x --time month --horizon 6", "the data has no column 'x'"),
        (
            "--target y --time month --horizon 0",
            "horizon must be a whole number of at least 1, not 0",
        ),
        ("--target month --time month --horizon 6", "'month' is named more than once"),
        ("--target y --time y --horizon 6", "'y' is named more than once"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_a_sentence(unrolled, words, message):
    result = unrolled(f"forecast airline.csv {words}")
    assert result.status == 2
    assert message in result.err
    assert "Traceback" not in result.err


@pytest.mark.usefixtures("airline")
def test_a_saved_forecaster_forecasts_and_is_scored_by_the_verbs_of_saved_models(unrolled, folder):
    result = unrolled(f"forecast airline.csv {FEW} --save model --level 80 -o next.csv")
    assert result.out == (
        "saved  model\nuse    unrolled predict model airline.csv -o forecast.csv\n"
        "wrote  next.csv  (6 rows)\n"
    )
    result = unrolled("predict model airline.csv --level 80 -o again.csv")
    assert result.out == "wrote  again.csv  (6 rows)\n"
    assert (folder / "again.csv").read_text() == (folder / "next.csv").read_text()
    more = pl.read_csv(folder / "airline.csv")[:-7]
    more.write_csv(folder / "less.csv")
    assert unrolled("predict model less.csv").out.splitlines()[1].startswith("2011-06-01,")
    result = unrolled("evaluate model airline.csv --last 12 --level 80")
    assert result.status == 0
    assert "\nseasonal naive" in result.out
    assert "80% intervals cover" in result.out


@pytest.mark.usefixtures("airline", "table")
def test_options_of_the_other_kind_of_model_are_refused(unrolled, folder):
    unrolled(f"forecast airline.csv {FEW} --save model")
    result = unrolled("predict model airline.csv --n-best 2")
    assert (result.status, result.err) == (
        2,
        "error: --n-best does not apply here: the model is a forecaster, and --n-best is only for"
        " models of\n'unrolled train'. Leave it out.\n",
    )
    unrolled("train rows.jsonl --input a --output total --epochs 1 --units 2 --save rows")
    for words in ("predict rows rows.jsonl --level 80", "evaluate rows rows.jsonl --last 3"):
        result = unrolled(words)
        assert result.status == 2
        assert "does not apply here: the model is no forecaster" in result.err
    assert not (folder / "next.csv").exists()


@pytest.fixture
def holidays(folder):
    """Write twelve years of months with a column that is known beforehand."""
    months = pl.date_range(pl.date(2000, 1, 1), pl.date(2011, 12, 1), "1mo", eager=True)
    off = [float(k % 5 == 0) for k in range(len(months))]
    y = [100 + k + 30 * h for k, h in enumerate(off)]
    pl.DataFrame({"month": months, "y": y, "off": off}).write_csv(folder / "holidays.csv")


@pytest.mark.slow
@pytest.mark.usefixtures("holidays")
def test_what_is_known_beforehand_is_asked_for_filled_and_used(unrolled, folder):
    result = unrolled(f"forecast holidays.csv {FEW} --future off")
    assert result.status == 2
    assert " ".join(result.err.split()) == (
        "error: the future values of 'off' are missing: give a table of them for the steps to"
        " forecast, as future=... or --ahead FILE. `make_future()`, or --make-future FILE, makes"
        " the table to fill in."
    )
    result = unrolled(f"forecast holidays.csv {FEW} --future off --make-future ahead.csv")
    assert result.out == "wrote  ahead.csv  (6 rows)\n"
    asked = pl.read_csv(folder / "ahead.csv")
    assert asked.columns == ["month", "off"]
    assert asked["month"][0] == "2012-01-01"
    unfilled = unrolled(f"forecast holidays.csv {FEW} --future off --ahead ahead.csv")
    assert unfilled.status == 2
    assert (
        "the future has no 'off' for 2012-01-01. It must have a value for each of the 6 steps"
    ) in " ".join(unfilled.err.split())
    asked.with_columns(off=pl.lit(1.0)).write_csv(folder / "ahead.csv")
    words = "--future off --ahead ahead.csv --save model -o next.csv --plot next.png"
    assert unrolled(f"forecast holidays.csv {FEW} {words}").status == 0
    assert unrolled("predict model holidays.csv --ahead ahead.csv -o again.csv").status == 0
    assert (folder / "again.csv").read_text() == (folder / "next.csv").read_text()
    unrolled("predict model holidays.csv --make-future empty.csv")
    assert pl.read_csv(folder / "empty.csv")["off"].is_null().all()
    assert "the future values of 'off' are missing" in unrolled("predict model holidays.csv").err
    result = unrolled(f"backtest holidays.csv {FEW} --future off --last 12")
    assert "7 forecasts of 6 steps" in result.out


@pytest.mark.usefixtures("holidays")
def test_a_full_folder_and_a_table_for_nothing_are_refused_before_training(unrolled, folder):
    (folder / "full").mkdir()
    (folder / "full" / "thesis.txt").write_text("work")
    assert "is not a saved model" in unrolled(f"forecast holidays.csv {FEW} --save full").err
    result = unrolled(f"forecast holidays.csv {FEW} --ahead holidays.csv")
    assert "no column was named as a future covariate" in " ".join(result.err.split())
    assert "season" not in result.err  # nothing was trained
