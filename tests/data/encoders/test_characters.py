"""The characters of words."""

import json

from unrolled.data.encoders.characters import MAX_CHARACTERS, CharacterEncoder


def test_words_become_their_characters_and_unknown_ones_are_one():
    encoder = CharacterEncoder().fit([["aab", "ba"], ["a"]])
    assert encoder.characters == ["a", "b"]
    assert [row.tolist() for row in encoder.encode([["ab", "xa"], []])] == [
        [[2, 3, 0], [1, 2, 0]],
        [[0, 0, 0]],
    ]
    assert encoder.size == 4


def test_the_middle_of_a_long_word_is_cut():
    encoder = CharacterEncoder().fit([["abc"]])
    assert encoder.ids_per_step == 3
    assert encoder.encode([["abbbc"]])[0].tolist() == [[2, 3, 4]]
    assert CharacterEncoder().fit([["x" * 99]]).ids_per_step == MAX_CHARACTERS
    one = CharacterEncoder().fit([["a", "b"]])
    assert one.encode([["ba"]])[0].tolist() == [[3]]


def test_a_spelling_goes_to_json_and_back():
    encoder = CharacterEncoder().fit([["abc", "c"]])
    again = CharacterEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    rows = [["cab", "dad"]]
    assert again.encode(rows)[0].tolist() == encoder.encode(rows)[0].tolist()
