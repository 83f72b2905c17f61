"""Pronunciation lists, headerless or not, are found as they are and survive to the last accent."""

from pathlib import Path

import polars as pl
import pytest

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.schema import Schema

EXAMPLES = Path(__file__).parents[3] / "examples"
FRENCH = EXAMPLES / "unaligned" / "french.csv"
NAMES = EXAMPLES / "many-to-one" / "names.csv"
needs_examples = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")


def survives(frame: pl.DataFrame, given: str, wanted: str) -> Schema:
    """Return the schema found, after every output went through ids and back."""
    values, into, out = infer_table(frame, [given], [wanted])
    encoder = TableEncoder.fit(infer_schema(values, into, out), values)
    ids = encoder.encode(values, targets=True).targets[wanted].rows()
    assert encoder.decode_cells(encoder.schema.outputs[0], ids) == frame[wanted].to_list()
    return encoder.schema


@needs_examples
def test_french_survives_with_and_without_a_header(tmp_path: Path) -> None:
    frame = read(FRENCH)
    bare = tmp_path / "french.tsv"
    frame.write_csv(bare, separator="\t", include_header=False)
    assert read(bare, columns=frame.columns).equals(frame)
    result = survives(frame, "word", "phonemes")
    kinds = [column.kind_name for column in (*result.inputs, *result.outputs)]
    assert (result.shape, kinds) == ("unaligned", ["text:characters", "tokens"])
    back = survives(frame, "phonemes", "word")
    assert [column.kind_name for column in (*back.inputs, *back.outputs)] == kinds[::-1]


@needs_examples
def test_a_label_to_text_is_one_to_many() -> None:
    result = survives(read(NAMES), "language", "name")
    assert result.shape == "one-to-many"
    assert result.reason == (
        "`language` is one label and `name` is text read as characters, so one-to-many: one in, a"
        " row out. It would be unaligned or aligned with `language:text` stated, and one-to-one"
        " with `name:category` stated."
    )


@pytest.mark.parametrize("language", ["dut", "fre", "hun", "ice", "rum"])
def test_languages_of_the_shared_task_survive(shared: Path, language: str) -> None:
    path = shared / "sigmorphon2020_g2p" / "train" / f"{language}_train.tsv"
    result = survives(read(path, columns=["word", "phonemes"]), "word", "phonemes")
    assert result.outputs[0].kind_name == "tokens"
