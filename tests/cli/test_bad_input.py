"""Bad input: one paragraph on the error stream, status 2, no traceback, nothing written."""

import json

import numpy as np
import pytest

import unrolled as library
from unrolled.errors import UnrolledError

ROWS = range(20)


def csv(head, row, *more):
    """Return a CSV of twenty rows and more."""
    return "\n".join([head, *(row(i) for i in ROWS), *more]) + "\n"


def lines(row):
    """Return twenty JSON lines."""
    return "\n".join(json.dumps(row(i)) for i in ROWS) + "\n"


GOOD = csv("a,b,y", lambda i: f"{i},{i % 3},{i / 2}")
FILES = {
    "good.csv": GOOD,
    "empty.csv": "",
    "header.csv": "a,y\n",
    "gaps.csv": csv("a,y", lambda i: f",{i}.5"),
    "gaps_y.csv": csv("a,y", lambda i: f"{i},"),
    "constant.csv": csv("a,y", lambda i: f"{i},1.5"),
    "words.csv": csv("a,y", lambda i: f"red{i % 2},{i}"),
    "vectors.jsonl": lines(lambda i: {"x": [1, 2, 3] if i != 4 else [1, 2], "y": i / 2}),
    "steps.jsonl": lines(lambda i: {"x": [[1, 2], [3, 4]] if i != 4 else [[1, 2], [3]], "y": i}),
    "none.jsonl": lines(lambda i: {"x": [1, 2, 3][: 1 + i % 3] if i != 4 else [], "y": i / 2}),
    "one.csv": "a,y\n1,2\n",
    "single.csv": csv("a,y", lambda i: f"{i},{'ab'[i % 2]}", "5,c"),
    "infinite.csv": csv("a,y", lambda i: f"{i},{i / 2}", "inf,3"),
    "tags.jsonl": lines(
        lambda i: {"x": [1, 2, 3][: 2 + i % 2], "y": [1.5, 2, 3][: 2 + i % 2 - (i == 4)]}
    ),
    "long.csv": csv("a,y", lambda i: f"{i},{i}", "99999999999999999999,3"),
    "mixed.csv": csv("a,y", lambda i: f"{i},{i}", "x,3"),
    "twice.csv": csv("a,a,y", lambda i: f"{i},{i},{i}"),
    "wide.csv": "a,y\n1,2\n1,2,3\n",
    "dates.csv": csv("d,y", lambda i: f"2020-01-{i + 1:02d},{i}"),
}
FILES["spoken.tsv"] = "".join(f"b{'c' * i}\tb{' c' * i} d\n" for i in ROWS)
TRAINING = {
    "no header line": (
        "train spoken.tsv --input word --output sounds",
        "'spoken.tsv': "
        "there is no column 'word' to use as input. The columns are 'b', 'b d'. The file seems"
        " to have no header line: if so, name its columns with --columns NAME ... (in Python:"
        " unrolled.read(path, columns=[...])).",
    ),
    "names for a file that has its own": (
        "train vectors.jsonl --columns x y --output y",
        "'vectors.jsonl' has column names of its own, but names were given for its columns."
        " Names are given only for a file without a header line (.csv, .tsv, .tab, .txt, .dat,"
        " .data, .conll, .iob, .bio, .conllu). Leave them out.",
    ),
    "no such file": (
        "train goood.csv --output y",
        "there is no file 'goood.csv'. Give the path of a table. Did you mean 'good.csv'?",
    ),
    "an empty file": (
        "train empty.csv --output y",
        "'empty.csv' is empty. Give a table with at least one row.",
    ),
    "header only": (
        "train header.csv --output y",
        "'header.csv' has a header, but no rows. Add at least one row below it.",
    ),
    "a folder": ("train . --output y", "'.' is a folder. Give a file such as data.csv."),
    "another format": (
        "train good.xls --output y",
        "the name of the file 'good.xls' does not say its format. It must end in .csv, .tsv,"
        " .tab, .txt, .dat, .data, .parquet, .jsonl, .ndjson, .json, .ts, .conll, .iob, .bio,"
        " .conllu, and .gz or .zst after that if it is compressed.",
    ),
    "no such input": (
        "train good.csv --input aa --output y",
        "'good.csv': "
        "there is no column 'aa' to use as input. The columns are 'a', 'b', 'y'. Did you mean 'a'?",
    ),
    "no such output": (
        "train good.csv --output yy",
        "'good.csv': "
        "there is no column 'yy' to use as output. The columns are 'a', 'b', 'y'. Did you mean"
        " 'y'?",
    ),
    "output also input": (
        "train good.csv --input a y --output y",
        "'good.csv': "
        "column 'y' is named as an input and as an output. Remove it from the inputs, or the"
        " model would be given its answer.",
    ),
    "all inputs missing": (
        "train gaps.csv --output y",
        "'gaps.csv': "
        "every value of column 'a' is missing. Choose another column, or fill this one.",
    ),
    "all outputs missing": (
        "train gaps_y.csv --output y",
        "'gaps_y.csv': "
        "every value of column 'y' is missing. Choose another column, or fill this one.",
    ),
    "a constant output": (
        "train constant.csv --output y",
        "the output 'y' is 1.5 in every row, so there is nothing to learn. Choose an output"
        " with at least two different values.",
    ),
    "text where numbers were stated": (
        "train words.csv --input a:number --output y",
        "'words.csv': "
        "column 'a', row 1: 'red0' is not a number. Correct it, leave the cell empty if it is"
        " missing, or state 'a:category' or 'a:text'.",
    ),
    "ragged vectors": (
        "train vectors.jsonl --input x:vector --output y",
        "'vectors.jsonl': "
        "column 'x', row 5: the list has 2 numbers, but the rows before it have 3. Correct the"
        " row, or state 'x:numbers' if lengths may differ.",
    ),
    "ragged steps": (
        "train steps.jsonl --output y",
        "'steps.jsonl': "
        "column 'x', row 5: a step has 1 numbers. All steps of a column must have the same"
        " number of values, here 2.",
    ),
    "a sequence of length 0": (
        "train none.jsonl --output y",
        "'none.jsonl': "
        "column 'x', row 5: the sequence is missing or has no steps. Give it at least one step, or"
        " leave the row out.",
    ),
    "one row": (
        "train one.csv --output y",
        "only 1 row has a known output. Training needs at least two: one to train on and one"
        " to hold out. Add rows.",
    ),
    "a class with one example": (
        "train single.csv --output y --split stratified",
        "column 'y': only one row has the label 'c', but the split 'stratified' needs at least one"
        " on each side. Add rows, or use the split 'auto' or 'random'.",
    ),
    "an infinity": (
        "train infinite.csv --output y",
        "'infinite.csv': "
        "column 'a', row 21: the number is infinite. Correct it, or leave it empty if it is"
        " missing.",
    ),
    "aligned rows of differing lengths": (
        "train tags.jsonl --output y --shape aligned",
        "the shape 'aligned' needs as many steps out as in, in every row, but row 5 has 2"
        " steps in and 1 out. Correct that row, or use shape='unaligned'.",
    ),
    "integer overflow": (
        "train long.csv --output y",
        "'long.csv': "
        "column 'a', row 21: the integer 99999999999999999999 is too large; the largest one is"
        " 9223372036854775807. State 'a:category' if it is an identifier, or write it as a"
        " decimal number.",
    ),
    "mixed types": (
        "train mixed.csv --output y",
        "'mixed.csv': "
        "column 'a' mixes numbers and text: row 21 holds 'x'. Leave a missing cell empty,"
        " correct the row, or state 'a:category' or 'a:text'.",
    ),
    "duplicate names": (
        "train twice.csv --output y",
        "'twice.csv' has the column name 'a' 2 times (columns 1, 2). Rename all but one, or,"
        " if this is no header line, name the columns with --columns NAME ... (in Python:"
        " unrolled.read(path, columns=[...])).",
    ),
    "not UTF-8": (
        "train latin.csv --output y",
        "'latin.csv' is not UTF-8: there is a byte 0xe9 at position 4 (line 2). Save it as UTF-8,"
        " or state its encoding: --encoding NAME, such as cp1252 or cp1251.",
    ),
    "too many cells": (
        "train wide.csv --output y",
        "'wide.csv', row 2 (line 3): the row has 3 cells, but the header has 2. Enclose a cell"
        " in quotes if it contains the separator.",
    ),
    "dates that come out": (
        "train dates.csv --output d:date",
        "column 'd' is stated as dates, but it is an output, and dates are inputs only. State"
        " 'd:characters' to have the dates written as text.",
    ),
    "an unknown architecture": (
        "train good.csv --output y --architecture lasst",
        "The shape one-to-one has no architecture 'lasst'. Its architectures are dense.",
    ),
    "an unknown shape": (
        "train good.csv --output y --shape one-to-won",
        "There is no shape 'one-to-won'. The shapes are one-to-one, one-to-many, many-to-one,"
        " aligned and unaligned; many-to-many is either of the last two. Did you mean"
        " 'one-to-one'?",
    ),
    "no epochs": (
        "train good.csv --output y --epochs 0",
        "epochs=0 is not valid for Training: epochs must be at least 1.",
    ),
    "a share above one": (
        "train good.csv --output y --test 2",
        "the fraction of held-out rows is 2.0. Give one between 0 and 1.",
    ),
    "no column to split by": (
        "train good.csv --output y --split time --split-by q",
        "there is no column 'q' to split by. The columns are 'a', 'b', 'y'.",
    ),
    "a save folder with other content": (
        "train good.csv --output y --save .",
        "Cannot write the model to '.': it exists, and is not a saved model. Choose a new folder,"
        " an empty one, or a model to replace.",
    ),
    "a save folder that is a file": (
        "train good.csv --output y --save good.csv",
        "Cannot write the model to 'good.csv': it exists, and is not a saved model. Choose a new"
        " folder, an empty one, or a model to replace.",
    ),
    "a save folder within a file": (
        "train good.csv --output y --save good.csv/model",
        "Cannot write the model to 'good.csv/model': 'good.csv' is not a folder that can be written"
        " to. Choose another folder.",
    ),
    "no model": (
        "predict nothing good.csv",
        "There is no saved model at 'nothing': a saved model is a folder or a .zip file with a"
        " manifest.json. Save one with model.save(folder), or unrolled train --save folder.",
    ),
    "a folder that is not a model": (
        "evaluate . good.csv",
        "There is no saved model at '.': a saved model is a folder or a .zip file with a"
        " manifest.json. Save one with model.save(folder), or unrolled train --save folder.",
    ),
    "a demo folder that is a file": (
        "demo --folder good.csv",
        "Cannot write the model to 'good.csv/one-to-one': 'good.csv' is not a folder that can be"
        " written to. Choose another folder.",
    ),
}
USING = {
    "a missing column": (
        "predict model no_b.csv",
        "'no_b.csv': the data has no column 'b', which the model was trained on.",
    ),
    "a missing output": (
        "evaluate model no_y.csv",
        "'no_y.csv': the data has no column 'y', which the model was trained on.",
    ),
    "another type": (
        "predict model text.csv",
        "'text.csv': "
        "column 'a', row 2: 'x' is not a number. Correct it, leave the cell empty if it is"
        " missing, or state 'a:category' or 'a:text'. The model was trained with 'a:number', and"
        " another kind needs a new training.",
    ),
    "an unknown ending": (
        "predict model good.csv -o out.xls",
        "the name of the file 'out.xls' does not say its format. It must end in .csv, .tsv,"
        " .parquet, .jsonl, .ndjson, .conll, .iob, .bio.",
    ),
    "no such folder": (
        "predict model good.csv -o nowhere/out.csv",
        "'nowhere/out.csv' cannot be written (No such file or directory). Name a file in a folder"
        " that exists and that you may write to.",
    ),
}
NEW = {"no_b.csv": "a\n1\n", "no_y.csv": "a,b\n1,2\n3,4\n", "text.csv": "a,b\n1,2\nx,3\n"}
X = np.arange(120.0).reshape(10, 4, 3)
Y = np.arange(10) / 2
ARRAYS = {
    "nothing but NaN in y": (
        X,
        np.full(10, np.nan),
        "no row has a known output ('y'). Give at least two such rows.",
    ),
    "an infinity": (
        np.where(X == 5, np.inf, X),
        Y,
        "X[0, 1, 2] is infinite. Correct it, or leave the row out.",
    ),
    "differing lengths": (
        X,
        Y[:9],
        "X has 10 rows and y has 9. Give one row of y for each row of X; rows are the first"
        " axis of both.",
    ),
    "a number": (
        np.float64(3),
        Y,
        "the data is of type float64, which cannot be read. Pass a path, a frame, a dict of"
        " columns, or arrays.",
    ),
    "4 axes": (
        X[..., None],
        Y,
        "X has 4 axes, but only 1 to 3 can be used: (b,), (b f) or (b t f), written `b t f`"
        " (batch, step, value). Reshape it.",
    ),
    "swapped axes": (
        np.ones((10, 3, 24)) * np.arange(24),
        np.arange(240.0).reshape(10, 24, 1),
        "the axes of X look swapped: X is (10, 3, 24) and y has 24 steps. X is `b t f`, steps"
        " before features. Pass X.transpose(0, 2, 1), or list(X) if it does have 3 steps.",
    ),
    "a row of no steps": (
        [*X[:9], np.zeros((0, 3))],
        Y,
        "X, row 10: the sequence is empty. Give it at least one step, or leave the row out.",
    ),
}


