"""`model.states`: arrays by layer, labels of the steps, the picture, and what is refused."""

from pathlib import Path

import numpy as np
import pytest

from unrolled import Network, SequenceModel, Training, load
from unrolled.errors import DataError, NotFittedError, SettingError

QUICK = Training(epochs=1, verbose=False)
WORDS = {"text": ["a good film", "bad", "a bad film it was"] * 8, "label": ["yes", "no", "no"] * 8}
SAVED = Path(__file__).parents[2] / "saved"


def fitted(table, inputs, outputs, **network):
    network = Network(units=4, **network)
    return SequenceModel(inputs, outputs, network=network, training=QUICK).fit(table)


@pytest.fixture(scope="module")
def words():
    return fitted(WORDS, {"text": "words"}, "label", cell="gru", layers=2)


def test_the_arrays_have_the_lengths_of_the_rows_and_the_steps_their_words(words):
    states = words.states({"text": ["bad", "a good film"]})
    names = ["forward_gru", "backward_gru", "forward_gru_1", "backward_gru_1"]
    assert list(states.layers) == names
    for name in names:
        assert list(states.layers[name]) == ["h", "z", "r", "n"]
        for array in states.layers[name].values():
            assert array.shape == (2, 3, 4)
            assert np.isnan(array[0, 1:]).all()
            assert np.isfinite(array[0, :1]).all()
            assert np.isfinite(array[1]).all()
        assert states.steps[name] == (("bad",), ("a", "good", "film"))
    assert (
        str(states).splitlines()[0] == "forward_gru     h z r n      2 rows, up to 3 steps, 4 units"
    )


def test_a_row_alone_has_the_states_that_it_has_among_others(words):
    many = words.states({"text": ["a good film", "bad", "a bad film it was"]})
    alone = words.states({"text": ["a good film"]})
    for name in alone.layers:
        np.testing.assert_allclose(
            many.array(name, "h")[0, :3], alone.array(name, "h")[0], atol=1e-6
        )


def test_a_saved_model_has_the_same_states(words, tmp_path):
    words.save(tmp_path / "model")
    row = {"text": ["a good film"]}
    again, now = load(tmp_path / "model").states(row), words.states(row)
    assert list(again.layers) == list(now.layers)
    np.testing.assert_array_equal(again.array("forward_gru", "z"), now.array("forward_gru", "z"))


def test_the_names_of_what_there_is_are_in_the_errors(words):
    states = words.states({"text": ["bad"]})
    with pytest.raises(SettingError, match=r"no layer named 'gru'.*backward_gru"):
        states.array("gru", "h")
    with pytest.raises(SettingError, match=r"no array of 'forward_gru' named 'f'.*h, z, r, n"):
        states.array("forward_gru", "f")
    with pytest.raises(SettingError, match="no row 1: there are 1"):
        states.plot("states.png", row=1)


def test_the_picture_of_a_row(words, tmp_path):
    text = {"text": ["a good film", "bad"]}
    states = words.states(text, plot=tmp_path / "first.png")
    states.plot(tmp_path / "second.svg", row=1)
    assert (tmp_path / "first.png").read_bytes()[:4] == b"\x89PNG"
    assert "<svg" in (tmp_path / "second.svg").read_text(encoding="utf-8")
    with pytest.raises(DataError, match="Cannot draw into"):
        states.plot(tmp_path / "none" / "a.png")


def test_a_decoder_reads_what_it_writes():
    model = load(SAVED / "format-2-decoder")
    rows = {"word": ["ab", "abba"]}
    states = model.states(rows)
    *encoders, decoder = states.layers
    written = [attention.outputs for attention in model.attention(rows)]
    assert list(states.steps[decoder]) == written
    assert states.array(decoder, "h").shape[:2] == (2, max(map(len, written)))
    for encoder in encoders:
        assert states.steps[encoder] == (("a", "b"), tuple("abba"))
        assert np.isnan(states.array(encoder, "h")[0, 2:]).all()


def test_steps_of_numbers_have_numbers():
    table = {"x": np.arange(48.0).reshape(8, 3, 2).tolist(), "y": np.arange(8.0)}
    states = fitted(table, "x", "y", architecture="last", cell="rnn").states(table)
    assert {name: list(arrays) for name, arrays in states.layers.items()} == {"simple_rnn": ["h"]}
    assert states.steps["simple_rnn"][0] == ("1", "2", "3")


def test_a_network_without_recurrent_layers_has_no_states():
    table = {"x": np.arange(20.0), "y": np.arange(20.0)}
    model = fitted(table, "x", "y")
    with pytest.raises(SettingError, match="no recurrent layers"):
        model.states(table)
    with pytest.raises(NotFittedError):
        SequenceModel("x", "y").states(table)
