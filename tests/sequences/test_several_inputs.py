"""Models of several input sequences of different lengths: as other models are, in every use."""

import json
from functools import cache

import numpy as np
import pytest

import unrolled

ROWS = 24
RANDOM = np.random.default_rng(0)
SHORT, LONG = RANDOM.integers(2, 6, ROWS), RANDOM.integers(3, 12, ROWS)
DATA = {
    "slow": [RANDOM.normal(size=n).round(2).tolist() for n in SHORT],
    "fast": [RANDOM.normal(size=(n, 2)).round(2).tolist() for n in LONG],
    "words": [[f"w{i % 3}" for i in range(n)] for n in LONG],
    "age": RANDOM.normal(size=ROWS).tolist(),
    "city": ["a", "b", "c"] * (ROWS // 3),
    "label": ["p", "q"] * (ROWS // 2),
    "total": RANDOM.normal(size=ROWS).tolist(),
    "curve": [RANDOM.normal(size=n).round(2).tolist() for n in LONG],
    "name": ["ab", "cde"] * (ROWS // 2),
}
CASES = {
    "class": (["slow", "fast", "age", "city"], ["label"], {}),
    "attention": (["slow", "words"], ["label"], {"pooling": "attention"}),
    "number": (["slow", "fast"], ["total"], {"architecture": "last"}),
    "aligned": (["slow", "fast", "city"], ["curve", "label"], {}),
    "text": (["slow", "words"], {"name": "characters"}, {}),
}


@cache
def fitted(name, **training):
    inputs, outputs, network = CASES[name]
    return unrolled.SequenceModel(
        inputs,
        outputs,
        network=unrolled.Network(units=3, **network),
        training=unrolled.Training(epochs=1, verbose=False, **training),
    ).fit(DATA)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_model_predicts_row_by_row_what_it_predicts_at_once_also_when_saved(name, tmp_path):
    model = fitted(name)
    assert len(model.schema_.length_groups) == 2
    together = model.predict(DATA)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.schema_ == model.schema_
    for row in (0, 5):
        alone = model.predict({column: cells[row : row + 1] for column, cells in DATA.items()})
        for column, cells in together.items():
            if name == "text" or column == "label":
                assert alone[column][0] == cells[row]
            else:
                np.testing.assert_allclose(alone[column][0], cells[row], rtol=1e-4, atol=1e-5)
    again = loaded.predict(DATA)
    assert {column: list(map(str, cells)) for column, cells in again.items()} == {
        column: list(map(str, cells)) for column, cells in together.items()
    }
    saved = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert saved["schema"]["length_groups"] == [list(g) for g in model.schema_.length_groups]
    assert [group["number"] for group in saved["ports"]["groups"]] == [2]
    if name != "text":  # whose evaluation is slow
        model.evaluate(DATA)


def test_a_saved_model_with_other_groups_is_refused(tmp_path):
    folder = fitted("number").save(tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["ports"]["groups"][0]["values"] = 3
    text = json.dumps(manifest)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(unrolled.errors.UnrolledError):
        unrolled.load(folder)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "total"), [("text", 1), ("attention", 2)])
def test_attention_says_which_input_each_step_is_of(name, total):
    rows = {column: cells[:2] for column, cells in DATA.items()}
    for k, row in enumerate(fitted(name).attention(rows)):
        assert row.columns == ("slow",) * SHORT[k] + ("words",) * LONG[k]
        assert row.inputs[: SHORT[k]] == tuple(str(i + 1) for i in range(SHORT[k]))
        assert row.inputs[SHORT[k] :] == tuple(DATA["words"][k])
        assert row.weights.shape == (len(row.outputs), SHORT[k] + LONG[k])
        np.testing.assert_allclose(row.weights.sum(axis=1), total, rtol=1e-5)
        assert str(row).splitlines()[0].split() == ["slow", "words"]


@pytest.mark.slow
def test_a_beam_and_samples_read_every_input():
    model = fitted("text", seeds=2)
    other = {**DATA, "words": [[*row[::-1], "w0"] for row in DATA["words"]]}
    decoding = unrolled.Decoding(beam=2)
    one, two = (model.predict(rows, decoding=decoding)["name-score"] for rows in (DATA, other))
    assert np.abs(np.array(one) - np.array(two)).min() > 0
    assert len(model.predict(DATA, decoding=unrolled.Decoding(samples=2))["name"]) == ROWS


def test_the_code_and_the_picture_have_every_input():
    model = fitted("class")
    assert 'x_2 = keras.Input((None, 6), name="x_2")' in model.code()
    text = str(model.diagram())
    assert "x: slow, age, city" in text
    assert "v: fast" in text
