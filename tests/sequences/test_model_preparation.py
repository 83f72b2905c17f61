"""The steps before a network is built: rows with outputs, the schema, the split, the encoder."""

import numpy as np
import pytest

from unrolled import Network, SequenceModel, Text, Training
from unrolled.errors import DataError
from unrolled.sequences import preparation

ROWS = 20
TABLE = {
    "group": [f"g{i // 4}" for i in range(ROWS)],
    "a": [float(i) for i in range(ROWS)],
    "y": [None if i == 3 else i / 2 for i in range(ROWS)],
}
BY_GROUP = Training(split="group", split_by="group", validation=0.4)


@pytest.fixture
def source():
    return preparation.ingest(TABLE, None, None, "y", split_by="group")


def test_rows_without_an_output_are_dropped_from_both_views_of_the_table(source):
    assert (source.table.rows, source.frame.height) == (ROWS - 1, ROWS - 1)
    assert 3.0 not in source.table.values["a"]
    assert 3.0 not in source.frame["a"]


def test_the_column_to_split_by_is_no_input(source):
    assert [column.name for column in source.inputs] == ["a"]


def test_held_out_rows_keep_the_column_to_split_by_and_no_other(source):
    rest, held_out = preparation.hold_out(source, 0.2, BY_GROUP)
    assert rest.table.rows + held_out.table.rows == ROWS - 1
    assert (rest.frame.columns, rest.frame.height) == (["group"], rest.table.rows)
    assert not set(rest.frame["group"]) & set(held_out.frame["group"])
    train, validation = preparation.split(rest, preparation.infer_schema(source, "auto"), BY_GROUP)
    assert train.table.rows + validation.table.rows == rest.table.rows


def test_own_validation_rows_leave_all_rows_to_train_on(source):
    schema = preparation.infer_schema(source, "auto")
    train, validation = preparation.split(source, schema, Training(), TABLE)
    assert train is source
    assert validation.table.rows == ROWS - 1


def test_the_encoder_knows_the_training_rows_alone(source):
    schema = preparation.infer_schema(source, "auto")
    train, _ = preparation.hold_out(source, 0.2, Training(split="time"))
    encoder = preparation.fit_encoder(schema, train, Text(), Network())
    assert encoder.encoders["a"].mean == pytest.approx(np.mean(train.table.values["a"]))


@pytest.mark.slow
def test_validation_arrays_without_outputs_are_refused():
    x = np.arange(24.0).reshape(12, 2)
    model = SequenceModel(training=Training(epochs=1, verbose=False))
    with pytest.raises(DataError) as caught:
        model.fit(x, x[:, 0], validation=x)
    assert str(caught.value) == (
        "The validation data is an array, which has no outputs. Give a table with the columns 'x',"
        " 'y'."
    )
