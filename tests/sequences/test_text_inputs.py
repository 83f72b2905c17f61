"""How text that goes in is read: digits, capitals, characters, vectors, runs, and what is seen."""

import json

import numpy as np
import pytest
from keras.callbacks import LambdaCallback

import unrolled
from unrolled.data.encoders.encoder import make_encoder
from unrolled.errors import SettingError
from unrolled.schema import Column
from unrolled.training import dataset

RNG = np.random.default_rng(0)
GOOD, BAD = ["good", "fine", "Great"], ["bad", "poor", "awful"]


def sentence(label):
    filler = RNG.choice(["the", "room", "was", "12", "7"], size=RNG.integers(1, 6)).tolist()
    return " ".join([*filler, str(RNG.choice(GOOD if label else BAD))])


LABELS = [i % 2 for i in range(60)]
TABLE = {"text": [sentence(label) for label in LABELS], "label": [str(n) for n in LABELS]}
NEW = {"text": ["the room was goodish", "12 rooms", "bad"]}
WORDS = Column(name="a", kind="text", unit="words")
QUICK = unrolled.Training(epochs=2, word_dropout=0.2, verbose=False)


def model(**settings):
    given = {"network": unrolled.Network(units=4), "training": QUICK} | settings
    return unrolled.SequenceModel({"text": "words"}, {"label": "category"}, **given)


@pytest.fixture(scope="module")
def begun():
    """The weights that a network began with, by shape."""
    return {}


@pytest.fixture(scope="module")
def made(tmp_path_factory, begun):
    """A model of everything that can be asked for."""
    path = tmp_path_factory.mktemp("vectors") / "small.vec"
    path.write_text("3 5\ngood 1 2 3 4 5\nbad -1 -2 -3 -4 -5\nother 0 0 0 0 0\n")

    def keep(_):
        weights = fitted.model_.get_weights()
        begun["tables"] = [w for w in weights if w.ndim == 2 and w.shape[1] == 5]

    text = unrolled.Text(digits=True, characters=True, vectors=str(path))
    network = unrolled.Network(units=4, pooling="attention")
    fitted = model(text=text, network=network)
    return fitted.fit(TABLE, callbacks=[LambdaCallback(on_train_begin=keep)])


@pytest.mark.slow
def test_known_words_begin_with_their_vectors_and_others_at_random(made, begun):
    (table,) = begun["tables"]
    words = made._trained.encoder.encoders["text"]
    rows = {word: table[i] for i, word in enumerate(words.known, words.first_id)}
    assert rows["good"].tolist() == [1, 2, 3, 4, 5]
    assert rows["bad"].tolist() == [-1, -2, -3, -4, -5]
    assert 0 < np.abs(rows["fine"]).max() < 0.1


@pytest.mark.slow
def test_the_network_is_given_words_characters_and_runs(made):
    assert set(made.model_.input) == {"text", "text_spelling", "text_runs", "mask"}
    assert "Words are also read by their characters." in made.diagram().text.replace("\n", " ")


def test_digits_are_one_and_capitals_are_small(made):
    said = made.predict_proba({"text": ["Room 12 good", "room 79 GOOD"]})
    assert np.ptp(said["label=1"]) == 0


def test_a_row_alone_says_what_it_says_among_others(made):
    together = made.predict_proba(NEW)["label=1"]
    alone = [made.predict_proba({"text": [t]})["label=1"][0] for t in NEW["text"]]
    np.testing.assert_allclose(alone, together, atol=1e-6)


def test_attention_shows_how_much_each_word_made_out(made, tmp_path):
    seen = made.attention(NEW, plot=tmp_path / "seen.png")
    assert [row.inputs for row in seen] == [
        ("the", "room", "was", "goodish"),
        ("00", "rooms"),
        ("bad",),
    ]
    for row in seen:
        assert row.outputs == ("label",)
        assert row.weights.shape == (1, len(row.inputs))
        assert row.weights.sum() == pytest.approx(1, abs=1e-5)
    words, marks = str(seen[0]).splitlines()
    assert words.split() == ["the", "room", "was", "goodish"]
    assert "@@" in marks
    assert (tmp_path / "seen.png").stat().st_size > 1000


