"""Scores of each label against scikit-learn's report, and a picture of which are mixed up."""

import math

import numpy as np
import pytest
from sklearn.metrics import classification_report

import unrolled
from unrolled.errors import DataError, SettingError
from unrolled.sequences.evaluation.confusion import Confusion, plot_confusions

RNG = np.random.default_rng(0)


def mixed(labels, rows=200):
    """Return labels, and the same labels with a fifth of them drawn again."""
    true = RNG.choice(labels, rows)
    return true, np.where(RNG.random(rows) < 0.8, true, RNG.choice(labels, rows))


def test_the_scores_are_those_of_scikit_learn():
    true, predicted = mixed(["a", "b", "c"])
    found = Confusion.of(true, predicted)
    theirs = classification_report(true, predicted, output_dict=True)
    for label, rows in zip(found.labels, found.rows, strict=True):
        ours = (*found.scores[label].values(), rows)
        keys = ("precision", "recall", "f1-score", "support")
        assert ours == pytest.approx([theirs[label][key] for key in keys])
    assert found.counts.sum() == 200


def test_labels_keep_their_order_and_their_spelling():
    found = Confusion.of([10, 2, 2], [10, 9, 2], order=[2, 10, 11])
    assert found.labels == ("2", "10", "9")
    assert found.counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert math.isnan(found.scores["9"]["recall"])
    assert str(found) == "\n".join(
        [
            "      precision     recall         F1       rows",
            "  2       1.000      0.500      0.667          2",
            "  10      1.000      1.000      1.000          1",
            "  9       0.000          -      0.000          0",
        ]
    )


def test_of_many_labels_those_with_the_most_rows_are_shown():
    names = [f"label {i:02d} with a name that goes on" for i in range(25)]
    true = np.repeat(names, [3] * 5 + [9] * 20)
    lines = str(Confusion.of(true, true)).splitlines()
    assert len(lines) == 22
    assert lines[1].split("…")[0] == "  label 05 with a name th"
    assert lines[-1] == "  and 5 labels with fewer rows"


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 40])
def test_a_picture_has_a_place_for_each_pair(count, tmp_path):
    found = Confusion.of(*mixed([f"label {i:02d}" for i in range(count)], 2000))
    plot_confusions({"first": found, "second": found}, tmp_path / "found.svg")
    drawn = (tmp_path / "found.svg").read_text()
    assert drawn.count("<!-- label 01 -->") == 4
    assert drawn.count(f"<!-- {found.counts[0, 0]} -->") == (2 if count == 2 else 0)
    assert "<!-- predicted -->" in drawn


def refused(kind, work, *given):
    with pytest.raises(kind) as caught:
        work(*given)
    return str(caught.value)


def test_a_model_draws_its_labels_and_one_of_numbers_refuses(tmp_path):
    training = unrolled.Training(epochs=2, verbose=False)
    rows = np.arange(40)
    table = {"a": rows / 20, "label": rows % 2, "y": rows**0.5}
    model = unrolled.SequenceModel("a", {"label": "category", "y": "number"}, training=training)
    found = model.fit(table).evaluate(table)
    assert found.confusions.keys() == found.calibrations.keys() == {"label"}
    assert found.confusions["label"].rows.tolist() == [20, 20]
    assert str(found.confusions["label"]) in str(found)
    found.plot(tmp_path / "found.png")
    assert (tmp_path / "found.png").read_bytes().startswith(b"\x89PNG")
    assert refused(DataError, found.plot, tmp_path / "found.txt").startswith("Cannot draw into")
    numbers = unrolled.SequenceModel("a", "y", training=training).fit(table).evaluate(table)
    assert refused(SettingError, numbers.plot, tmp_path / "no.png") == (
        "There is nothing to plot: a plot shows which labels are predicted for which, and no output"
        " of this model is a category. Leave the plot out."
    )
    assert not (tmp_path / "no.png").exists()