@pytest.fixture
def files(folder):
    """Write the bad tables, and return what the folder holds then."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "latin.csv").write_bytes(csv("a,y", lambda i: f"\xe9\xe8\xe9,{i}").encode("latin-1"))
    (folder / "good.xls").write_bytes(b"\xd0\xcf")
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("case", TRAINING)
def test_refused_in_one_paragraph(unrolled, folder, files, case):
    words, message = TRAINING[case]
    result = unrolled(words)
    assert (result.status, result.out) == (2, "")
    assert " ".join(result.err.split()) == f"error: {message}"
    assert max(map(len, result.err.splitlines())) <= 100
    assert sorted(folder.rglob("*")) == files


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a model from `a` and `b` to `y`."""
    columns = {"a": list(ROWS), "b": [i % 3 for i in ROWS], "y": [i / 2 for i in ROWS]}
    training = library.Training(epochs=1, verbose=False)
    model = library.SequenceModel(["a", "b"], "y", training=training).fit(columns)
    return model.save(tmp_path_factory.mktemp("trained") / "model")


@pytest.mark.parametrize("case", USING)
def test_refused_new_rows(unrolled, folder, trained, case):
    words, message = USING[case]
    (folder / "model").symlink_to(trained)
    for name, text in {**NEW, "good.csv": GOOD}.items():
        (folder / name).write_text(text, encoding="utf-8")
    before = sorted(folder.rglob("*"))
    result = unrolled(words)
    assert (result.status, result.out) == (2, "")
    assert " ".join(result.err.split()) == f"error: {message}"
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("case", ARRAYS)
def test_refused_arrays(case):
    inputs, outputs, message = ARRAYS[case]
    with pytest.raises(UnrolledError) as caught:
        library.SequenceModel().fit(inputs, outputs)
    assert str(caught.value) == message


def test_predicting_before_fitting():
    with pytest.raises(UnrolledError) as caught:
        library.SequenceModel("a", "y").predict({"a": [1]})
    assert str(caught.value) == (
        "This SequenceModel is not fitted yet, so 'predict' is not available. Call fit first, or"
        " read a saved model with unrolled.load(folder)."
    )


def test_an_unknown_keyword():
    with pytest.raises(UnrolledError) as caught:
        library.Network(unit=3)
    assert "Did you mean 'units'?" in str(caught.value)
    with pytest.raises(UnrolledError) as caught:
        library.SequenceModel("a", "y").set_params(shap="auto")
    assert "Did you mean 'shape'?" in str(caught.value)
