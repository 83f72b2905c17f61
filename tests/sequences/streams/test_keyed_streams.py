"""Many streams by key do what each of them would do alone."""

import numpy as np
import pytest
from streamed import rows_of_numbers, untrained

from unrolled.errors import DataError


@pytest.fixture(scope="module")
def model():
    rows = rows_of_numbers()
    return untrained({"x": rows, "y": [sum(row) for row in rows]}, "x", "y")


def test_they_equal_single_streams_in_any_order(model):
    random = np.random.default_rng(0)
    many, alone = model.streams(), {}
    for _ in range(12):
        keys = random.permutation(60)[: random.integers(1, 60)].tolist()
        steps = {key: {"x": float(random.normal())} for key in keys}
        outputs = many.step(steps)
        assert list(outputs) == keys
        for key, step in steps.items():
            stream = alone.setdefault(key, model.stream())
            assert outputs[key]["y"] == pytest.approx(stream.step(step)["y"], abs=1e-6)
        dropped = many.keys()[0]
        many.drop(dropped)
        del alone[dropped]
        assert many.keys() == list(alone)
        assert len(many) == len(alone)


def test_one_bad_step_is_named_and_no_stream_advances(model):
    many, twin = model.streams(), model.streams()
    for streams in (many, twin):
        streams.step({"pump-7": {"x": 1.0}})
    with pytest.raises(DataError, match=r"^stream 'pump-9': column 'x': 'warm' is not a number"):
        many.step({"pump-7": {"x": 2.0}, "pump-8": {"x": 2.0}, "pump-9": {"x": "warm"}})
    assert many.keys() == ["pump-7"]
    step = {"pump-8": {"x": 3.0}, "pump-7": {"x": 4.0}}
    assert many.step(step) == twin.step(step)


def test_no_steps_are_no_outputs_and_an_unknown_key_cannot_be_dropped(model):
    many = model.streams()
    assert many.step({}) == {}
    assert many.keys() == []
    with pytest.raises(DataError, match="no stream 'pump-7'"):
        many.drop("pump-7")


def test_a_dropped_key_begins_anew(model):
    many = model.streams()
    first = many.step({"a": {"x": 1.0}, "b": {"x": 2.0}})
    many.drop("a")
    assert many.step({"a": {"x": 1.0}})["a"] == pytest.approx(first["a"], abs=1e-6)
