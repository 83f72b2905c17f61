"""The inputs of a window, which never include values from the future."""

import numpy as np
import polars as pl
import pytest

from unrolled.errors import DataError, SettingError
from unrolled.forecasting import baselines
from unrolled.forecasting.baselines import Ridge
from unrolled.forecasting.series.dataset import SeriesDataset, WindowSpec, split_targets
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.scaling import SeriesScaler
from unrolled.forecasting.series.static_features import StaticEncoder

T, U = 6, 3
LAYOUT = Layout(("y", "z"), "t", "id", ("p",), ("q",))


def table(n=40, seed=0):
    random = np.random.default_rng(seed)
    columns = {name: random.normal(size=2 * n) * 3 + 5 for name in "yzpq"}
    return pl.DataFrame({"id": ["a"] * n + ["b"] * n, "t": [*range(n), *range(n)], **columns})


def series(frame, *, channels="joint", indicator=False, transform="none"):
    panel = panel_from_frame(frame, LAYOUT)
    seen = split_targets(panel) if channels == "shared" else panel
    return SeriesDataset.from_panel(
        seen,
        WindowSpec(T, U, SeriesScaler.fit(seen, transform), indicator, StaticEncoder.fit(panel)),
    )


@pytest.mark.parametrize("transform", ["none", "log", "log1p", "asinh"])
def test_unscale_inverts_scale(transform):
    panel = panel_from_frame(table().with_columns(pl.col("y", "z").abs() + 0.1), LAYOUT)
    scaling = SeriesScaler.fit(panel, transform)
    moments = scaling.moments(panel)
    scaled = scaling.scale(panel, moments)
    for i in range(2):
        own = slice(panel.offsets[i], panel.offsets[i + 1])
        back = scaling.unscale(scaled[own, :2][None], moments[[i]])[0]
        np.testing.assert_allclose(back, panel.targets[own], rtol=1e-4)
        np.testing.assert_allclose(scaled[own, :2].mean(axis=0), 0, atol=1e-4)


def test_values_outside_the_domain_of_a_transform_are_refused():
    panel = panel_from_frame(table(), LAYOUT)
    with pytest.raises(DataError, match="transform='log' needs values of more than 0"):
        SeriesScaler.fit(panel, "log")
    with pytest.raises(SettingError, match="Did you mean 'log'"):
        SeriesScaler.fit(panel, "lgo")


@pytest.mark.parametrize("channels", ["joint", "shared"])
def test_a_window_sees_no_later_values_but_those_of_future_columns(channels):
    frame, origin = table(), 20
    late = frame.with_columns(
        pl.when(pl.col("t") >= origin).then(1e3).otherwise(pl.col(name)).alias(name)
        for name in ("y", "z", "p")
    )
    dataset = series(frame, channels=channels)
    panel = panel_from_frame(late, LAYOUT)
    seen = split_targets(panel) if channels == "shared" else panel
    changed = SeriesDataset.from_panel(seen, dataset.window)
    count = len(dataset.panel.ids)
    first, last = np.full(count, T), np.full(count, origin + U)
    inputs = [one.examples(first, last).inputs["x"] for one in (dataset, changed)]
    rows = np.arange(inputs[0].index.total)
    np.testing.assert_array_equal(*(block.gather(rows) for block in inputs))


def test_a_future_column_is_an_input_at_its_step_and_a_horizon_ahead():
    dataset = series(table())
    q = dataset.panel.values[:, 3]
    scaled = (q - q.mean()) / q.std()
    window = dataset.examples().inputs["x"].gather(np.array([5]))[0]
    np.testing.assert_allclose(window[:, 3], scaled[5 : 5 + T], rtol=1e-4)
    np.testing.assert_allclose(window[:, 4], scaled[5 + U : 5 + U + T], rtol=1e-4)


def test_a_missing_value_is_filled_forward_marked_and_without_weight():
    frame = table().with_columns(
        pl.when((pl.col("t") == 10) & (pl.col("id") == "a")).then(None).otherwise("y").alias("y")
    )
    dataset = series(frame, indicator=True)
    assert dataset.features[10, 0] == dataset.features[9, 0]
    assert dataset.features[10, -2:].tolist() == [0, 1]
    block = dataset.examples().targets["y"]
    row = 10 - T  # its first target is step 10
    assert block.step_weights(np.array([row])).tolist() == [[0, 1, 1]]


def test_training_windows_end_before_the_held_out_windows():
    dataset = series(table())
    cut = np.array([25, 30])
    train, held_out = dataset.examples(last=cut), dataset.examples(first=cut)
    begin = train.targets["y"].index.starts(np.arange(train.rows)) + T + U - 1
    which = train.targets["y"].index.series(np.arange(train.rows))
    assert [begin[which == i].max() - dataset.panel.offsets[i] for i in (0, 1)] == (
        cut - 1
    ).tolist()
    begin = held_out.targets["y"].index.starts(np.arange(held_out.rows)) + T
    which = held_out.targets["y"].index.series(np.arange(held_out.rows))
    assert [begin[which == i].min() - dataset.panel.offsets[i] for i in (0, 1)] == cut.tolist()
    assert dataset.examples(max_windows=10).rows <= 12


def test_each_target_is_a_series_of_its_own_where_channels_are_shared():
    panel = split_targets(panel_from_frame(table(), LAYOUT))
    assert panel.ids == (("a", "y"), ("a", "z"), ("b", "y"), ("b", "z"))
    whole = panel_from_frame(table(), LAYOUT)
    np.testing.assert_array_equal(panel.values[40:80, 0], whole.values[:40, 1])
    np.testing.assert_array_equal(panel.values[40:80, 1:], whole.values[:40, 2:])


def test_baselines_repeat_the_last_value_and_the_last_season():
    dataset = series(table())
    examples = dataset.examples()
    rows = np.arange(examples.rows)
    begin = examples.targets["y"].index.starts(rows)
    last = baselines.repeat_last(examples, rows)
    seasonal = baselines.repeat_season(examples, rows, 2)
    for row in (0, 7, examples.rows - 1):
        end = begin[row] + T
        y = dataset.features[:, :2]
        np.testing.assert_allclose(last[row], np.tile(y[end - 1], (U, 1)), atol=1e-6)
        np.testing.assert_allclose(seasonal[row], y[[end - 2, end - 1, end - 2]], atol=1e-5)


def test_the_ridge_is_that_of_scikit_learn():
    from sklearn.linear_model import Ridge as Theirs

    dataset = series(table(200))
    examples = dataset.examples()
    rows = np.arange(examples.rows)
    ours = Ridge.fit(examples).forecast(examples, rows).reshape(len(rows), -1)
    x = examples.inputs["x"].gather(rows)[..., :2].reshape(len(rows), -1)
    y = examples.targets["y"].gather(rows).reshape(len(rows), -1)
    theirs = Theirs(alpha=1.0).fit(x, y).predict(x)
    np.testing.assert_allclose(ours, theirs, atol=1e-3)
