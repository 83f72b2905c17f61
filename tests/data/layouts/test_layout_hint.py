"""A table whose rows may be steps gets a hint, and other tables do not."""

import numpy as np
import polars as pl
import pytest

from unrolled.data.ingest import ingest

N = 60


def rows(ids=12, steps=5, **more):
    frame = pl.DataFrame(
        {
            "customer": [f"c{k:03d}" for k in range(ids) for _ in range(steps)],
            "date": [f"2018-{t + 1:02d}-28" for _ in range(ids) for t in range(steps)],
            "f1": np.random.default_rng(0).normal(size=ids * steps),
            "default": [k % 2 for k in range(ids) for _ in range(steps)],
        }
    )
    return frame.with_columns(**more)


def hints(frame, inputs=("f1",), outputs="default"):
    return [n for n in ingest(frame, None, list(inputs), outputs).notes if n.startswith("hint")]


def test_an_id_that_repeats_is_named_with_what_to_pass():
    assert hints(rows()) == [
        "hint   many-to-one · b t f -> b o if the rows of a 'customer' are the steps of one"
        " example: pass id='customer', time='date' (--id customer --time date). Column 'customer'"
        " repeats (12 values in 60 rows), and now each row stands alone."
    ]
    (hint,) = hints(rows(), outputs="f1", inputs=["default"])
    assert hint.startswith("hint   aligned · b t f -> b t o if")


def test_whole_numbers_of_ids_and_shuffled_rows():
    numbered = rows(customer=pl.col("customer").str.slice(1).cast(pl.Int64))
    assert hints(numbered)
    (hint,) = hints(numbered.sample(fraction=1, shuffle=True, seed=0))
    assert "(--id customer --time date)" in hint


@pytest.mark.parametrize(
    "frame",
    [
        rows().rename({"customer": "colour"}).sample(fraction=1, shuffle=True, seed=0),
        rows(ids=60, steps=1),
        rows(ids=3, steps=20),
        rows(customer=pl.int_range(pl.len())),
        rows(customer=pl.col("f1")),
    ],
    ids=["a category", "one row each", "few values", "all different", "quantities"],
)
def test_other_columns_give_no_hint(frame):
    assert not hints(frame)


def test_a_column_that_was_named_as_input_gives_no_hint():
    assert not hints(rows(), inputs=["f1", "customer"])
