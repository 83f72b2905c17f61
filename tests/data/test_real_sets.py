"""What the data room may import, and what it makes of whole real sets."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl

from unrolled.data.encoders.encoder import make_encoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.tables.known import drop_unknown_rows
from unrolled.data.tables.split import split
from unrolled.data.tables.table import check_trainable
from unrolled.schema import Schema

MODULES = ["infer.arrays", "encoders.encoder", "infer.infer_schema", "formats.read", "tables.table"]


def test_neither_keras_nor_jax_nor_pandas_is_imported() -> None:
    code = (
        "import sys\n"
        + "".join(f"import unrolled.data.{name}\n" for name in MODULES)
        + "from unrolled.data.formats.read import read\n"
        "from unrolled.data.formats.write import to_frame_like\n"
        "to_frame_like(read({'a': [1]}), {'a': [1]})\n"
        "print(sorted({'keras', 'jax', 'pandas', 'tensorflow', 'torch'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def check_table(
    frame: pl.DataFrame, inputs: list[str], outputs: list[str], **stated: str
) -> Schema:
    """Take a table through every door and check that what comes out decodes to what went in."""
    table, into, out = infer_table(frame, inputs, outputs, stated=stated)
    data, _ = drop_unknown_rows(table, out, complete=True)
    check_trainable(data, out)
    result = infer_schema(data, into, out)
    train, held_out = split(data, 0.2, outputs=result.outputs)
    assert len(train) + len(held_out) == data.rows
    for column in (*result.inputs, *result.outputs):
        fitted_encoder = make_encoder(
            column, output=column in result.outputs, end=result.shape == "unaligned"
        )
        fitted_encoder.fit(data.take(train).values[column.name])
        assert len(fitted_encoder.encode(data.take(held_out).values[column.name])) == len(held_out)
    values = data.take(train).values[out[0].name]
    back = fitted_encoder.decode(fitted_encoder.encode(values))
    if out[0].kind in ("number", "vector", "numbers"):
        for one, two in zip(back, values, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-2)
    else:
        assert list(back) == list(values)
    return result


def test_a_day_to_its_curve(shared: Path) -> None:
    hours = read(shared / "bike_sharing" / "hour.csv")
    curves = (
        hours.group_by("dteday", maintain_order=True)
        .agg("cnt", "temp", total=pl.col("cnt").sum())
        .filter(pl.col("cnt").list.len() == 24)
    )
    days = read(shared / "bike_sharing" / "day.csv").drop("cnt", "temp").join(curves, on="dteday")
    assert (
        check_table(days, ["season", "holiday"], ["total"], season="category").shape == "one-to-one"
    )
    assert check_table(days, ["season"], ["cnt"], cnt="numbers").shape == "one-to-many"
    result = check_table(days, ["temp", "season"], ["total"], temp="numbers")
    assert (result.shape, result.steps_in) == ("many-to-one", 24)
    assert check_table(days, ["temp"], ["cnt"], temp="numbers", cnt="numbers").shape == "aligned"


def test_vowels_sentences_and_letters(shared: Path) -> None:
    vowels = read(shared / "uea_ucr" / "JapaneseVowels_TRAIN.ts")
    assert check_table(vowels, ["series"], ["class"]).shape == "many-to-one"
    lines = (shared / "sentiment" / "amazon_cells_labelled.txt").read_text().splitlines()
    texts, labels = zip(*(line.split("\t") for line in lines), strict=True)
    result = check_table(
        read({"text": list(texts), "label": list(map(int, labels))}), ["text"], ["label"]
    )
    assert (result.shape, result.inputs[0].kind_name) == ("many-to-one", "text:words")
    spoken = next((shared / "sigmorphon2020_g2p" / "train").glob("fre*"))
    rows = [line.split("\t") for line in spoken.read_text().splitlines()]
    frame = read({"letters": [r[0] for r in rows], "sounds": [r[1] for r in rows]})
    result = check_table(frame, ["letters"], ["sounds"], sounds="tokens")
    assert (result.shape, result.inputs[0].kind_name) == ("unaligned", "text:characters")


def test_words_and_their_tags(shared: Path) -> None:
    folder = shared / "atis" / "train"
    words = (folder / "seq.in").read_text().splitlines()
    tags = (folder / "seq.out").read_text().splitlines()
    frame = read({"words": words, "tags": tags})
    assert check_table(frame, ["words"], ["tags"], words="tokens", tags="tokens").shape == "aligned"
