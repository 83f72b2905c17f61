"""Encoders: a column's values as numbers for a network and back, fitted on the training part."""

from __future__ import annotations

from typing import Any, Protocol, Self

from unrolled.data.encoders.checks import WRONG, _name
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.errors import DataError
from unrolled.schema import Column
from unrolled.settings import Text


class Encoder(Protocol):
    """What every encoder does.

    Attributes:
        column: What it encodes.
        as_output: Whether it comes out.
        size: Encoded features, classes, or ids.
    """

    column: Column
    as_output: bool

    @property
    def size(self) -> int:
        """Encoded features, classes, or ids."""
        ...

    def fit(self, values: Any) -> Self:
        """Learn from the values of the training part (b)."""
        ...

    def encode(self, values: Any) -> Any:
        """Return values as numbers: (b w) or (b,), or b arrays (t_i, w) or (t_i,)."""
        ...

    def decode(self, values: Any) -> Any:
        """Return a network's numbers as values."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        ...


def make_encoder(
    column: Column,
    *,
    output: bool,
    end: bool = False,
    text: Text | None = None,
    counted: bool = False,
) -> Encoder:
    """Return the encoder of a column's kind, not yet fitted.

    Args:
        column: What goes in or comes out.
        output: Whether it comes out.
        end: Whether rows of text or tokens are closed by an end mark.
        text: How text and tokens are read.
        counted: Whether runs of their steps are counted.

    Example:
        >>> encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"]).size
        2
    """
    if column.kind == "category":
        return Labels(column, as_output=output)
    if column.kind in ("tokens", "text"):
        return Vocabulary(column, as_output=output, end=end, text=text, counted=counted)
    return Scaler(column, as_output=output)


def embedded(made: Encoder) -> bool:
    """Return whether what goes in becomes whole numbers, which a network embeds."""
    return isinstance(made, Vocabulary) or (isinstance(made, Labels) and made.ids)


def encoder_from_dict(facts: dict[str, Any]) -> Encoder:
    """Return the fitted encoder that `to_dict` wrote.

    Example:
        >>> labels = encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"])
        >>> encoder_from(labels.to_dict()).decode([1, 0]).tolist()
        ['y', 'x']
    """
    kinds: dict[str, Any] = {"scaler": Scaler, "labels": Labels, "vocabulary": Vocabulary}
    kind = facts.get("encoder") if isinstance(facts, dict) else None
    if not (isinstance(kind, str) and kind in kinds):
        raise DataError(f"got the encoder {kind!r}, expected one of {', '.join(kinds)}.")
    if (wrong := WRONG[kind](facts)) is not None:
        raise DataError(f"got the encoder of {_name(facts)} with other {wrong} than it can have.")
    made: Encoder = kinds[kind].from_dict(facts)
    return made
