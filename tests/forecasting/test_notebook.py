"""A notebook shows a forecaster and a backtest; what comes from a table is escaped."""

import re

import numpy as np
import pytest

from unrolled import Forecaster, Network, Training

TARGET = "<b>y</b> & z"
TABLE = {TARGET: np.random.default_rng(0).normal(size=80)}


@pytest.fixture(scope="module")
def model():
    quick = Training(epochs=1, verbose=False)
    return Forecaster(TARGET, horizon=2, network=Network(units=2), training=quick)


@pytest.fixture(scope="module")
def backtest(model):
    return model.fit_and_evaluate(TABLE, last=20, level=[80])


def external(page):
    """Return the addresses that a page names, but for that of the SVG format."""
    addresses = re.findall(r"https?://[^\"' ]+|(?:src|href)=\S+|url\(\S+", page)
    return [address for address in addresses if "www.w3.org" not in address]


def test_a_fitted_forecaster_shows_its_picture_and_its_reasons(model, backtest):
    assert backtest.windows
    page = model._repr_html_()
    assert "<svg" in page
    assert "<b>" not in page
    assert "&lt;b&gt;y&lt;/b&gt; &amp; z: 16 steps in, 2 steps out; the rows are steps" in page
    for reason in model.reasons_:
        assert f"<p>{reason}</p>" in page
    assert "2 units" in page
    assert not external(page)
    assert model._repr_mimebundle_()["text/html"] == page


def test_an_unfitted_forecaster_shows_its_parameters():
    page = Forecaster("<b>", horizon=2)._repr_html_()
    assert page.startswith("<pre>Forecaster(")
    assert "<b>" not in page


def test_a_backtest_shows_the_scores_beside_those_of_the_baselines(backtest):
    page = backtest._repr_html_()
    rows = re.findall("<tr>(.*?)</tr>", page)
    metrics, *names = [re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in rows]
    assert metrics == ["", *backtest.scores["network"]]
    assert [cells[0] for cells in names] == list(backtest.scores)
    assert names[0][1] == f"{backtest.scores['network']['MAE']:.4g}"
    assert "<p>80% intervals cover " in page
    assert f"<p>{backtest.verdict}</p>" in page
    assert not external(page)
    assert len(page) < 2000
