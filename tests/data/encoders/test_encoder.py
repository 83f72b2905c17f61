import json
import string
import unicodedata
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unrolled.data.encoders.encoder import encoder_from_dict, make_encoder
from unrolled.data.encoders.label_sets import LabelSets
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.encoders.tokenizer import Subwords, count_steps, join_text, split_text
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column, Kind

reals = st.floats(-1e9, 1e9, allow_subnormal=False)
words = st.text(string.ascii_letters + "éß ", max_size=12)


def column(kind: Kind, **facts: Any) -> Column:
    return Column(name="a", kind=kind, **facts)


def reload(fitted: Any) -> Any:
    return encoder_from_dict(json.loads(json.dumps(fitted.to_dict(), allow_nan=False)))


def close(actual: Any, expected: Any, spread: float) -> None:
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * max(1.0, spread))


@given(hnp.arrays(np.float64, st.integers(1, 20), elements=reals))
def test_numbers_survive_scaling(values: np.ndarray) -> None:
    scaler = Scaler(column("number"), as_output=True).fit(values)
    encoded = scaler.encode(values)
    assert encoded.dtype == np.float32
    assert encoded.shape == (len(values), 1)
    close(reload(scaler).decode(encoded), values, np.ptp(values))


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(3)), elements=reals))
def test_vectors_survive_scaling(values: np.ndarray) -> None:
    scaler = Scaler(column("vector", width=3), as_output=True).fit(values)
    close(reload(scaler).decode(scaler.encode(values)), values, np.ptp(values))


@given(
    st.lists(
        hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(2)), elements=reals),
        min_size=1,
        max_size=6,
    )
)
def test_sequences_survive_scaling(values: list[np.ndarray]) -> None:
    scaler = Scaler(column("numbers", width=2), as_output=True).fit(values)
    encoded = scaler.encode(values)
    assert [row.shape for row in encoded] == [row.shape for row in values]
    for actual, expected in zip(reload(scaler).decode(encoded), values, strict=True):
        close(actual, expected, np.ptp(np.concatenate(values)))


