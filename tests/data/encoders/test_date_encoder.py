"""Dates as inputs: their features, by hand and by the standard library."""

import json
import math
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.encoders.dates import Dates
from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column

COLUMN = Column(name="day", kind="date")
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1))


def array(values: list[Any]) -> np.ndarray:
    return np.array(values, dtype="datetime64[us]")


def reload(fitted: Dates) -> Any:
    return encoder_from_dict(json.loads(json.dumps(fitted.to_dict(), allow_nan=False)))


def waves(turn: float) -> list[float]:
    return [math.sin(2 * math.pi * turn), math.cos(2 * math.pi * turn)]


@given(st.lists(TIMES, min_size=3, unique=True))
def test_features_are_those_of_the_calendar(times: list[datetime]) -> None:
    times = [*times, datetime(2001, 5, 6, 7, 8)]
    encoder = reload(Dates(COLUMN).fit(array(times)))
    encoder.constant = []
    encoded = encoder.encode(array(times))
    days = np.array([(t - min(times)) / timedelta(days=1) for t in times])
    scaled = (days - days.mean()) / days.std()
    for row, t, elapsed in zip(encoded, times, scaled, strict=True):
        turns = [t.weekday() / 7, (t.month - 1) / 12, (t.timetuple().tm_yday - 1) / 365.25]
        midnight = datetime(t.year, t.month, t.day)
        turns += [(t - midnight) / timedelta(days=1)] * encoder.hours
        expected = [wave for turn in turns for wave in waves(turn)] + [elapsed]
        np.testing.assert_allclose(row, expected, atol=1e-4)


def test_the_hour_counts_only_if_times_differ() -> None:
    days = array(["2024-01-01T08:00", "2024-02-03T08:00"])
    assert Dates(COLUMN).fit(days).size == 7
    assert Dates(COLUMN).fit(days + np.array([0, 1]) * np.timedelta64(1, "h")).size == 9


def test_missing_dates_have_a_mark_of_their_own() -> None:
    encoder = reload(Dates(COLUMN).fit(array(["2024-01-01", "NaT", "2024-02-03"])))
    encoded = encoder.encode(array(["2024-01-01", "NaT"]))
    assert encoded[:, -1].tolist() == [0, 1]
    assert not encoded[1, :-1].any()
    without = Dates(COLUMN).fit(array(["2024-01-01", "2024-02-03"]))
    assert without.encode(array(["NaT"])).tolist() == [[0] * 7]


def test_what_is_the_same_in_all_training_dates_never_counts() -> None:
    mondays = array(["2024-01-01", "2024-01-08", "2024-01-15"])
    encoder = reload(Dates(COLUMN).fit(mondays))
    assert encoder.constant == [0, 1, 2, 3]  # the day of the week and the month
    assert encoder.encode(array(["2024-05-05"]))[0, :4].tolist() == [0] * 4
    one = Dates(COLUMN).fit(array(["2024-01-01", "2024-01-01"]))
    assert not one.encode(mondays).any()
    assert not Dates(COLUMN).fit(array(["NaT"])).encode(mondays).any()


def test_dates_long_before_and_after_the_training_part() -> None:
    encoder = Dates(COLUMN).fit(array([date(2024, 1, 1), date(2024, 1, 3)]))
    assert encoder.encode(array(["1969-12-29", "2262-01-01"]))[:, -1].tolist() == [-19727, 86927]


def test_an_encoder_of_dates_must_be_fitted_first() -> None:
    for call in (Dates(COLUMN).to_dict, lambda: Dates(COLUMN).encode(array(["NaT"]))):
        with pytest.raises(NotFittedError):
            call()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("first", "yesterday"),
        ("first", 3),
        ("hours", 1),
        ("marked", None),
        ("mean", float("nan")),
        ("std", 0),
        ("constant", [7]),
        ("constant", [0, 0]),
        ("constant", ["0"]),
    ],
)
def test_a_saved_encoder_of_dates_is_not_trusted(name: str, value: Any) -> None:
    facts = Dates(COLUMN).fit(array(["2024-01-01", "2024-02-03"])).to_dict()
    with pytest.raises(DataError, match=name):
        encoder_from_dict(facts | {name: value})
