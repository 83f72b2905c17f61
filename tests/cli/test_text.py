"""`unrolled train` on text: how it is read, and what attention pooling looked at."""

import json

import pytest

TRAIN = (
    "train rows.jsonl --input text:words --output label --units 4 --epochs 1 --save model"
    " --pooling attention --one-digit --characters --keep-case --vectors small.vec"
    " --word-dropout 0.1"
)


@pytest.mark.slow
def test_text_is_read_as_asked_and_the_weights_of_its_words_are_shown(unrolled, table, folder):  # noqa: ARG001
    (folder / "small.vec").write_text("good 1 2 3\nbad 3 2 1\n")
    assert unrolled(TRAIN).status == 0
    manifest = json.loads((folder / "model" / "manifest.json").read_text())
    assert manifest["text"] == {
        "lowercase": False,
        "digits": True,
        "characters": True,
        "vectors": None,
    }
    assert manifest["network"]["pooling"] == "attention"
    assert manifest["training"]["word_dropout"] == 0.1
    assert manifest["ports"]["vectors"] == {"text": 3}
    (folder / "new.csv").write_text("text\na good night\na bad 7\n")
    result = unrolled("predict model new.csv --attention - -o said.csv")
    assert result.status == 0
    lines = result.out.splitlines()
    assert lines[0].split() == ["a", "good", "night"]
    assert lines[1].startswith("label  ")
    assert "@@" in lines[1]
    assert lines[3].split() == ["a", "bad", "0"]
    assert lines[-1] == "wrote  said.csv  (2 rows)"


def test_a_bad_file_of_vectors_is_one_line(unrolled, table, folder):  # noqa: ARG001
    (folder / "small.vec").write_text("good 1 2 3\nbad 3 2\n")
    result = unrolled(TRAIN)
    assert (result.status, result.out) == (2, "")
    assert (
        "'small.vec', line 2: the word is followed by 2 numbers, but the lines before it have 3."
        in " ".join(result.err.split())
    )
