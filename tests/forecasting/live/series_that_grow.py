"""What the tests of live forecasts share: tables that grow, and a small forecaster."""

import numpy as np
import polars as pl

from unrolled import Forecaster, Network, Training

LOOKBACK, HORIZON, FITTED = 8, 3, 60  # steps


def table(n, ids=("a", "b"), seed=0, every="1h"):
    """Return hourly series with two targets and covariates of every kind."""
    random = np.random.default_rng(seed)
    frames = []
    for k, name in enumerate(ids):
        start = pl.datetime(2024, 1, 1)
        frames.append(
            pl.DataFrame(
                {
                    "id": [name] * n,
                    "t": pl.datetime_range(
                        start, start + pl.duration(hours=n - 1), every, eager=True
                    ),
                    "y": random.normal(size=n).cumsum() + 20 * (k + 1),
                    "z": random.normal(size=n) * (k + 1),
                    "past": random.normal(size=n),
                    "off": random.integers(0, 2, n).astype(float),
                    "kind": random.choice(["x", "w"], n),
                    "region": ["north", "south"][k % 2],
                }
            )
        )
    return pl.concat(frames)


def small(target="y", **params):
    settings = {"time": "t", "id": "id", "horizon": HORIZON, "lookback": LOOKBACK}
    network = Network(architecture="vector", units=4, dropout=0.0)
    training = Training(epochs=1, verbose=False)
    return Forecaster(target, **{**settings, "network": network, "training": training, **params})


def first_steps(data, n):
    """Return the first steps of each series."""
    return data.filter(pl.int_range(pl.len()).over("id") < n)


def step(data, i):
    """Return one step of each series."""
    return data.filter(pl.int_range(pl.len()).over("id") == i)


def assert_same(live, predicted):
    """Two tables of forecasts have the same columns, and the same numbers to a millionth."""
    assert live.columns == predicted.columns
    for name in live.columns:
        if live[name].dtype.is_float():
            np.testing.assert_allclose(live[name], predicted[name], rtol=1e-6, atol=1e-6)
        else:
            assert live[name].to_list() == predicted[name].to_list()
