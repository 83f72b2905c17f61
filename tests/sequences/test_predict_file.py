"""Predicting a file in pieces writes, byte for byte, what predicting it in one piece does."""

import os
import select
import sys
from pathlib import Path

import polars as pl
import pytest

import unrolled
from unrolled.data.formats.chunks import read_chunks
from unrolled.errors import DataError
from unrolled.sequences import prediction

SENTENCES = Path(__file__).parents[2] / "examples" / "many-to-one" / "sentences.csv"
ROWS = 20_000


@pytest.fixture(scope="module")
def model():
    training = unrolled.Training(epochs=1, verbose=False)
    network = unrolled.Network(units=4)
    made = unrolled.SequenceModel({"text": "words"}, "label", network=network, training=training)
    return made.fit(SENTENCES)


@pytest.fixture(scope="module")
def table():
    """Return 20 000 sentences beside a column whose type only the last row tells."""
    few = unrolled.read(SENTENCES).drop("label")
    many = pl.concat([few] * (ROWS // few.height + 1)).head(ROWS)
    return many.with_columns(size=pl.Series([*map(str, range(ROWS - 1)), "0.5"]))


def small(monkeypatch):
    """Let pieces be small, and count them."""
    counts = []

    def cut(source, options):
        found = read_chunks(source, options, size=200_000, rows=3000)
        counts.append(len(list(found.tables())))
        return found

    monkeypatch.setattr(prediction, "read_chunks", cut)
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_pieces_are_predicted_as_the_whole(model, table, suffix, tmp_path, monkeypatch):
    given, one, many = (tmp_path / f"{name}.{suffix}" for name in ("given", "one", "many"))
    unrolled.write(table, given)
    assert model.predict_file(unrolled.scan(given), one) == ROWS
    counts = small(monkeypatch)
    assert model.predict_file(given, many) == ROWS
    assert counts[0] >= 7
    pieces, whole = unrolled.read(many), unrolled.read(one)
    sure = "label-confidence"  # rows in batches of another size differ in the last bits
    assert pieces.drop(sure).equals(whole.drop(sure))
    assert (pieces[sure] - whole[sure]).abs().max() < 1.5e-4
    assert pieces["label-predicted"].n_unique() == 2


@pytest.mark.slow
def test_an_error_says_which_rows_and_leaves_no_file(model, table, tmp_path, monkeypatch):
    wrong = table.with_columns(text=pl.lit(b"text"))
    wrong.write_parquet(tmp_path / "wrong.parquet")
    small(monkeypatch)
    with pytest.raises(DataError) as caught:
        model.predict_file(tmp_path / "wrong.parquet", tmp_path / "out.csv")
    assert str(caught.value).startswith(
        f"'{tmp_path / 'wrong.parquet'}', rows 1 to 3000, here counted from 1: column 'text' holds"
        " binary data"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["wrong.parquet"]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_on_a_terminal_a_bar_counts_the_rows(model, table, tmp_path, monkeypatch):
    table.head(7000).write_parquet(tmp_path / "new.parquet")
    small(monkeypatch)
    main, other = os.openpty()
    with os.fdopen(other, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setenv("TERM", "xterm")
        model.predict_file(tmp_path / "new.parquet", tmp_path / "out.csv")
        terminal.flush()
        written = b""  # a read may end within a letter
        while select.select([main], [], [], 0.5)[0]:
            written += os.read(main, 1 << 16)
    os.close(main)
    assert "7000/7000" in written.decode()
