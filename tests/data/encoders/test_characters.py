"""The characters of words."""

import json

from unrolled.data.encoders.characters import MOST, Spelling


def test_words_become_their_characters_and_unknown_ones_are_one():
    made = Spelling().fit([["aab", "ba"], ["a"]])
    assert made.known == ["a", "b"]
    assert [row.tolist() for row in made.encode([["ab", "xa"], []])] == [
        [[2, 3, 0], [1, 2, 0]],
        [[0, 0, 0]],
    ]
    assert made.size == 4


def test_the_middle_of_a_long_word_is_cut():
    made = Spelling().fit([["abc"]])
    assert made.each == 3
    assert made.encode([["abbbc"]])[0].tolist() == [[2, 3, 4]]
    assert Spelling().fit([["x" * 99]]).each == MOST
    one = Spelling().fit([["a", "b"]])
    assert one.encode([["ba"]])[0].tolist() == [[3]]


def test_a_spelling_goes_to_json_and_back():
    made = Spelling().fit([["abc", "c"]])
    again = Spelling.from_dict(json.loads(json.dumps(made.to_dict())))
    rows = [["cab", "dad"]]
    assert again.encode(rows)[0].tolist() == made.encode(rows)[0].tolist()