def test_scaled_numbers_have_mean_zero_and_spread_one() -> None:
    values = np.random.default_rng(0).normal(50, 7, (500, 3))
    values[:, 2] = 0.1  # constant
    encoded = Scaler(column("vector", width=3)).fit(values).encode(values)
    np.testing.assert_allclose(encoded.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(encoded.std(axis=0), [1, 1, 0], atol=1e-6)


def test_missing_numbers_become_the_mean_and_a_mark() -> None:
    values = np.array([[1.0, 5.0], [3.0, np.nan]])
    scaler = reload(Scaler(column("vector", width=2)).fit(values))
    assert scaler.size == 3
    np.testing.assert_array_equal(scaler.encode(values), [[-1, 0, 0], [1, 0, 1]])
    late = np.array([[np.nan, np.nan]])
    np.testing.assert_array_equal(scaler.encode(late), [[0, 0, 1]])
    steps_of = [np.array([[1.0], [np.nan]]), np.array([[3.0]])]
    encoded = Scaler(column("numbers")).fit(steps_of).encode(steps_of)
    assert [row.tolist() for row in encoded] == [[[-1, 0], [0, 1]], [[1, 0]]]


def test_a_feature_that_is_all_missing_in_the_training_part() -> None:
    scaler = reload(Scaler(column("number")).fit(np.array([np.nan, np.nan])))
    assert scaler.encode(np.array([2.0, np.nan])).tolist() == [[0], [0]]


def test_a_feature_that_is_constant_in_the_training_part_never_counts() -> None:
    values = np.array([[1.0, 3.0, 5.0], [2.0, 3.0, np.nan]])
    scaler = reload(Scaler(column("vector", width=3)).fit(values))
    new = np.array([[1.5, 10.0, 6.0], [1.5, np.nan, np.nan], [1.5, 1e300, -5.0]])
    assert scaler.encode(new).tolist() == [[0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]
    earlier = {k: v for k, v in scaler.to_dict().items() if k not in ("constant", "range")}
    assert encoder_from_dict(earlier).encode(new)[0].tolist() == [0, 7, 1, 0]
    assert encoder_from_dict(earlier).to_dict() == earlier
    output = reload(Scaler(column("vector", width=2), as_output=True).fit(values[:, :2]))
    assert output.decode(output.encode(values[:, :2])).tolist() == values[:, :2].tolist()
    for wrong in ({"constant": [3]}, {"range": [[0, 0, 0]]}, {"range": [[0, 0], [1, 1]]}):
        with pytest.raises(DataError, match=next(iter(wrong))):
            encoder_from_dict(scaler.to_dict() | wrong)


def test_a_label_that_is_the_same_in_the_whole_training_part_never_counts() -> None:
    encoder = reload(Labels(column("category")).fit(["x", "x"]))
    assert encoder.encode(["x", "y", None]).tolist() == [[0], [0], [0]]
    with_gaps = reload(Labels(column("category")).fit(["x", None]))
    assert with_gaps.encode(["x", "y", None]).tolist() == [[1], [0], [0]]
    earlier = encoder_from_dict({k: v for k, v in encoder.to_dict().items() if k != "constant"})
    assert earlier.encode(["x", "y"]).tolist() == [[1], [0]]
    with pytest.raises(DataError, match="constant"):
        encoder_from_dict(encoder.to_dict() | {"constant": 1})


def test_numbers_far_from_the_training_part_do_not_overflow() -> None:
    scaler = Scaler(column("number")).fit(np.array([1.0, 2.0]))
    assert scaler.encode(np.array([1e308, -1e308])).tolist() == [[1e6], [-1e6]]
    huge = Scaler(column("number")).fit(np.array([-1.7e308, 1.7e308]))
    assert np.isfinite(huge.encode(np.array([-1.7e308, 1.7e308]))).all()


def test_huge_and_tiny_numbers_are_scaled_without_overflow() -> None:
    for size in (1e300, 1e-300):
        values = np.array([1.0, 2.0, 3.0]) * size
        scaler = Scaler(column("number")).fit(values)
        np.testing.assert_allclose(scaler.decode(scaler.encode(values)), values, rtol=1e-6)


def test_what_is_not_known_of_an_output_stays_unknown() -> None:
    values = [np.ones((2, 1)), np.array([[3.0], [np.nan]])]
    scaler = Scaler(column("numbers"), as_output=True).fit(values)
    encoded = np.concatenate(scaler.encode(values))[:, 0]
    assert np.isnan(encoded).tolist() == [False, False, False, True]
    assert scaler.mean.tolist() == pytest.approx([5 / 3])
    tags = Vocabulary(column("tokens"), as_output=True).fit([["x", None], ["y", "x"]])
    assert [row.tolist() for row in tags.encode([["x", None], [None, "y"]])] == [[2, -1], [-1, 3]]


def test_sets_of_labels_are_ones_and_zeros() -> None:
    names = reload(LabelSets(column("labels", width=0)).fit([["b"], ["a", "c"], [], None]))
    assert names.classes == ["a", "b", "c"]
    assert names.encode([["c", "new"], None]).tolist() == [[0, 0, 1], [0, 0, 0]]
    assert names.decode(np.array([[0.1, -3, 2], [-1, -1, -1]])) == [["a", "c"], []]
    bits = np.array([[1.0, 0.0], [np.nan, 1.0]])
    out = reload(LabelSets(column("labels", width=2), as_output=True).fit(bits))
    np.testing.assert_equal(out.encode(bits), bits)
    assert out.decode(np.array([[0.1, -3]])).tolist() == [[1, 0]]
    assert out.classes == [0, 1]


def test_one_hot_labels_have_a_class_for_each_place() -> None:
    labels = reload(Labels(column("category", width=3), as_output=True).fit([0, 0, 2]))
    assert labels.classes == [0, 1, 2]
    assert labels.encode([2, 0.0, "1"]).tolist() == [2, 0, 1]


def test_equally_long_rows_are_encoded_as_one_array() -> None:
    rows = list(np.arange(24.0).reshape(2, 3, 4))
    encoded = Scaler(column("numbers", width=4)).fit(rows).encode(rows)
    assert encoded[0].base is encoded[1].base


label = st.one_of(st.integers(-5, 5), st.text(max_size=3))


@given(st.lists(label, min_size=1))
def test_labels_come_back_in_their_own_type(values: list[Any]) -> None:
    labels = reload(Labels(column("category"), as_output=True).fit(values))
    ids = labels.encode(values, strict=True)
    assert ids.dtype == np.int32
    back = list(labels.decode(ids))
    assert back == values
    assert [type(b) for b in back] == [type(v) for v in values]
    assert list(labels.decode(np.eye(labels.size)[ids])) == values


def test_classes_are_in_a_stable_order() -> None:
    labels = Labels(column("category")).fit(["b", 10, "a", 9, True, None])
    assert labels.classes == [True, 9, 10, "a", "b"]


def test_unseen_labels() -> None:
    seen = ["x", "y"]
    into = Labels(column("category")).fit(seen)
    assert into.encode(["y", "z", None]).tolist() == [[0, 1], [0, 0], [0, 0]]
    out = Labels(column("category"), as_output=True).fit(seen)
    assert out.encode(["y", "z"]).tolist() == [1, -1]
    with pytest.raises(DataError) as caught:
        out.encode(["y", "z"], strict=True)
    assert str(caught.value) == (
        "column 'a', row 2: the training part has no row with the label 'z'. Add rows with"
        " this label, or use the split 'stratified'."
    )
    with pytest.raises(DataError, match="has no label in the training part"):
        out.fit([None])


def test_a_label_is_known_by_its_spelling_where_a_file_gives_it_another_type() -> None:
    fitted_encoder = reload(Labels(column("category"), as_output=True).fit(["1", "2", "A3"]))
    assert fitted_encoder.encode([2, "A3", True]).tolist() == [1, 2, -1]
    both = Labels(column("category"), as_output=True).fit([1, "1"])
    assert both.encode([1, "1"]).tolist() == [0, 1]


def test_many_classes_go_in_as_ids() -> None:
    few = Labels(column("category")).fit(range(32))
    assert (few.encode([3]).shape, few.size, few.produces_ids) == ((1, 32), 32, False)
    many = reload(Labels(column("category")).fit(range(33)))
    assert (many.encode([0, 32, 99, None]).tolist(), many.size) == ([1, 33, 0, 0], 34)
    assert many.encode([0]).dtype == np.int32


@given(st.lists(st.lists(words, min_size=1), min_size=1), st.booleans())
def test_tokens_survive(values: list[list[str]], end: bool) -> None:
    vocabulary = reload(Vocabulary(column("tokens"), as_output=True, end=end).fit(values))
    ids = vocabulary.encode(values)
    assert [len(row) for row in ids] == [len(row) + end for row in values]
    assert all(row.dtype == np.int32 and row.max() < vocabulary.size for row in ids)
    assert vocabulary.decode(ids) == values
    assert vocabulary.decode([np.eye(vocabulary.size)[row] for row in ids]) == values


@given(st.lists(words.filter(bool), min_size=1), st.booleans())
def test_characters_survive(values: list[str], end: bool) -> None:
    fitted_encoder = Vocabulary(column("text", unit="characters"), as_output=True, end=end).fit(
        values
    )
    assert reload(fitted_encoder).decode(fitted_encoder.encode(values)) == values


@settings(max_examples=20)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=10))
def test_subwords_survive_and_know_every_text(values: list[str]) -> None:
    values = [unicodedata.normalize("NFC", value) for value in values]
    fitted_encoder = reload(
        Vocabulary(column("text", unit="subwords"), end=True).fit(["to be or not"])
    )
    assert fitted_encoder.decode(fitted_encoder.encode(values)) == values


