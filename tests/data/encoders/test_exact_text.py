"""Output text comes back exactly as it went in, in any language and with any white space."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.data.encoders.tokenizer import count_steps, join_exact, split_exact, split_text
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.data.special_ids import UNKNOWN
from unrolled.schema import Column, Unit

TEXTS = [
    "Don't pay 3.5, or 1,000.00!",
    'He said: "well-known (and e.g. U.S.) co-op\'s"',
    "  two  blanks, and after  ",
    "a\ttab\nand a line\r\n",
    "xin t͡ɕaːw˧˧ ʔaː˧˦ ˧˧",  # Vietnamese sounds with tone letters
    "Tiếng Việt; cafe\u0301 and café",  # one accent as a character of its own
    "👩‍👩‍👧 👍🏽 ❤️!🏳️‍🌈",
    "مرحبا، كيف حالك؟ ١٢٣",
    "שָׁלוֹם",
    "हिन्दी में क़लम।",
    "東京へ行く。「はい」",
    "ไทยไม่เว้นวรรค",
    "https://example.org/?q=a+b#c @user #tag",
    "\u00a0no-break\u3000ideographic\u200bzero",
    "Q&A: <b>50%</b> — $1,200.50…",
    "\ufeff\u2028",
    " ",
    "",
]
PIECES = st.sampled_from([*"aÉ ˧'’.,!?()[]\"-3\t\n", "  ", "don't", "\u0301", "👍", "🏽", "\u200d"])
texts = st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=12).map("".join))


def make(unit: Unit, values: list[str]) -> Vocabulary:
    """Return an output vocabulary, saved and read again."""
    column = Column(name="a", kind="text", unit=unit)
    fitted = Vocabulary(column, as_output=True, end=True).fit([*values, "a"])
    again: Any = encoder_from_dict(json.loads(json.dumps(fitted.to_dict())))
    assert again.to_dict() == fitted.to_dict()
    return again


@pytest.mark.parametrize("unit", ["characters", "words", "subwords"])
def test_text_comes_back(unit: Unit) -> None:
    vocabulary = make(unit, TEXTS)
    assert vocabulary.decode(vocabulary.encode(TEXTS)) == TEXTS


@given(texts)
@example("\x1c\x1fa\x85")
@example(" \u0301")
def test_every_text_is_the_sum_of_its_steps(text: str) -> None:
    for unit in ("characters", "words"):
        assert join_exact(split_exact(text, unit), unit) == text


@given(st.lists(texts, min_size=1, max_size=4), texts)
def test_a_text_comes_back_if_all_of_its_steps_are_known(known: list[str], text: str) -> None:
    for unit in ("characters", "words"):
        vocabulary = make(unit, known)
        assert vocabulary.decode(vocabulary.encode(known)) == known
        ids = vocabulary.encode([text])
        if UNKNOWN not in ids[0]:
            assert vocabulary.decode(ids) == [text]


@settings(max_examples=20)
@given(st.lists(texts, max_size=4))
def test_subwords_bring_every_text_back(values: list[str]) -> None:
    vocabulary = make("subwords", ["to be or not"])
    assert vocabulary.decode(vocabulary.encode(values)) == values


@given(texts)
def test_exact_words_are_as_many_as_the_words_that_go_in(text: str) -> None:
    """So that text is aligned with text whatever stands between its words."""
    text = unicodedata.normalize("NFC", text)
    words = split_exact(text, "words")
    stripped = [word.strip() for word in words if not word.isspace()]
    assert stripped == split_text(text, "words", cased=True)
    assert count_steps([text], "words", exact=True) == max(1, len(words))


def test_a_word_is_the_same_step_at_any_place_with_a_blank_before_it() -> None:
    vocabulary = make("words", ["go on", "on go", "(go"])
    assert sorted(vocabulary.known) == [" (", " a", " go", " on", "go"]
    assert vocabulary.name_ids(vocabulary.encode(["(go"])[0][:-1]) == ["(", "go"]


def test_vocabularies_saved_before_output_was_exact_guess_the_blanks_as_before() -> None:
    column = Column(name="a", kind="text", unit="words")
    facts = Vocabulary(column, as_output=True, end=True).fit(["a"]).to_dict()
    earlier = {**facts, "known": ["Ann", "(", ")", "3", ".", "cafe\u0301"]}
    del earlier["exact"]
    vocabulary: Any = encoder_from_dict(earlier)
    assert vocabulary.decode(vocabulary.encode(["Ann(3.3)"])) == ["Ann (3. 3)"]
    assert vocabulary.to_dict() == earlier
    assert vocabulary.encode(["cafe\u0301"])[0].tolist()[0] == UNKNOWN  # composed, as before


def test_what_says_that_output_is_exact_is_true_or_false() -> None:
    column = Column(name="a", kind="text", unit="words")
    facts = Vocabulary(column, as_output=True).fit(["a"]).to_dict()
    assert Vocabulary.invalid_field(facts) is None
    assert Vocabulary.invalid_field({**facts, "exact": "yes"}) == (
        "end, cased, lowered, digits or exact"
    )
