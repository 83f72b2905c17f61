"""What every encoder does, so that other code asks the encoder and not for its class."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from unrolled.data.encoders.characters import CharacterEncoder
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.errors import NotFittedError
from unrolled.schema import Column


class Encoder(ABC):
    """The encoder of one column, fitted on the training part.

    Args:
        column: The column that it encodes.
        as_output: Whether the column is an output.

    Attributes:
        characters: Encodes the characters of each step, as a further input; None without them.
        ngrams: Encodes the n-grams that end at each step, as a further input; None without them.
        classes: The labels of a category or of a set of labels, in the order of their ids; empty
            for other kinds.
    """

    characters: CharacterEncoder | None = None
    ngrams: NGramEncoder | None = None
    classes: Sequence[Any] = ()

    @property
    def labels(self) -> Sequence[str]:
        """The labels of steps, in the order of their ids, which are the last ones."""
        return ()

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        self.column = column
        self.as_output = as_output

    @property
    @abstractmethod
    def size(self) -> int:
        """Encoded features, classes, or ids."""

    @property
    def produces_ids(self) -> bool:
        """Whether the encoded values are integer ids, which a network embeds or predicts."""
        return False

    @property
    def known_ids(self) -> Mapping[str, int]:
        """The id of each known token; empty where steps have no names."""
        return {}

    @abstractmethod
    def fit(self, values: Any) -> Self:
        """Learn from the values of the training part (b)."""

    @abstractmethod
    def encode(self, values: Any) -> Any:
        """Return values as numbers: (b w) or (b,), or b arrays (t_i, w) or (t_i,)."""

    @abstractmethod
    def decode(self, values: Any) -> Any:
        """Return a network's outputs as values of the column."""

    def as_classes(self, values: Any) -> Any:
        """Return values (b) with their labels as the training part wrote them."""
        return values

    def describe_training(self, values: Any) -> list[str]:  # noqa: ARG002
        """Return a sentence for each thing in the training part (b) that a person should know."""
        return []

    def describe_new(self, values: Any) -> list[str]:  # noqa: ARG002
        """Return a sentence for each way in which new input values (b) are unlike the training."""
        return []

    def name_steps(self, value: Any) -> list[str] | None:  # noqa: ARG002
        """Return the names of the steps of one value, or None where steps have no names."""
        return None

    def name_ids(self, ids: Iterable[int]) -> list[str] | None:  # noqa: ARG002
        """Return the names of the steps with some ids, or None where steps have no names."""
        return None

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""

    @staticmethod
    @abstractmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field that makes a saved state of this encoder invalid, or None.

        A saved state is untrusted: anyone may have written it.
        """

    @classmethod
    @abstractmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""

    def not_fitted(self) -> NotFittedError:
        """Return the error for an encoder that was not fitted."""
        return NotFittedError(
            f"the encoder of column '{self.column.name}' is not fitted. Call `fit` first."
        )