def test_it_is_saved_without_its_file_and_says_the_same(made, tmp_path):
    loaded = unrolled.load(made.save(tmp_path / "model"))
    assert loaded.get_params()["text"] == unrolled.Text(digits=True, characters=True)
    for key, column in made.predict_proba(NEW).items():
        np.testing.assert_array_equal(loaded.predict_proba(NEW)[key], column)


def test_a_model_saved_before_there_was_any_of_this_says_the_same(tmp_path):
    plain = model(network=unrolled.Network(units=4, linear=False)).fit(TABLE)
    folder = plain.save(tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("pooling", "linear"):
        del manifest["network"][name]
    for name in ("spelled", "counted", "vectors"):
        del manifest["ports"][name]
    del manifest["text"], manifest["training"]["word_dropout"], manifest["files"]
    manifest["format"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    encoders = json.loads((folder / "encoders.json").read_text())
    for name in ("lowered", "digits", "spelling", "runs"):
        del encoders["text"][name]
    (folder / "encoders.json").write_text(json.dumps(encoders | {}))
    said = unrolled.load(folder).predict_proba(NEW)
    for key, column in plain.predict_proba(NEW).items():
        np.testing.assert_array_equal(said[key], column)
    with pytest.raises(SettingError) as caught:
        plain.attention(NEW)
    assert str(caught.value) == (
        "This network has no attention weights: its architecture is 'pooled' of shape many-to-one."
        " Only a decoder of shape unaligned has them, and Network(pooling='attention') of shape"
        " many-to-one."
    )


def test_vectors_are_refused_where_nothing_could_start_from_them():
    table = {"x": [[1.0, 2.0], [3.0, 1.0]] * 9, "y": [1.0, 2.0] * 9}
    asked = unrolled.SequenceModel("x", "y", training=QUICK, text=unrolled.Text(vectors="a.vec"))
    with pytest.raises(SettingError) as caught:
        asked.fit(table)
    assert str(caught.value) == (
        "vectors='a.vec' of Text has no effect: no input is text or tokens. Leave vectors out."
    )


@pytest.mark.parametrize(
    ("digits", "ids"),
    [(None, [4, 3, 3, 1]), (True, [3, 3, 3, 1]), (False, [3, 1, 1, 1])],
)
def test_digits_are_one_in_words_that_are_not_known(digits, ids):
    rows = ["a"] * 990 + ["707 a"] * 3 + [f"{n}" for n in range(100, 110)]
    made = make_encoder(WORDS, output=False, text=unrolled.Text(digits=digits)).fit(rows)
    assert made.encode(["707 101 999 1"])[0].tolist() == ids


@pytest.mark.parametrize(
    ("kind", "value", "lowercase", "known"),
    [
        ("text", "Aa a", None, ["a", "aa"]),
        ("text", "Aa a", False, ["Aa", "a"]),
        ("tokens", ["Aa", "a"], None, ["Aa", "a"]),
        ("tokens", ["Aa", "a"], True, ["a", "aa"]),
    ],
)
def test_capitals_are_kept_or_not(kind, value, lowercase, known):
    column = Column(name="a", kind=kind, unit="words" if kind == "text" else None)
    text = unrolled.Text(lowercase=lowercase)
    assert make_encoder(column, output=False, text=text).fit([value]).known == known
    output = make_encoder(column, output=True, text=text).fit([value])
    assert output.name_ids(range(output.first_id, output.size)) == ["Aa", "a"]


def test_a_share_of_the_words_is_hidden_others_in_each_batch_and_never_padding():
    ids = np.tile(np.array([5, 6, 0], np.int32), (1000, 1))
    hide = dataset.word_dropout(unrolled.Training(word_dropout=0.25, seed=3))
    first, again, other = hide(ids, (0, 0)), hide(ids, (0, 0)), hide(ids, (0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first[:, 2] == 0).all()
    assert first.dtype == np.int32
    assert (first[:, :2] == 1).mean() == pytest.approx(0.25, abs=0.04)
    assert set(np.unique(first)) == {0, 1, 5, 6}
    assert dataset.word_dropout(unrolled.Training()) is None
