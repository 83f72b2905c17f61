"""A trained decoder generates: alone or in a batch, by search or sampling, and attends."""

import numpy as np
import pytest

import unrolled
from unrolled import Decoding, Network, SequenceModel, Training
from unrolled.errors import DataError, SettingError

LETTERS = "abcde"
RNG = np.random.default_rng(0)
WORDS = ["".join(RNG.choice(list(LETTERS), n)) for n in RNG.integers(1, 6, 600)]
BACKWARDS = [" ".join(word.upper()[::-1]) for word in WORDS]
MAX_STEPS = 2 * (max(map(len, WORDS)) + 1)


@pytest.fixture(scope="module")
def model():
    model = SequenceModel(
        {"word": "characters"},
        {"back": "tokens"},
        shape="unaligned",
        network=Network(units=32, dropout=0.0),
        training=Training(epochs=25, learning_rate=0.01, verbose=False),
    )
    return model.fit({"word": WORDS, "back": BACKWARDS})


def predict(model, words, **decoding):
    return model.predict({"word": words}, decoding=Decoding(**decoding))


@pytest.mark.slow
def test_words_are_reversed(model):
    new = ["edcba", "aab", "d"]
    assert model.predict({"word": new})["back"] == ["A B C D E", "B A A", "D"]


@pytest.mark.slow
def test_a_batch_of_mixed_lengths_gives_the_same_as_single_rows(model):
    words = ["a", "edcba", "bd", "ccc", "abcd"]
    table = predict(model, words, beam=3, n_best=3)
    for i, word in enumerate(words):
        alone = predict(model, [word], beam=3, n_best=3)
        for name, column in table.items():
            if name.endswith("-score"):
                assert column[i] == pytest.approx(alone[name][0], abs=1e-4)
            else:
                assert column[i] == alone[name][0]


def test_a_beam_of_one_is_greedy(model):
    words = WORDS[:40]
    greedy = predict(model, words)
    assert greedy["back"] == model.predict({"word": words})["back"]
    assert not any(greedy["back-cut"])


def test_hypotheses_are_columns_the_best_first(model):
    table = predict(model, WORDS[:20], beam=4, n_best=2, length_penalty=0)
    assert list(table) == ["back", "back-score", "back-cut", "back-2", "back-2-score", "back-2-cut"]
    assert all(a >= b for a, b in zip(table["back-score"], table["back-2-score"], strict=True))
    assert all(a != b for a, b in zip(table["back"], table["back-2"], strict=True))


def test_samples_depend_only_on_the_seed(model):
    one = predict(model, WORDS[:10], samples=3, temperature=3.0, seed=1)
    assert one == predict(model, WORDS[:10], samples=3, temperature=3.0, seed=1)
    assert one != predict(model, WORDS[:10], samples=3, temperature=3.0, seed=2)


def test_an_output_cut_at_the_limit_of_steps_is_flagged(model):
    table = predict(model, ["edcba", "a"], max_steps=3)
    assert table["back"] == ["A B C", "A"]
    assert table["back-cut"] == [True, False]


@pytest.mark.parametrize("word", ["", "xyz", "é", "abcde" * 20])
def test_the_output_ends_for_words_unlike_those_of_training(model, word):
    table = predict(model, [word, "ab"])
    steps = table["back"][0].split()
    assert len(steps) <= MAX_STEPS
    assert set(steps) <= set(LETTERS.upper())
    assert table["back-cut"][0] == (len(steps) == MAX_STEPS)
    assert table["back"][1] == "B A"


def test_a_beam_wider_than_the_vocabulary(model):
    table = predict(model, ["ab"], beam=50, n_best=50)
    rows = [table[n][0] for n in table if "score" not in n and "cut" not in n]
    assert len(rows) == 50 == len(set(rows))
    assert rows[0] == "B A"


def test_decoding_is_refused_without_a_decoder():
    plain = SequenceModel("x", "y", training=Training(epochs=1, verbose=False))
    plain.fit({"x": [[1.0, 2.0], [2.0, 3.0]] * 10, "y": [1.0, 2.0] * 10})
    with pytest.raises(SettingError, match="decoding is for networks with a decoder"):
        plain.predict({"x": [[1.0, 2.0]]}, decoding=Decoding(beam=2))
    with pytest.raises(SettingError, match="no attention weights: its architecture is 'dense'"):
        plain.attention({"x": [[1.0, 2.0]]})


def test_each_step_attends_to_the_letter_that_it_outputs(model):
    words = ["edcba", "ab"]
    for word, seen in zip(words, model.attention({"word": words}), strict=True):
        assert seen.inputs == tuple(word)
        assert seen.outputs == (*word.upper()[::-1], "■")
        assert seen.weights.shape == (len(word) + 1, len(word))
        np.testing.assert_allclose(seen.weights.sum(axis=1), 1, rtol=1e-5)
    lines = str(model.attention({"word": ["edcba"]})[0]).splitlines()
    assert lines[0].split() == list("edcba")
    assert [line[0] for line in lines[1:]] == list("ABCDE■")


def test_attention_is_drawn(model, tmp_path):
    path = tmp_path / "seen.png"
    model.attention({"word": WORDS[:14]}, plot=path)
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="Cannot draw into"):
        model.attention({"word": ["ab"]}, plot=tmp_path / "no folder" / "seen.png")


def test_a_saved_decoder_generates_the_same(model, tmp_path):
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert predict(loaded, WORDS[:20], beam=2) == predict(model, WORDS[:20], beam=2)


@pytest.mark.slow
def test_numbers_are_generated_until_the_decoder_stops():
    starts = RNG.integers(1, 7, 500)
    table = {
        "from": starts.astype(float),
        "down": [[float(k) for k in range(start, 0, -1)] for start in starts],
    }
    model = SequenceModel(
        "from",
        {"down": "numbers"},
        network=Network(units=32, dropout=0.0),
        training=Training(epochs=60, learning_rate=0.01, verbose=False),
    ).fit(table)
    assert (model.shape_, model.network_settings_.architecture) == ("one-to-many", "decoder")
    table = model.predict({"from": [2.0, 6.0, 4.0]})["down"]
    assert [len(row) for row in table] == [2, 6, 4]
    np.testing.assert_allclose(np.ravel(table[1]), [6, 5, 4, 3, 2, 1], atol=0.3)


def test_given_validation_rows_decide_when_to_stop():
    table = {"x": [[1.0, 2.0], [2.0, 3.0]] * 20, "y": [1.0, 2.0] * 20}
    other = {"x": [[1.0, 2.0]] * 5, "y": [50.0] * 5}
    settings = Training(epochs=2, verbose=False)
    far = SequenceModel("x", "y", training=settings).fit(table, validation=other)
    near = SequenceModel("x", "y", training=settings).fit(table, validation=table)
    assert far.history_.validation[0] > 100 * near.history_.validation[0]