def test_words_that_go_in_are_lowercased_and_parted_from_punctuation() -> None:
    fitted_encoder = Vocabulary(column("text", unit="words")).fit(["Don't (ever) stop!"])
    assert fitted_encoder.known == ["!", "(", ")", "don't", "ever", "stop"]
    assert fitted_encoder.decode(fitted_encoder.encode(["don't (EVER) stop!"])) == [
        "don't (ever) stop!"
    ]


def test_words_that_come_out_keep_their_capitals() -> None:
    fitted_encoder = reload(
        Vocabulary(column("text", unit="words"), as_output=True).fit(["Ann saw Ann", "a"])
    )
    assert fitted_encoder.known == [" Ann", " a", " saw"]
    assert fitted_encoder.decode(fitted_encoder.encode(["Ann saw a"])) == ["Ann saw a"]


def test_words_of_a_vocabulary_saved_when_all_words_were_lowercased_stay_lowercased() -> None:
    facts = Vocabulary(column("text", unit="words"), as_output=True).fit(["ann"]).to_dict()
    del facts["lowered"], facts["exact"]
    facts["known"] = ["ann"]
    fitted_encoder = Vocabulary.from_dict(facts)
    assert fitted_encoder.decode(fitted_encoder.encode(["Ann"])) == ["ann"]


