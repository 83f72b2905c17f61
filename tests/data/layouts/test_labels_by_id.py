"""Labels in a second table are joined by the ids."""

import pandas as pd
import polars as pl
import pytest

from unrolled.data.ingest import ingest
from unrolled.data.layouts.arrange import StatedLayout
from unrolled.errors import DataError, SettingError

ROWS = pl.DataFrame({"id": [1, 1, 2, 2, 3, 3], "x": [1.0, 2, 3, 4, 5, 6]})


def join(labels, rows=ROWS, outputs="y", **more):
    return ingest(rows, labels, "x", outputs, layout=StatedLayout(id="id"), **more)


@pytest.mark.parametrize(
    "ids", [[3, 1, 2], [3.0, 1.0, 2.0], ["3", "1", "2"], ["3.0", " 1", "2"]], ids=str
)
@pytest.mark.parametrize("kind", [dict, pl.DataFrame, pd.DataFrame])
def test_ids_are_found_however_they_are_written(ids, kind):
    source = join(kind({"id": ids, "y": ["c", "a", "b"]}))
    assert list(source.table.values["y"]) == ["a", "b", "c"]
    assert len(source.notes) == 1


def test_text_ids_are_not_numbers():
    rows = ROWS.with_columns(id=pl.Series(["01", "01", "1", "1", "2", "2"]))
    source = join({"id": ["1", "01", "2"], "y": ["b", "a", "c"]}, rows)
    assert list(source.table.values["y"]) == ["a", "b", "c"]


def test_what_does_not_match_is_counted():
    source = join({"id": [1, 2, 9], "y": ["a", "b", "c"]})
    assert source.notes[:2] == (
        "1 id has no label ('id' '3'). It is left out.",
        "1 id has a label, but no rows ('id' '9'). It is left out.",
    )


def test_the_outputs_are_the_other_columns_of_the_labels():
    source = join({"id": [1, 2, 3], "y": ["a", "b", "a"], "z": [1.5, 2.5, 3.5]}, outputs=None)
    assert [column.name for column in source.outputs] == ["y", "z"]


def test_labels_replace_a_column_of_their_name():
    source = join({"id": [1, 2, 3], "y": list("aba")}, ROWS.with_columns(y=pl.lit("old")))
    assert list(source.table.values["y"]) == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            {"id": [1, 2, 3, 2], "y": list("abac")},
            "the table of labels, rows 2 and 4: the 'id' '2' has two different values of 'y', 'b'"
            " and 'c'. Leave one of the rows out.",
        ),
        (
            {"key": [1, 2], "y": ["a", "b"]},
            "the table of labels has no column 'id'. It needs the column of ids 'id' and the"
            " outputs; its columns are 'key', 'y'.",
        ),
        (
            {"id": [7, 8], "y": ["a", "b"]},
            "no 'id' of the data has a label: the data has '1', '2', '3', and the labels have '7',"
            " '8'. Write the ids in both tables in one way.",
        ),
        (
            {"id": [1, None], "y": ["a", "b"]},
            "the table of labels, row 2: the id in 'id' is missing. Fill it in, or leave the row"
            " out.",
        ),
    ],
)
def test_labels_that_cannot_be_joined_are_refused(labels, message):
    with pytest.raises(DataError) as caught:
        join(labels)
    assert str(caught.value) == message


def test_the_same_label_twice_is_one_label():
    source = join({"id": [1, 2, 3, 2], "y": list("abab")})
    assert list(source.table.values["y"]) == ["a", "b", "a"]


def test_a_file_of_labels_needs_an_id(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("id,y\n1,a\n2,b\n3,a\n")
    assert list(join(path).table.values["y"]) == ["a", "b", "a"]
    with pytest.raises(SettingError, match="Name this column as id"):
        ingest(ROWS, path, "x", "y")
