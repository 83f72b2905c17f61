"""A trained decoder writes: alone or in a batch, searched or drawn, cut or ended, and attends."""

import numpy as np
import pytest

import unrolled
from unrolled import Decoding, Network, SequenceModel, Training
from unrolled.errors import DataError, SettingError

LETTERS = "abcde"
RNG = np.random.default_rng(0)
WORDS = ["".join(RNG.choice(list(LETTERS), n)) for n in RNG.integers(1, 6, 600)]
BACKWARDS = [" ".join(word.upper()[::-1]) for word in WORDS]
MOST = 2 * (max(map(len, WORDS)) + 1)


@pytest.fixture(scope="module")
def model():
    made = SequenceModel(
        {"word": "characters"},
        {"back": "tokens"},
        shape="unaligned",
        network=Network(units=32, dropout=0.0),
        training=Training(epochs=25, learning_rate=0.01, verbose=False),
    )
    return made.fit({"word": WORDS, "back": BACKWARDS})


def said(model, words, **decoding):
    return model.predict({"word": words}, decoding=Decoding(**decoding))


def test_words_come_out_backwards(model):
    new = ["edcba", "aab", "d"]
    assert model.predict({"word": new})["back"] == ["A B C D E", "B A A", "D"]


def test_a_batch_of_mixed_lengths_is_as_one_by_one(model):
    words = ["a", "edcba", "bd", "ccc", "abcd"]
    found = said(model, words, beam=3, n_best=3)
    for i, word in enumerate(words):
        alone = said(model, [word], beam=3, n_best=3)
        for name, column in found.items():
            if name.endswith("-score"):
                assert column[i] == pytest.approx(alone[name][0], abs=1e-4)
            else:
                assert column[i] == alone[name][0]


def test_a_beam_of_one_writes_what_no_beam_writes(model):
    words = WORDS[:40]
    greedy = said(model, words)
    assert greedy["back"] == model.predict({"word": words})["back"]
    assert not any(greedy["back-cut"])


def test_hypotheses_stand_side_by_side_the_best_first(model):
    found = said(model, WORDS[:20], beam=4, n_best=2, length_penalty=0)
    assert list(found) == ["back", "back-score", "back-cut", "back-2", "back-2-score", "back-2-cut"]
    assert all(a >= b for a, b in zip(found["back-score"], found["back-2-score"], strict=True))
    assert all(a != b for a, b in zip(found["back"], found["back-2"], strict=True))


def test_draws_depend_on_the_seed_alone(model):
    one = said(model, WORDS[:10], samples=3, temperature=3.0, seed=1)
    assert one == said(model, WORDS[:10], samples=3, temperature=3.0, seed=1)
    assert one != said(model, WORDS[:10], samples=3, temperature=3.0, seed=2)


def test_what_is_cut_at_the_most_steps_is_flagged(model):
    found = said(model, ["edcba", "a"], max_steps=3)
    assert found["back"] == ["A B C", "A"]
    assert found["back-cut"] == [True, False]


@pytest.mark.parametrize("word", ["", "xyz", "é", "abcde" * 20])
def test_words_unlike_any_seen_are_written_and_end(model, word):
    found = said(model, [word, "ab"])
    steps = found["back"][0].split()
    assert len(steps) <= MOST
    assert set(steps) <= set(LETTERS.upper())
    assert found["back-cut"][0] == (len(steps) == MOST)
    assert found["back"][1] == "B A"


def test_a_beam_wider_than_the_vocabulary(model):
    found = said(model, ["ab"], beam=50, n_best=50)
    rows = [found[n][0] for n in found if "score" not in n and "cut" not in n]
    assert len(rows) == 50 == len(set(rows))
    assert rows[0] == "B A"


def test_decoding_is_refused_where_nothing_is_written():
    plain = SequenceModel("x", "y", training=Training(epochs=1, verbose=False))
    plain.fit({"x": [[1.0, 2.0], [2.0, 3.0]] * 10, "y": [1.0, 2.0] * 10})
    with pytest.raises(SettingError, match="got decoding for a network that is no chained decoder"):
        plain.predict({"x": [[1.0, 2.0]]}, decoding=Decoding(beam=2))
    with pytest.raises(SettingError, match="got attention asked of the architecture 'dense'"):
        plain.attention({"x": [[1.0, 2.0]]})


def test_each_step_attends_to_the_letter_it_writes(model):
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
    with pytest.raises(DataError, match="cannot draw into"):
        model.attention({"word": ["ab"]}, plot=tmp_path / "no folder" / "seen.png")


def test_a_saved_decoder_writes_the_same(model, tmp_path):
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert said(loaded, WORDS[:20], beam=2) == said(model, WORDS[:20], beam=2)


def test_numbers_are_written_until_they_stop():
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
    found = model.predict({"from": [2.0, 6.0, 4.0]})["down"]
    assert [len(row) for row in found] == [2, 6, 4]
    np.testing.assert_allclose(np.ravel(found[1]), [6, 5, 4, 3, 2, 1], atol=0.3)


def test_own_validation_rows_say_when_to_stop():
    table = {"x": [[1.0, 2.0], [2.0, 3.0]] * 20, "y": [1.0, 2.0] * 20}
    other = {"x": [[1.0, 2.0]] * 5, "y": [50.0] * 5}
    settings = Training(epochs=2, verbose=False)
    far = SequenceModel("x", "y", training=settings).fit(table, validation=other)
    near = SequenceModel("x", "y", training=settings).fit(table, validation=table)
    assert far.history_.validation[0] > 100 * near.history_.validation[0]
