"""The state of a stream in a file: it continues exactly, and no other file is taken for it."""

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from streamed import rows_of_numbers, untrained

import unrolled
from unrolled import Network
from unrolled.errors import ArtifactError

ROWS = rows_of_numbers()
TABLE = {"x": ROWS, "kind": ["a", "b", "c"] * 4, "y": [sum(row) for row in ROWS]}
INPUTS = {"x": "numbers", "kind": "category"}


@pytest.fixture(scope="module")
def model():
    return untrained(TABLE, INPUTS, "y")


@pytest.fixture
def state(model, tmp_path):
    stream = model.stream()
    list(stream.over([{"x": 1.0, "kind": "b"}, {"x": 2.0}]))
    stream.save(tmp_path / "state.safetensors")
    return stream, tmp_path / "state.safetensors"


def test_it_continues_exactly_also_with_the_saved_model(model, state, tmp_path):
    stream, path = state
    model.save(tmp_path / "model")
    streams = [stream, model.stream(path), unrolled.load(tmp_path / "model").stream(str(path))]
    for x in (3.0, -1.0, 2.5):
        outputs = [stream.step({"x": x}) for stream in streams]
        assert outputs[0] == outputs[1] == outputs[2]


def test_the_state_of_another_model_is_refused(state):
    _, path = state
    other = untrained(TABLE, INPUTS, "y")
    weights = other.model_.get_weights()
    weights[0][0, 0] += 1e-3
    other.model_.set_weights(weights)
    with pytest.raises(ArtifactError, match="of another model"):
        other.stream(path)
    wider = untrained(TABLE, INPUTS, "y", Network(units=7, bidirectional=False))
    with pytest.raises(ArtifactError, match="not the state of a stream of this model"):
        wider.stream(path)


def change(path, **arrays):
    save_file({**load_file(path), **arrays}, path)


DAMAGE = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "no safetensors": lambda path: path.write_bytes(b"x" * 1000),
    "a further array": lambda path: change(path, more=np.zeros(3)),
    "another type": lambda path: change(path, **{"state.0": np.zeros((1,), np.int32)}),
    "more rows": lambda path: change(path, **{"state.0": np.zeros((2,), np.int64)}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused(model, state, damage):
    _, path = state
    DAMAGE[damage](path)
    with pytest.raises(ArtifactError, match="not the state of a stream of this model"):
        model.stream(path)


def test_files_that_are_not_there(model, state, tmp_path):
    stream, _ = state
    with pytest.raises(ArtifactError, match="cannot be read"):
        model.stream(tmp_path / "nothing.safetensors")
    with pytest.raises(ArtifactError, match="cannot be written"):
        stream.save(tmp_path / "no folder" / "state.safetensors")
