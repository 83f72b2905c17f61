"""Word vectors from a file, in every form of text that they come in."""

import gzip

import numpy as np
import pytest

from unrolled.data.formats.word_vectors import read_word_vectors
from unrolled.errors import DataError

LINES = "the 0.5 1 -2\nof 1 2 3\nnew york 7 8 9\n"
WORDS = {"the", "new york", "missing"}


def write_file(folder, text, name="words.vec"):
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (LINES, "glove.txt"),
        ("3 3\n" + LINES, "word2vec.vec"),
        ("3 3\n" + LINES.replace("\n", " \n"), "fasttext.vec"),
        (LINES.replace("\n", "\r\n") + "\n", "lines.txt"),
        (LINES, "packed.vec.gz"),
    ],
)
def test_words_have_their_vectors(tmp_path, text, name):
    vectors = read_word_vectors(write_file(tmp_path, text, name), WORDS)
    assert {word: row.tolist() for word, row in vectors.items()} == {
        "the": [0.5, 1, -2],
        "new york": [7, 8, 9],
    }
    assert vectors["the"].dtype == np.float32


def test_of_a_word_that_stands_twice_the_first_counts(tmp_path):
    assert read_word_vectors(write_file(tmp_path, "a 1 2\na 3 4\n"), {"a"})["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "a 1 2\nb 1\n",
            "'words.vec', line 2: the word is followed by 1 numbers, but the lines before it"
            " have 2. Give a text file of word vectors: a word and its numbers on each line.",
        ),
        (
            "2 3\n\nword\n",
            "'words.vec', line 3: the word is followed by 0 numbers. Give a text file of word"
            " vectors: a word and its numbers on each line.",
        ),
        (
            "a 1 x\n",
            "'words.vec', line 1: 'x' stands among the numbers and is not a finite number."
            " Correct the line.",
        ),
        (
            "b 0 0\na 1 nan\n",
            "'words.vec', line 2: 'nan' stands among the numbers and is not a finite number."
            " Correct the line.",
        ),
        (
            "b 1 2\n",
            "'words.vec' has no vector for any word of the training part. Give vectors of its"
            " language, or leave `vectors` out.",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(tmp_path, text, says):
    with pytest.raises(DataError) as caught:
        read_word_vectors(write_file(tmp_path, text), {"a"})
    assert str(caught.value) == says


def test_a_file_that_is_not_there_or_not_packed_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"No such file or directory\. Give a text file of word"):
        read_word_vectors(tmp_path / "none.vec", {"a"})
    (tmp_path / "bad.gz").write_bytes(b"a 1 2\n")
    with pytest.raises(DataError, match=r"cannot read .*Not a gzipped file"):
        read_word_vectors(tmp_path / "bad.gz", {"a"})
