"""Forecasters that learn nothing, so that tests of what follows `fit` are quick."""

import pytest

from unrolled.forecasting import fitting
from unrolled.training.history import History


@pytest.fixture
def untrained(monkeypatch):
    """Let `fit` do all but train: forecasts are those of random weights."""
    history = History(best_epoch=1, loss=(1.0,), validation=(1.0,), stopped="limit")
    monkeypatch.setattr(fitting.fit, "fit_each", lambda *_, **__: (history,))
