"""Steps, as dicts of the values of their columns, to the inputs of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.layouts.rows_as_steps import ELAPSED, RowsAsSteps
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.runtime.streaming.pools import STEPS
from unrolled.runtime.streaming.step import Kept, State
from unrolled.saving.checked_json import short_repr
from unrolled.sequences.streams.numbers import StepNumbers
from unrolled.sequences.streams.times import TIME, StepTimes
from unrolled.sequences.streams.values import ValueEncoder
from unrolled.sequences.trained import Trained

Step = Mapping[str, Any]


@dataclass(frozen=True)
class _Column:
    """A column whose values are encoded one by one.

    Attributes:
        name: The name of the column.
        encode: Encodes its values.
        start: Where its numbers stand in the input `x`; None if its values are ids.
        size: How many numbers it has there.
        ids: The input of its ids.
        characters: The input of the characters of its words; None without one.
        ngrams: The input of the n-grams that end at its steps, and their encoder; or None.
    """

    name: str
    encode: ValueEncoder
    start: int | None
    size: int
    ids: str
    characters: str | None
    ngrams: tuple[str, NGramEncoder] | None


class StepEncoder:
    """Encodes steps, with the fitted encoders of a model.

    A column with one value for the whole row is read at the first step; at later steps it may be
    left out, or have the same value.

    Args:
        trained: The model.

    Raises:
        SettingError: The steps of an input are not known one by one.
    """

    def __init__(self, trained: Trained) -> None:
        encoder, layout = trained.encoder, trained.layout
        schema, names = encoder.schema, encoder.tensor_names
        if len(schema.input_groups) > 1:
            groups = "; ".join(quote_names(c.name for c in group) for group in schema.input_groups)
            raise SettingError(
                f"The inputs have numbers of steps of their own ({groups}), and a step of a stream"
                " has a value of each input. Predict whole rows with `predict`, or train with"
                " inputs of the same number of steps."
            )
        characters = {id(e): name for name, e in encoder.character_encoders.items()}
        ngrams = {id(e): (name, e) for name, e in encoder.ngram_encoders.items()}
        numbers: dict[str, tuple[ValueEncoder, Scaler, int]] = {}
        self._columns: list[_Column] = []
        self._of_row: list[_Column] = []
        self._width = 0
        for column in schema.inputs:
            own = encoder.encoders[column.name]
            if column.unit == "subwords":
                raise SettingError(
                    f"The input '{column.name}' is text in subwords, which are known only when the"
                    f" whole text is. Train with '{column.name}:words' or"
                    f" '{column.name}:characters'."
                )
            values, start = ValueEncoder(column, own, layout), self._width
            if column.kind == "numbers" and isinstance(own, Scaler):
                numbers[column.name] = values, own, start
            else:
                entry = _Column(
                    column.name,
                    values,
                    None if own.produces_ids else start,
                    own.size,
                    names[column.name],
                    characters.get(id(own.characters)),
                    ngrams.get(id(own.ngrams)),
                )
                (self._columns if column.side == "many" else self._of_row).append(entry)
            self._width += 0 if own.produces_ids else own.size
        self._numbers = StepNumbers(numbers) if numbers else None
        has_times = isinstance(layout, RowsAsSteps) and layout.time is not None
        self._times = StepTimes(layout) if has_times else None  # type: ignore[arg-type]

    @property
    def ends(self) -> dict[str, int]:
        """By input of n-grams, how many of the ids of a step count only at the end of a row."""
        ngrams = [column.ngrams for column in self._columns if column.ngrams]
        return {name: e.ids_per_step - len(e.keys) for name, e in ngrams}

    @property
    def keeps(self) -> dict[str, Kept]:
        """Its part of the state."""
        kept = dict(self._times.keeps) if self._times else {}
        for column in self._of_row:
            numbers = column.start is not None
            shape = (column.size,) if numbers else ()
            kept[_of_row(column)] = Kept(shape, "float32" if numbers else "int32")
        for column in self._columns:
            if column.ngrams:
                order = len(column.ngrams[1].keys)
                kept[_earlier(column)] = Kept((order,), "int32", -1)
        return kept

    def __call__(
        self, steps: Sequence[Step], state: State
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the inputs of the network (b 1 ...) by name, and the next state.

        Args:
            steps: A step of each of b streams.
            state: The state before it.

        Raises:
            DataError: A column is missing, or a value cannot be read; the message names it.
        """
        try:
            return self._encode(steps, state)
        except KeyError as error:
            name = error.args[0]
            step = next((step for step in steps if name not in step), None)
            if step is None:
                raise
            raise missing_column(step, name) from None
        except TypeError:
            wrong = [step for step in steps if not isinstance(step, Mapping)]
            if not wrong:
                raise
            raise DataError(
                f"{short_repr(wrong[0])} is not a step. Pass a dict of the values of its columns,"
                " such as {'x': 3.1}."
            ) from None

    def _encode(
        self, steps: Sequence[Step], state: State
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        inputs: dict[str, Array] = {}
        after: dict[str, Array] = {}
        x = np.zeros((len(steps), 1, self._width), np.float32)
        if self._times is not None:
            after[TIME], since = self._times.read(steps, state)
            if self._times.required:
                pairs = zip(steps, since.tolist(), strict=True)
                steps = [{**step, ELAPSED: time} for step, time in pairs]
        if self._numbers is not None:
            self._numbers.encode(steps, x)
        for column in self._of_row:
            after[_of_row(column)] = value = self._value_of_row(column, steps, state)
            _put(column, value, x, inputs)
        for column in self._columns:
            encoded = [column.encode(step[column.name]) for step in steps]
            value = np.stack([e.value for e in encoded])
            _put(column, value, x, inputs)
            if column.characters:
                characters = [e.characters for e in encoded if e.characters is not None]
                inputs[column.characters] = np.stack(characters)[:, None]  # b 1 c
            if column.ngrams:
                ids = np.concatenate([state[_earlier(column)], value[:, None]], axis=1)
                inputs[column.ngrams[0]] = last_ngrams(column.ngrams[1], ids)[:, None]
                after[_earlier(column)] = ids[:, 1:].astype(np.int32)
        if self._width:
            inputs["x"] = x
        return inputs, after

    def _value_of_row(self, column: _Column, steps: Sequence[Step], state: State) -> Array:
        """Return the values of a column with one value for the whole row (b ...)."""
        name, kept, started = column.name, state[_of_row(column)], state[STEPS].tolist()
        values = kept.copy()
        for row, step in enumerate(steps):
            if name not in step and started[row]:
                continue
            values[row] = column.encode(step[name]).value
            if started[row] and (values[row] != kept[row]).any():
                raise DataError(
                    f"column '{name}': it has one value for the whole row, which was another one"
                    f" at the first step, and now it is {step[name]!r}. Leave it out after the"
                    " first step, or begin a new row with reset()."
                )
        return values


def last_ngrams(encoder: NGramEncoder, ids: Array) -> Array:
    """Return the ids of the n-grams that end at the last step of rows (b n).

    Args:
        encoder: The encoder of n-grams.
        ids: The last steps of each row, one more than the longest n-gram (b k); -1 before it.
    """
    known = ids >= 0
    ends = np.cumsum(known.sum(axis=1))
    column = RaggedColumn(ids[known], np.concatenate([[0], ends]))
    encoded: Array = encoder.encode(column).flat[ends - 1]
    return encoded


def missing_column(step: Step, name: str) -> DataError:
    """Return the error for a step without a column."""
    return DataError(
        f"column '{name}' is missing: the step has {quote_names(step) or 'no column'}. Give each"
        f" step a value of '{name}'; a number that is not known is None."
    )


def _put(column: _Column, value: Array, x: Array, inputs: dict[str, Array]) -> None:
    """Put the values of a column (b ...) where the network reads them."""
    if column.start is None:
        inputs[column.ids] = value.astype(np.int32)[:, None]
    else:
        x[:, 0, column.start : column.start + column.size] = value


def _of_row(column: _Column) -> str:
    return f"value of {column.name}"


def _earlier(column: _Column) -> str:
    return f"steps of {column.name}"
