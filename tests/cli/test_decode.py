"""`unrolled predict` with a chained decoder: beams, draws, limits and the attention picture."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import polars as pl
import pytest

from unrolled.cli import main

WORDS = ["abc", "bca", "cab", "aab", "bbc", "cca", "ab", "bc"] * 3
TRAIN = "train words.tsv --columns word sounds --input word:characters --output sounds:tokens"
TRAIN += " --shape unaligned --units 8 --epochs 2 --save model"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Train a speller on words whose sounds are their letters, backwards."""
    folder = tmp_path_factory.mktemp("speller")
    lines = [f"{word}\t{' '.join(reversed(word.upper()))}" for word in WORDS]
    (folder / "words.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "new.csv").write_text("word\nabc\ncab\n", encoding="utf-8")
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(folder)
        main(TRAIN.split())
    return SimpleNamespace(folder=folder, out=out.getvalue())


@pytest.fixture
def speller(unrolled, trained, monkeypatch):
    """Run a command in the folder of the model."""
    monkeypatch.chdir(trained.folder)
    return unrolled


@pytest.mark.slow
def test_training_names_the_columns_of_a_bare_file_in_the_command_to_go_on(trained):
    assert "unaligned · decoder" in trained.out
    assert "--columns word sounds" in trained.out.splitlines()[-1]


@pytest.mark.slow
def test_a_beam_gives_its_best_with_scores_and_cuts_side_by_side(speller):
    result = speller("predict model new.csv --beam 3 --n-best 2 -o beams.csv")
    assert (result.status, result.out) == (0, "wrote  beams.csv  (2 rows)\n")
    result = pl.read_csv("beams.csv")
    beside = [
        "sounds-predicted",
        "sounds-score",
        "sounds-cut",
        "sounds-2",
        "sounds-2-score",
        "sounds-2-cut",
    ]
    assert result.columns == ["word", *beside]
    assert (result["sounds-score"] >= result["sounds-2-score"]).all()


def test_draws_are_those_of_their_seed(speller):
    draws = [
        speller(f"predict model new.csv --samples 4 --temperature 2 --seed {seed}").out
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]
    assert "sounds-4-score" in draws[0].splitlines()[0]


@pytest.mark.parametrize("few", ["--top-k 1", "--top-p 0.0001"])
def test_draws_from_the_most_probable_token_alone_are_the_greedy_output(speller, few):
    drawn = speller(f"predict model new.csv --samples 1 --temperature 5 {few}").out
    assert drawn == speller("predict model new.csv --beam 1").out


def test_a_share_of_more_than_one_is_refused(speller):
    result = speller("predict model new.csv --samples 1 --top-p 1.5")
    assert result.status == 2
    assert "top_p=1.5 is not valid for Decoding: top_p must be at most 1." in " ".join(
        result.err.split()
    )


def test_the_most_steps_cut_and_say_so(speller, trained):
    result = speller("predict model new.csv --max-steps 1 -o cut.jsonl")
    assert result.status == 0
    rows = [json.loads(line) for line in (trained.folder / "cut.jsonl").read_text().splitlines()]
    for row in rows:
        output = row["sounds-predicted"]
        steps = output if isinstance(output, list) else output.split()
        assert len(steps) <= 1
        assert row["sounds-cut"] == (len(steps) == 1)


def test_the_picture_of_attention_is_drawn_beside_the_predictions(speller, trained):
    result = speller("predict model new.csv --attention seen.png -o with.csv")
    assert result.out == "drew   seen.png\nwrote  with.csv  (2 rows)\n"
    assert (trained.folder / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_no_predictions_are_written_where_the_picture_cannot_be_drawn(speller, trained):
    result = speller("predict model new.csv --attention nowhere/seen.png -o without.csv")
    assert result.status == 2
    assert "nowhere/seen.png" in result.err
    assert not (trained.folder / "without.csv").exists()


def test_to_search_and_to_draw_at_once_is_refused(speller):
    result = speller("predict model new.csv --beam 2 --samples 3")
    assert result.status == 2
    assert "beam=2 and samples=3" in result.err
    assert "Traceback" not in result.err
