"""References of rows that are longer than those they were fitted on, or have characters beside."""

import pytest

import unrolled

SMALL = unrolled.Network(units=4)
WORDS = ["ab ba", "b", "abba a", "ba"] * 10


def test_rows_held_out_may_be_longer_than_all_that_train():
    rows = [[1.0, 2.0, 3.0]] * 40
    rows[5] = [1.0, 2.0, 3.0, 4.0]
    table = {"x": rows, "y": [float(i) for i in range(40)]}
    few = unrolled.Training(epochs=1, verbose=False, seed=10)  # holds the longer row out
    found = unrolled.SequenceModel("x:numbers", "y", network=SMALL, training=few).fit_and_evaluate(
        table
    )
    assert set(found.scores["y"]) == {"network", "mean", "ridge"}


@pytest.mark.slow
def test_characters_that_only_the_network_reads_do_not_hinder_the_nearest_output():
    table = {"words": WORDS, "said": [" ".join(words.replace(" ", "")) for words in WORDS]}
    model = unrolled.SequenceModel(
        "words:words",
        "said:tokens",
        shape="unaligned",
        network=SMALL,
        training=unrolled.Training(epochs=1, verbose=False),
        text=unrolled.Text(characters=True),
    )
    found = model.fit(table).evaluate(table)
    assert found.scores["said"]["nearest training input"]["exact match"] == 1
