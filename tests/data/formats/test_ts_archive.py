from pathlib import Path

import numpy as np
import polars as pl
import pytest

from unrolled.data.formats import ts_archive
from unrolled.data.formats.content.encoding import decode
from unrolled.data.formats.read import read
from unrolled.errors import DataError

HEAD = b"# a comment\n@problemName X\n@timeStamps false\n@classLabel true a b\n@data\n"


def parse(data: bytes, **more: object) -> pl.DataFrame:
    return ts_archive.parse(decode(data, what=str(more["what"]))[0], **more)


def test_steps_come_first_and_question_marks_are_missing() -> None:
    table = parse(HEAD + b"1,2,?:4,5,6:a\n7:8:b\n", what="x.ts")
    assert table["class"].to_list() == ["a", "b"]
    np.testing.assert_equal(
        table["series"].to_list(), [[[1, 4], [2, 5], [float("nan"), 6]], [[7, 8]]]
    )


def test_a_numeric_target_and_none_at_all() -> None:
    assert parse(b"@targetlabel true\n@data\n1,2:3.5\n", what="x").rows() == [([[1.0], [2.0]], 3.5)]
    assert parse(b"@classLabel false\n@data\n1,2\n", what="x").columns == ["series"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"1,2:a\n", "x.ts has no '@data' line. Write one case on each line below '@data'."),
        (
            HEAD,
            (
                "x.ts has no cases after its '@data' line. Write one case on each line below"
                " '@data'."
            ),
        ),
        (
            HEAD + b"1,2:a\n1,2:3:a\n",
            "x.ts, row 2 (line 7): the channels have [2, 1] values, but all channels of a case"
            " must have the same number of steps. Correct the line.",
        ),
        (
            HEAD + b"1,x:a\n",
            "x.ts, row 1 (line 6): 'x' is not a number. Correct it, or write '?' for a missing"
            " one.",
        ),
        (
            b"@timeStamps true\n@data\n",
            "x.ts, line 1: the series have time stamps, which cannot be read. Write the values"
            " without their times.",
        ),
    ],
)
def test_refusals(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(data, what="x.ts")
    assert str(caught.value) == message


def test_real_sets(shared: Path) -> None:
    vowels = read(shared / "uea_ucr" / "JapaneseVowels_TRAIN.ts")
    lengths = vowels["series"].list.len()
    assert (vowels.height, lengths.min(), lengths.max()) == (270, 7, 26)
    assert vowels["series"].list.eval(pl.element().list.len()).explode().unique().to_list() == [12]
    assert vowels["class"].n_unique() == 9
    guns = read(shared / "uea_ucr" / "GunPoint_TRAIN.ts")
    assert guns["series"].list.len().unique().to_list() == [150]
