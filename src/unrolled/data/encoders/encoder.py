"""The encoder for each kind of column: made new, or read from a saved model."""

from __future__ import annotations

from typing import Any

from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.dates import Dates
from unrolled.data.encoders.label_sets import LabelSets
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.errors import DataError
from unrolled.schema import Column
from unrolled.settings import Text

SAVED_ENCODERS: dict[str, type[Encoder]] = {
    "scaler": Scaler,
    "labels": Labels,
    "label sets": LabelSets,
    "vocabulary": Vocabulary,
    "dates": Dates,
}


def make_encoder(
    column: Column,
    *,
    output: bool,
    end: bool = False,
    text: Text | None = None,
    count_ngrams: bool = False,
) -> Encoder:
    """Return the encoder for a column's kind, not yet fitted.

    Args:
        column: The column.
        output: Whether it is an output.
        end: Whether sequences of tokens or text end with an end mark.
        text: How text and tokens are read.
        count_ngrams: Whether the n-grams of text and tokens are counted.

    Example:
        >>> make_encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"]).size
        2
    """
    if column.is_category:
        return Labels(column, as_output=output)
    if column.is_label_set:
        return LabelSets(column, as_output=output)
    if column.is_token_sequence:
        return Vocabulary(column, as_output=output, end=end, text=text, count_ngrams=count_ngrams)
    return (Dates if column.kind == "date" else Scaler)(column, as_output=output)


def encoder_from_dict(facts: dict[str, Any]) -> Encoder:
    """Return the fitted encoder that `to_dict` wrote.

    Raises:
        DataError: It is not what an encoder could have written.

    Example:
        >>> labels = make_encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"])
        >>> encoder_from_dict(labels.to_dict()).decode([1, 0]).tolist()
        ['y', 'x']
    """
    kind = facts.get("encoder") if isinstance(facts, dict) else None
    if not (isinstance(kind, str) and kind in SAVED_ENCODERS):
        raise DataError(
            f"there is no encoder {kind!r}. The encoders are {', '.join(SAVED_ENCODERS)}."
        )
    encoder = SAVED_ENCODERS[kind]
    if (field := encoder.invalid_field(facts)) is not None:
        raise DataError(f"the encoder of {_column_name(facts)} has {field} that it cannot have.")
    return encoder.from_dict(facts)


def _column_name(facts: dict[str, Any]) -> str:
    """Return the name of the column that a saved encoder is for."""
    column = facts.get("column")
    return repr(column.get("name") if isinstance(column, dict) else column)[:60]
