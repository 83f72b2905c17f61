"""Which rows are kept, and what is said of those that are left out."""

import numpy as np
import pytest

from unrolled.data.ingest import ingest
from unrolled.data.known_outputs import keep_known_outputs
from unrolled.errors import DataError

STEPS = [[1.0, 2.0], [3.0, 4.0, 5.0], [6.0], [7.0, 8.0]]


def kept(outputs, shape="auto", **columns):
    source = ingest({"x": STEPS, **columns}, None, "x", outputs)
    return keep_known_outputs(source, shape)


def test_a_row_is_kept_if_any_of_its_outputs_is_known():
    found = kept(["a", "b"], a=[1.5, None, None, 2.5], b=["p", "q", None, None])
    assert found.table.rows == 3
    assert found.left_out == 1
    assert found.notes == (
        "Of 4 rows, 1 has no known output and is left out.",
        "`a` is known in 2 of 3 rows; the others weigh nothing.",
        "`b` is known in 2 of 3 rows; the others weigh nothing.",
    )


def test_a_missing_sequence_beside_a_known_output_is_steps_that_are_not_known():
    found = kept(["t", "b"], t=[["A", "B"], None, [None], ["B", None]], b=["p", "q", None, "p"])
    assert found.table.values["t"] == [["A", "B"], [None] * 3, ["B", None]]
    assert found.left_out == 1
    assert "`t` is known at 3 of 7 steps; the others weigh nothing." in found.notes


def test_steps_of_numbers():
    y = [[1.0, None], [None, None, None], [2.0], None]
    found = kept("y", y=y)
    assert found.table.rows == 2
    np.testing.assert_equal(found.table.values["y"][0], [[1.0], [np.nan]])


def test_a_decoder_needs_every_step():
    y = [[1.0], [2.0, None, 3.0, 4.0], [5.0, 6.0], [7.0]]
    with pytest.raises(DataError) as caught:
        kept("y", y=y)
    assert str(caught.value) == (
        "column 'y', row 2: a number is missing at step 2 of this output. Fill it, or leave the"
        " whole cell empty to leave the row out."
    )
    with pytest.raises(DataError, match="row 1: a token is missing at step 2"):
        kept("y", "unaligned", y=[["a", None], ["b", "c", "d"], ["e"], ["f", "g"]])
    found = kept("y", y=[[1.0], None, [5.0, 6.0], [7.0]])
    assert found.notes == ("Of 4 rows, 1 lacks an output and is left out.",)


def test_nothing_known_is_refused():
    with pytest.raises(DataError, match="every value of column 'a' is missing"):
        kept("a", a=np.full(4, np.nan), b=[1, 2, 3, 4])
