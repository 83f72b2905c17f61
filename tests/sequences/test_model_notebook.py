"""A fitted model in a notebook."""

import re

import numpy as np
import pytest

from unrolled import Network, SequenceModel, Training

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 96))


def model(inputs=None, outputs=None):
    few = Training(epochs=1, verbose=False)
    return SequenceModel(inputs, outputs, network=Network(units=4), training=few)


@pytest.fixture(scope="module")
def fitted():
    table = {"a": A, "group": RNG.choice(["p", "q", "r"], size=len(A))}
    return model(outputs="y").fit(table, np.where(A > 0, "up", "down"))


def test_a_notebook_shows_the_picture_the_columns_and_the_training(fitted):
    for shown in (fitted._repr_html_(), fitted._repr_mimebundle_()["text/html"]):
        assert shown.startswith("<div><svg")
        assert "<td>group</td><td>category</td>" in shown
        assert "validation loss" in shown
        assert "sk-" not in shown  # nothing of scikit-learn's own


def test_what_a_notebook_shows_is_escaped_and_loads_nothing():
    evil = "<script>alert('1')</script>"
    table = {"x": A.tolist(), "y": [f"{evil}{a > 0}" for a in A], evil: B.tolist()}
    shown = model(outputs="y").fit(table)._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert not re.findall(r"""(?:href|src)=|url\(|@import""", shown)
    assert "&lt;b&gt;" in model("<b>", "y")._repr_html_()
