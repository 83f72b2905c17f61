"""Intervals reach their coverage, and use no errors from the future."""

import numpy as np
import pytest

import unrolled
from unrolled.forecasting.intervals import interval_offsets, repeat_offsets, rolling_offsets


def ends(errors, *, first):
    """Return the offsets of the 80% intervals of every forecast from the first (2 n-first u c)."""
    return repeat_offsets(rolling_offsets(errors, [80], first=first), len(errors) - first)[0]


@pytest.mark.parametrize("level", [50, 80, 95])
@pytest.mark.parametrize("draw", ["normal", "exponential", "standard_cauchy"])
def test_the_coverage_is_the_level_for_any_distribution_of_errors(level, draw):
    random = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        errors = getattr(random, draw)(size=(120, 2, 1))
        ((low, high),) = interval_offsets(errors[:-20], [level])
        inside.append(((low <= errors[-20:]) & (errors[-20:] <= high)).mean())
    assert -0.02 < np.mean(inside) - level / 100 < 0.03  # rather too wide than too narrow


def test_the_ends_are_the_quantiles_of_numpy_with_missing_errors():
    errors = np.random.default_rng(5).normal(size=(60, 3, 2))
    errors[::7, 1, 0] = np.nan
    offsets = interval_offsets(errors, [50, 90])
    for u, c in np.ndindex(3, 2):
        known = errors[:, u, c][~np.isnan(errors[:, u, c])]
        upper = np.array([1.5, 1.9]) / 2 * (len(known) + 1) / len(known)
        np.testing.assert_allclose(offsets[:, 0, u, c], np.quantile(known, 1 - upper))
        np.testing.assert_allclose(offsets[:, 1, u, c], np.quantile(known, upper))


def test_few_errors_are_pooled_over_all_steps_and_symmetric():
    errors = np.random.default_rng(1).normal(size=(2, 24, 1))
    ((low, high),) = interval_offsets(errors, [80])
    np.testing.assert_allclose(low, -high)
    assert len(np.unique(high)) == 1
    assert np.isnan(interval_offsets(errors[:, :3], [80])).all()  # six errors are too few


def test_a_rolling_interval_uses_only_errors_known_when_it_was_made():
    random = np.random.default_rng(2)
    errors = random.normal(size=(200, 3, 1))
    before = ends(errors, first=100)
    for u in range(3):
        for origin in (100, 124, 172):  # where errors are looked back on anew
            later = errors.copy()
            later[origin - u :, u] = 1e6  # the error for step u of a window is known u+1 later
            after = ends(later, first=100)[:, : origin - 100 + 1]
            np.testing.assert_array_equal(after[:, :, u], before[:, : origin - 100 + 1, u])


def test_rolling_intervals_follow_errors_that_grow():
    errors = np.random.default_rng(3).normal(size=(3000, 1, 1))
    errors[1500:] *= 5
    low, high = ends(errors, first=1000)
    inside = ((low <= errors[1000:]) & (errors[1000:] <= high))[:, 0, 0]
    assert inside[:500].mean() == pytest.approx(0.8, abs=0.06)
    assert inside[-500:].mean() == pytest.approx(0.8, abs=0.06)


def test_without_known_errors_there_is_no_interval():
    errors = np.random.default_rng(4).normal(size=(3, 8, 1))  # fewer windows than steps
    offsets = ends(errors, first=0)
    assert offsets.shape == (2, 3, 8, 1)
    assert np.isnan(offsets).all()


@pytest.mark.slow
def test_intervals_are_wider_where_a_series_is_restless():
    random = np.random.default_rng(6)
    restless = np.arange(3000) // 100 % 2  # a hundred quiet steps, a hundred restless ones
    table = {"y": (random.normal(size=3000) * (1 + 9 * restless)).tolist()}
    few = unrolled.Training(epochs=2, verbose=False)
    model = unrolled.Forecaster("y", horizon=2, lookback=24, training=few)
    arrays = model.fit_and_evaluate(table, last=600, level=[80]).arrays
    low, high = arrays["lo-80"][..., 0], arrays["hi-80"][..., 0]
    at = 2400 + np.arange(len(low))
    same = restless[at - 24] == restless[at + 1]  # what is looked back on and what follows
    inside = (low <= arrays["true"][..., 0]) & (arrays["true"][..., 0] <= high)
    widths = []
    for kind in (0, 1):
        rows = same & (restless[at] == kind)
        widths.append((high - low)[rows].mean())
        assert inside[rows].mean() > 0.65
    assert widths[1] > 1.8 * widths[0]
