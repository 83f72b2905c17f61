"""Data that cannot be used: what the errors of `SequenceModel.fit` say."""

import numpy as np
import pytest
import scipy.sparse

from unrolled import Network, SequenceModel, Training, errors

SMALL = Network(units=16, dropout=0.0)
SHORT = Training(epochs=2, batch_size=16, learning_rate=0.02, verbose=False)

FINE = {"a": [1.0, 2.0, 3.0, 4.0], "y": [0.1, 0.2, 0.3, 0.4]}
BAD_TABLES = {
    "a column that does not exist": (
        {"inputs": "b", "outputs": "y"},
        FINE,
        "there is no column 'b' to use as input. The columns are 'a', 'y'.",
    ),
    "an output also named as input": (
        {"inputs": ["a", "y"], "outputs": "y"},
        FINE,
        "column 'y' is named as an input and as an output. Remove it from the inputs, or the"
        " model would be given its answer.",
    ),
    "all values missing": (
        {"outputs": "y"},
        FINE | {"a": [None] * 4},
        "every value of column 'a' is missing. Choose another column, or fill this one.",
    ),
    "a constant output": (
        {"outputs": "y"},
        FINE | {"y": [2.0] * 4},
        "the output 'y' is 2.0 in every row, so there is nothing to learn. Choose an output"
        " with at least two different values.",
    ),
    "text where numbers were stated": (
        {"inputs": {"a": "number"}, "outputs": "y"},
        FINE | {"a": ["1", "two", "3", "4"]},
        "column 'a', row 2: 'two' is not a number. Correct it, leave the cell empty if it is"
        " missing, or state 'a:category' or 'a:text'.",
    ),
    "ragged vectors": (
        {"inputs": {"a": "vector"}, "outputs": "y"},
        FINE | {"a": [[1, 2], [1, 2], [1], [1, 2]]},
        "column 'a', row 3: the list has 1 numbers, but the rows before it have 2. Correct the"
        " row, or state 'a:numbers' if lengths may differ.",
    ),
    "a sequence of length 0": (
        {"outputs": "y"},
        FINE | {"a": [[1], [1, 2], [], [1]]},
        "column 'a', row 3: the sequence is missing or has no steps. Give it at least one step, or"
        " leave the row out.",
    ),
    "one row": (
        {"outputs": "y"},
        {"a": [1.0], "y": [2.0]},
        "only 1 row has a known output. Training needs at least two: one to train on and one"
        " to hold out. Add rows.",
    ),
    "a class with one example under a stratified split": (
        {"outputs": "y", "training": Training(split="stratified", verbose=False)},
        FINE | {"y": ["p", "p", "p", "q"]},
        "column 'y': only one row has the label 'q', but the split 'stratified' needs at least one"
        " on each side. Add rows, or use the split 'auto' or 'random'.",
    ),
    "a shape that contradicts the sides": (
        {"outputs": "y", "shape": "unalinged"},
        FINE,
        "There is no shape 'unalinged'. The shapes are one-to-one, one-to-many, many-to-one,"
        " aligned and unaligned; many-to-many is either of the last two. Did you mean 'unaligned'?",
    ),
    "aligned outputs of differing length": (
        {"outputs": "y", "shape": "aligned"},
        {"a": [[1, 2], [1], [1, 2], [3]], "y": [[1, 2], [1], [1], [1]]},
        "the shape 'aligned' needs as many steps out as in, in every row, but row 3 has 2"
        " steps in and 1 out. Correct that row, or use shape='unaligned'.",
    ),
    "an unknown architecture": (
        {"outputs": "y", "network": Network(architecture="dens")},
        FINE,
        "The shape one-to-one has no architecture 'dens'. Its architectures are dense. Did you mean"
        " 'dense'?",
    ),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_said_in_words(case):
    settings, table, message = BAD_TABLES[case]
    with pytest.raises(errors.UnrolledError) as caught:
        SequenceModel(**{"training": SHORT, **settings}).fit(table)
    assert str(caught.value) == message


X = np.arange(24.0).reshape(4, 6)
BAD_ARRAYS = {
    "rows that do not match": (
        X,
        [1.0, 2.0],
        "X has 4 rows and y has 2. Give one row of y for each row of X; rows are the first axis of"
        " both.",
    ),
    "four axes": (
        X.reshape(4, 1, 2, 3),
        [1.0, 2.0, 3.0, 4.0],
        "X has 4 axes, but only 1 to 3 can be used: (b,), (b f) or (b t f), written `b t f`"
        " (batch, step, value). Reshape it.",
    ),
    "swapped axes": (
        np.zeros((4, 2, 5)),
        np.ones((4, 5, 1)),
        "the axes of X look swapped: X is (4, 2, 5) and y has 5 steps. X is `b t f`, steps"
        " before features. Pass X.transpose(0, 2, 1), or list(X) if it does have 2 steps.",
    ),
    "a sparse matrix": (
        scipy.sparse.csr_matrix(X),
        [1.0, 2.0, 3.0, 4.0],
        "X is a sparse matrix, which is not supported. Pass X.toarray().",
    ),
    "an infinity": (
        np.where(X == 7, np.inf, X),
        [1.0, 2.0, 3.0, 4.0],
        "X[1, 1] is infinite. Correct it, or leave the row out.",
    ),
    "no known output": (
        X,
        [np.nan] * 4,
        "no row has a known output ('y'). Give at least two such rows.",
    ),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_said_in_words(case):
    x, y, message = BAD_ARRAYS[case]
    with pytest.raises(errors.DataError) as caught:
        SequenceModel(network=SMALL, training=SHORT).fit(x, y)
    assert str(caught.value) == message
