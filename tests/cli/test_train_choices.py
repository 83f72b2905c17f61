"""What `unrolled train` refuses before it reads a table, and which rows it trains and scores on."""

import json

import polars as pl
import pytest

QUICK = "--output label --input a text --epochs 1 --units 4 --no-characters"
REFUSED = (
    ("--output label --save rows.jsonl", "'rows.jsonl': it exists, and is not a saved model"),
    ("--output label --save rows.jsonl/model", "'rows.jsonl' is not a folder"),
    ("--output label --checkpoint rows.jsonl", "'rows.jsonl' is a file, and checkpoints need"),
    ("--output label --checkpoint rows.jsonl/x", "'rows.jsonl' is a file, and checkpoints need"),
    ("--output label --plot x.bmp", "Cannot draw into 'x.bmp': there is no format 'bmp', only"),
    ("--output label --plot no/x.png", "Cannot draw into 'no/x.png': no file can be written there"),
    ("--output label --lowercase --keep-case", "--lowercase and --keep-case contradict each other"),
    ("--output label --one-digit --keep-digits", "--one-digit and --keep-digits contradict each"),
    ("--output label --bidirectional --one-way", "--bidirectional and --one-way contradict each"),
    ("--output label --test 0.1 --test-file rows.jsonl", "cannot be combined: the rows to score"),
    ("--output label --final --test 0", "--final and --test 0 cannot be combined"),
    ("--output label --test-file none.csv", "There is no file 'none.csv'"),
    ("--output label --patience 0", "patience"),
    ("--output label --learning-rate 0", "learning_rate"),
    ("--output label --dropout 1", "dropout"),
    ("--output label --batch-size 0", "batch_size"),
    ("--output total:number --input a --class-weight balanced", "class_weight='balanced' of"),
    ("", "missing option '--output'"),
)


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_what_cannot_work_is_refused_before_anything_is_printed(unrolled, table, words, message):
    result = unrolled(f"train {table.name} {words}")
    assert result.status == 2
    assert message in " ".join(result.err.split())
    assert result.out == ""
    assert [path.name for path in table.parent.iterdir()] == [table.name]


@pytest.fixture(scope="module")
def choices(tmp_path_factory, rows):
    """Return a folder with three tables, of which one has labels that the others have not."""
    folder = tmp_path_factory.mktemp("choices")
    new = [{**row, "label": "maybe"} for row in rows[:2]]
    tables = {"rows": rows, "more": rows[:20], "new": [*rows, *new]}
    for name, records in tables.items():
        lines = [json.dumps(row) for row in records]
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_training_without_score_a_final_one_and_a_continued_one(unrolled, choices, monkeypatch):
    monkeypatch.chdir(choices)
    result = unrolled(f"train rows.jsonl {QUICK} --test 0 --save first --plot curves.png")
    assert result.status == 0, result.err
    assert "No score was made." in result.out
    assert (choices / "curves.png").stat().st_size > 1000

    result = unrolled(f"train rows.jsonl {QUICK} --test-file more.jsonl --final")
    assert result.status == 0, result.err
    assert "label (20 rows)" in result.out
    assert "final training on all rows for 1 epoch, the number that was best" in result.err
    assert "The score is that of the training before the final one" in result.out

    result = unrolled("train more.jsonl --from first --test 0 --epochs 1 --save second")
    assert result.status == 0, result.err
    assert "saved  second" in result.out

    result = unrolled("train new.jsonl --from first --epochs 1")
    assert result.status == 2
    assert "labels of the output 'label' that the model does not know: 'maybe'" in " ".join(
        result.err.split()
    )

    refused = ("--units 8", "--output total", "--lowercase", "--keep-case", "--no-attention")
    for words in (*refused, "--one-way", "--dropout 0"):
        result = unrolled(f"train more.jsonl --from first {words}")
        assert result.status == 2
        assert "does not apply with --from" in result.err

    result = unrolled("importance second rows.jsonl --repeats 2 --plot importance.png")
    assert result.status == 0, result.err
    assert "(accuracy)" in " ".join(result.out.split())
    assert (choices / "importance.png").exists()


def test_the_importance_of_a_forecaster_is_refused(unrolled, folder):
    pl.DataFrame({"y": [1.0]}).write_csv(folder / "y.csv")
    result = unrolled("importance nowhere y.csv")
    assert result.status == 2
    assert "There is no saved model" in result.err
