from pathlib import Path

import numpy as np
import polars as pl
import pytest

from unrolled.data.formats.read import read
from unrolled.data.formats.ts_archive import frame
from unrolled.errors import DataError

HEAD = b"# a comment\n@problemName X\n@timeStamps false\n@classLabel true a b\n@data\n"


def test_steps_come_first_and_question_marks_are_missing() -> None:
    found = frame(HEAD + b"1,2,?:4,5,6:a\n7:8:b\n", what="x.ts")
    assert found["class"].to_list() == ["a", "b"]
    np.testing.assert_equal(
        found["series"].to_list(), [[[1, 4], [2, 5], [float("nan"), 6]], [[7, 8]]]
    )


def test_a_numeric_target_and_none_at_all() -> None:
    assert frame(b"@targetlabel true\n@data\n1,2:3.5\n", what="x").rows() == [([[1.0], [2.0]], 3.5)]
    assert frame(b"@classLabel false\n@data\n1,2\n", what="x").columns == ["series"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"1,2:a\n", "x.ts has no '@data' line, expected a case a line below '@data'."),
        (HEAD, "x.ts has no cases after its '@data' line, expected a case a line below '@data'."),
        (
            HEAD + b"1,2:a\n1,2:3:a\n",
            "x.ts, row 2 (line 7): got channels of [2, 1] values, expected every channel of a case"
            " to have the same number of steps.",
        ),
        (
            HEAD + b"1,x:a\n",
            "x.ts, row 1 (line 6): got 'x' among the values, expected numbers or '?'.",
        ),
        (
            b"@timeStamps true\n@data\n",
            "x.ts, line 1: got time stamps inside the series, expected values alone. Write the"
            " values without their times.",
        ),
    ],
)
def test_refusals(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        frame(data, what="x.ts")
    assert str(caught.value) == message


def test_real_sets(shared: Path) -> None:
    vowels = read(shared / "uea_ucr" / "JapaneseVowels_TRAIN.ts")
    lengths = vowels["series"].list.len()
    assert (vowels.height, lengths.min(), lengths.max()) == (270, 7, 26)
    assert vowels["series"].list.eval(pl.element().list.len()).explode().unique().to_list() == [12]
    assert vowels["class"].n_unique() == 9
    guns = read(shared / "uea_ucr" / "GunPoint_TRAIN.ts")
    assert guns["series"].list.len().unique().to_list() == [150]
