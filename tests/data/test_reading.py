"""A table is read as it is stated, or as a model was fitted on it."""

import pytest

from unrolled.data.formats.read import scan
from unrolled.data.ingest import ingest
from unrolled.errors import DataError

TEXT = "a;b;y;z\n1.234,5;true;x;1\n12;maybe;y;2\n3,5;true;x;3\n"


@pytest.fixture
def write(tmp_path):
    def put(text, name="rows.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return put


def test_a_fitted_column_remembers_its_decimal_comma(write):
    fitted = ingest(write(TEXT), None, ["a", "b"], "y")
    assert [column.decimal for column in fitted.inputs] == [",", "."]
    again = ingest(write("a;b\n1.234;true\n"), None, fitted.inputs, None)
    assert again.table.values["a"].tolist() == [1234.0]
    assert again.table.values["b"].tolist() == ["true"]  # and not True
    with pytest.raises(DataError, match=r"rows\.csv': column 'a', row 1: '12\.5' has a decimal"):
        ingest(write("a;b\n12.5;true\n"), None, fitted.inputs, None)
    point = ingest(scan(write("a;b\n12.5;true\n"), decimal="."), None, fitted.inputs, None)
    assert point.table.values["a"].tolist() == [12.5]


def test_a_row_is_read_alone_as_among_others(write):
    fitted = ingest(write(TEXT), None, ["a", "b"], {"y": "category"})
    whole = ingest(write(TEXT), None, fitted.inputs, fitted.outputs).table.values
    for number, row in enumerate(TEXT.splitlines()[1:]):
        alone = ingest(write(f"a;b;y;z\n{row}\n"), None, fitted.inputs, fitted.outputs)
        for name, values in whole.items():
            assert alone.table.values[name][0] == values[number]


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("category", ["2.50", "1e3", "+5"]),
        ("text:characters", ["2.50", "1e3", "+5"]),
        ("tokens", [["2.50"], ["1e3"], ["+5"]]),
        ("number", [2.5, 1000.0, 5.0]),
    ],
)
def test_a_stated_kind_reads_the_text_of_the_file(write, kind, cells):
    path = write("a,y\n2.50,0.5\n1e3,1.5\n+5,2.5\n")
    assert list(ingest(path, None, {"a": kind}, "y").table.values["a"]) == cells


def test_inferred_labels_of_a_file_keep_their_types(write):
    path = write("a,y,z\n1.5,0,true\n2.5,1,false\n3.5,0,true\n4.5,1,true\n")
    source = ingest(path, None, "a", ["y", "z"])
    assert source.table.values["y"].tolist() == [0, 1, 0, 1]
    assert source.table.values["z"].tolist() == [True, False, True, True]


def test_columns_that_are_not_named_cannot_stop_anything(write):
    rows = '{"a": 1.5, "y": 2.5, "z": {"b": 1}}\n{"a": 2.5, "y": 3.5, "z": 7}\n'
    path = write(rows, "rows.jsonl")
    assert ingest(path, None, "a", "y").table.rows == 2
    with pytest.raises(DataError, match=r"rows\.jsonl': column 'z', row 2"):
        ingest(path, None, None, "y")


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ('"15,6"', "--decimal ,"),
        ('"1,200.50"', "--decimal ."),
        ("$3.50", "currency"),
        ("12.5%", "'%'"),
        ("3 kg", "'kg'"),
    ],
)
def test_numbers_that_are_text_by_their_spelling_are_flagged(write, cell, advice):
    other = cell.replace("3", "4").replace("5", "7").replace("2", "8")
    cells = [cell, other, *(other.replace("7", digit).replace("4", digit) for digit in "69")]
    path = write("a,y\n" + "".join(f"{c},{i}.5\n" for i, c in enumerate(cells)))
    with pytest.raises(DataError) as caught:
        ingest(path, None, "a", "y")
    assert advice in str(caught.value)
    assert "column 'a', row 1" in str(caught.value)