def test_marks_stay_with_their_letters() -> None:
    for word in ("t\u0361ʃɛ\u0303ː", "हिन्दी", "e\u0301\u0330", "l'ɑ\u0303", "(\u0301"):
        assert split_text(f"a {word} b", "words") == ["a", unicodedata.normalize("NFC", word), "b"]


@given(st.text())
def test_pieces_of_words_hold_all_but_the_white_space(text: str) -> None:
    whole = unicodedata.normalize("NFC", text).lower()
    assert "".join(split_text(text, "words")) == "".join(whole.split())


def test_padding_unknown_and_end() -> None:
    fitted_encoder = Vocabulary(column("text", unit="words"), end=True).fit(["a b"])
    assert fitted_encoder.size == 5
    assert [row.tolist() for row in fitted_encoder.encode(["b x", ""])] == [[4, 1, 2], [2]]
    assert fitted_encoder.decode([[3, 0, 4, 2, 3], [1, 2]]) == ["a b", "�"]
    plain = Vocabulary(column("text", unit="words")).fit(["a b"])
    assert [row.tolist() for row in plain.encode(["b x", ""])] == [[3, 1], [1]]
    scores = np.zeros((1, 2, 4))
    scores[:, :, :2] = 9  # padding and unknown are never the answer
    scores[0, 0, 2] = scores[0, 1, 3] = 1
    assert plain.decode(scores) == ["a b"]


def test_rare_words_are_unknown_only_going_in_and_only_in_larger_data() -> None:
    once = ["".join(letters) for letters in product("abcdefghijk", repeat=3)]
    few = [f"common {word}" for word in once[:1000]]
    many = [*few, "common rare"]
    unit = column("text", unit="words")
    assert len(Vocabulary(unit).fit(few).known) == 1001
    assert Vocabulary(unit).fit(many).known == ["common"]
    assert len(Vocabulary(unit, as_output=True).fit(many).known) == 1002
    assert len(Vocabulary(column("text", unit="characters")).fit([*many, "q"]).known) > 10
    with pytest.raises(DataError, match="none of its words occurs often enough"):
        Vocabulary(unit).fit(once[:1001])


@given(st.lists(st.text(max_size=10), min_size=1))
def test_steps_are_those_of_the_encoder(values: list[str]) -> None:
    for unit in ("characters", "words"):
        fitted_encoder = Vocabulary(column("text", unit=unit)).fit([*values, "a"])
        counted = count_steps(values, unit)
        assert counted is not None
        assert counted.tolist() == [len(row) for row in fitted_encoder.encode(values)]
    assert count_steps(values, "subwords") is None


def test_subwords_grow_with_the_data_and_are_learned_alike_twice() -> None:
    texts = [f"the {a}{b} of {b}{a}" for a in "abcdefghij" for b in "klmnopqrst"] * 30
    one, two = Subwords.learn(texts), Subwords.learn(texts)
    assert one.to_dict() == two.to_dict()
    assert 300 < one.size <= 8000
    assert len(one.encode(["the"])[0]) == 1


def test_joined_text() -> None:
    assert join_text(["(", "a", ",", "b", ")", "."], "words") == "(a, b)."
    assert join_text(["a", " ", "b"], "characters") == "a b"


@pytest.mark.parametrize("kind", ["number", "category", "text"])
def test_an_encoder_must_be_fitted_first(kind: Kind) -> None:
    fitted_encoder = make_encoder(column(kind), output=False)
    for call in (
        lambda: fitted_encoder.encode([]),
        lambda: fitted_encoder.decode([]),
        fitted_encoder.to_dict,
    ):
        with pytest.raises(NotFittedError) as caught:
            call()
        assert str(caught.value) == ("the encoder of column 'a' is not fitted. Call `fit` first.")
