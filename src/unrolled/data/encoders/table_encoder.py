"""From a table to the network's inputs and targets, and from its outputs back to cells."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.categories import Categories
from unrolled.data.encoders.characters import CharacterEncoder
from unrolled.data.encoders.encoder import make_encoder
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.input_groups import InputGroup, numbered
from unrolled.data.input_steps import check_lengths, group_lengths, join_numbers, refuse_uneven
from unrolled.data.special_ids import PREVIOUS, STOP
from unrolled.data.tables.label_sets import one_hot
from unrolled.data.tables.table import Table
from unrolled.schema import Column, Schema, group_length
from unrolled.settings import Text
from unrolled.shapes import FACTS

DEFAULT_TEXT = Text()
MAX_LINEAR_LABELS = 100  # with more, the linear branch would be larger than the network
RESERVED = {"x", "h", "mask", PREVIOUS, STOP, "model", "keras", "layers"}
CHARACTERS, NGRAMS = "spelling", "runs"  # part of the names of tensors in saved models


@dataclass(frozen=True)
class TableEncoder:
    """How a table becomes numbers and back: the schema with an encoder for each column.

    Attributes:
        schema: The input and output columns.
        encoders: By column name, fitted on the training part.
        steps_in: Input steps where every training row had the same number, else None; those of the
            first group where inputs have numbers of steps of their own.
        steps_out: Output steps `u` of `one-to-many` and `unaligned`, else None.
        text: How text and tokens that are inputs are read.
    """

    schema: Schema
    encoders: dict[str, Encoder]
    steps_in: int | None
    steps_out: int | None
    text: Text = DEFAULT_TEXT

    @classmethod
    def fit(
        cls, schema: Schema, train: Table, *, text: Text = DEFAULT_TEXT, linear: bool = False
    ) -> TableEncoder:
        """Return the encoders fitted on the training part alone.

        Args:
            schema: The input and output columns.
            train: The training part.
            text: How text and tokens that are inputs are read.
            linear: Whether n-grams are counted for a linear branch, where it can be used.
        """
        generates = schema.shape in ("one-to-many", "unaligned")
        if text.characters is None and generates:
            text = text.model_copy(update={"characters": False})
        count_ngrams = linear and schema.shape == "many-to-one" and _has_few_labels(schema, train)
        count_ngrams = count_ngrams and not schema.length_groups
        encoders = {}
        for column in schema.inputs:
            encoder = make_encoder(column, output=False, text=text, count_ngrams=count_ngrams)
            encoders[column.name] = encoder.fit(train.values[column.name])
        for column in schema.outputs:
            encoder = make_encoder(column, output=True, end=generates, text=text)
            encoders[column.name] = encoder.fit(train.values[column.name])
        table_encoder = cls(schema, encoders, schema.steps_in, None, text)
        if not generates:
            return table_encoder
        columns = [table_encoder.encode_column(column, train) for column in schema.outputs]
        return replace(table_encoder, steps_out=max(_longest(column) for column in columns))

    @property
    def ragged(self) -> bool:
        """Whether rows have different numbers of input steps."""
        return FACTS[self.schema.shape].inputs == "many" and self.steps_in is None

    @property
    def further_groups(self) -> tuple[InputGroup, ...]:
        """The inputs with another number of steps than the first ones."""
        return tuple(
            InputGroup(
                number,
                t=None if self.ragged else group_length(group),
                values=self._count_values(number),
                inputs=self._id_inputs(group),
            )
            for number, group in enumerate(self.schema.input_groups[1:], 2)
        )

    @property
    def values(self) -> int:
        """Numbers in one step of the input `x`; 0 where every input is embedded."""
        return self._count_values(1)

    def _count_values(self, number: int) -> int:
        """Return the numbers in one step of a group: its own, and those without steps."""
        encoders = [self.encoders[column.name] for column in self.columns_of_group(number)]
        return sum(encoder.size for encoder in encoders if not encoder.produces_ids)

    def columns_of_group(self, number: int) -> list[Column]:
        """Return the inputs of a group: its sequences, and those without steps.

        Inputs of ids without steps are in the first group alone.
        """
        groups = self.schema.input_groups
        own = {column.name for column in groups[number - 1]} if groups else set()
        return [
            column
            for column in self.schema.inputs
            if column.name in own
            or (
                column.side == "one"
                and (number == 1 or not self.encoders[column.name].produces_ids)
            )
        ]

    def _id_inputs(self, group: Sequence[Column]) -> tuple[str, ...]:
        """Return the tensors of ids and of characters of some columns."""
        names = self.tensor_names
        encoders = {column.name: self.encoders[column.name] for column in group}
        ids = [names[name] for name, e in encoders.items() if e.produces_ids]
        characters = [
            names[feature_key(name, CHARACTERS)] for name, e in encoders.items() if e.characters
        ]
        return (*ids, *characters)

    @property
    def can_use_linear_branch(self) -> bool:
        """Whether a linear branch may predict the label of a row from all of its numbers."""
        has_numbers = not all(encoder.produces_ids for encoder in self._inputs.values())
        applies = self.schema.shape == "many-to-one" and not self.schema.length_groups
        return applies and bool(self.class_outputs) and has_numbers

    @property
    def has_numeric_steps(self) -> bool:
        """Whether sequences of numbers are among the inputs of a linear branch."""
        sequences = [c.name for c in self.schema.inputs if c.side == "many"]
        numeric = not all(self.encoders[name].produces_ids for name in sequences)
        return self.can_use_linear_branch and numeric

    @property
    def tensor_names(self) -> dict[str, str]:
        """The network's name for each column: an identifier that differs from all others."""
        columns = [c.name for c in (*self.schema.inputs, *self.schema.outputs)]
        characters = [
            feature_key(name, CHARACTERS) for name, e in self._inputs.items() if e.characters
        ]
        ngrams = [feature_key(name, NGRAMS) for name, e in self._inputs.items() if e.ngrams]
        numbers = range(2, len(self.schema.length_groups) + 1)
        reserved = {numbered(name, number) for name in ("x", "mask") for number in numbers}
        return unique_identifiers([*columns, *characters, *ngrams], reserved)

    @property
    def character_encoders(self) -> dict[str, CharacterEncoder]:
        """The encoders of the characters of words, by the name of their input tensor."""
        names = self.tensor_names
        characters = {name: encoder.characters for name, encoder in self._inputs.items()}
        return {names[feature_key(name, CHARACTERS)]: e for name, e in characters.items() if e}

    @property
    def ngram_encoders(self) -> dict[str, NGramEncoder]:
        """The encoders of n-grams, by the name of their input tensor."""
        names = self.tensor_names
        ngrams = {name: encoder.ngrams for name, encoder in self._inputs.items()}
        return {names[feature_key(name, NGRAMS)]: e for name, e in ngrams.items() if e}

    @property
    def _inputs(self) -> dict[str, Encoder]:
        return {c.name: self.encoders[c.name] for c in self.schema.inputs}

    @property
    def sizes(self) -> dict[str, int]:
        """Features, classes or ids of each column, by the network's names."""
        names = self.tensor_names
        return {names[name]: encoder.size for name, encoder in self.encoders.items()}

    @property
    def category_inputs(self) -> Categories:
        """Where encoded rows hold the inputs of kind `category`."""
        names, marks, ids, start = self.tensor_names, [], [], 0
        for column in self.columns_of_group(1):
            encoder = self.encoders[column.name]
            if encoder.produces_ids:
                ids += [names[column.name]] if column.is_category else []
                continue
            if column.is_category:
                marks.append((start, start + encoder.size))
            start += encoder.size
        return Categories(tuple(marks), tuple(ids))

    @property
    def pooled_outputs(self) -> tuple[str, ...]:
        """The outputs for the whole row where others are for its steps, by the network's names."""
        aligned, names = self.schema.shape == "aligned", self.tensor_names
        return tuple(names[c.name] for c in self.schema.outputs if aligned and c.side == "one")

    @property
    def generates_tokens(self) -> bool:
        """Whether the output is one sequence of tokens that ends at its own end mark."""
        outputs = self.schema.outputs
        return self._generates and len(outputs) == 1 and outputs[0].is_token_sequence

    @property
    def needs_stop(self) -> bool:
        """Whether the outputs are sequences of numbers of different lengths."""
        open_ended = [c.kind == "numbers" and c.length is None for c in self.schema.outputs]
        return self._generates and any(open_ended)

    @property
    def class_outputs(self) -> tuple[str, ...]:
        """The outputs whose values are scores of classes, by the network's names."""
        names = self.tensor_names
        labels = [c for c in self.schema.outputs if c.is_category or c.is_token_sequence]
        return tuple(names[c.name] for c in labels)

    @property
    def label_set_outputs(self) -> tuple[str, ...]:
        """The outputs that are any number of labels, by the network's names."""
        names = self.tensor_names
        return tuple(names[c.name] for c in self.schema.outputs if c.is_label_set)

    @property
    def _generates(self) -> bool:
        return self.schema.shape in ("one-to-many", "unaligned")

    def encode_column(self, column: Column, table: Table) -> RaggedColumn:
        """Return a column's encoded rows."""
        return RaggedColumn.from_rows(self.encoders[column.name].encode(table.values[column.name]))

    def encode(self, table: Table, *, targets: bool) -> Examples:
        """Return a table's rows, ready to be cut into batches.

        Args:
            table: The rows.
            targets: Whether the outputs are in the table and wanted.

        Raises:
            DataError: Rows do not have the number of steps of the training part.
        """
        columns = {c.name: self.encode_column(c, table) for c in self.schema.inputs}
        for group in self.schema.input_groups:
            refuse_uneven({column.name: columns[column.name] for column in group})
        inputs = self._join_inputs(columns) | self._step_features(columns, table)
        lengths = next((x.lengths for x in inputs.values() if x.offsets is not None), None)
        check_lengths(lengths, self.steps_in)
        outputs = self.schema.outputs if targets else ()
        names = self.tensor_names
        return Examples(
            inputs=inputs,
            targets={names[c.name]: self.encode_column(c, table) for c in outputs},
            rows=table.rows,
            lengths=lengths,
            steps_out=self.steps_out,
            ragged=self.ragged,
            label_sets=self.label_set_outputs if targets else (),
            token_inputs=tuple(names[c.name] for c in self.schema.inputs if c.is_token_sequence),
            groups=tuple(group_lengths(group, inputs) for group in self.further_groups),
        )

    def _join_inputs(self, columns: dict[str, RaggedColumn]) -> dict[str, RaggedColumn]:
        """Return the inputs of every group.

        Inputs without steps are repeated along those with steps, and all numbers are joined into
        the `x` of the group.
        """
        inputs: dict[str, RaggedColumn] = {}
        for number in range(1, max(1, len(self.schema.input_groups)) + 1):
            own = {column.name: columns[column.name] for column in self.columns_of_group(number)}
            inputs |= join_numbers(own, self.tensor_names, numbered("x", number))
        return inputs

    def _step_features(
        self, columns: dict[str, RaggedColumn], table: Table
    ) -> dict[str, RaggedColumn]:
        """Return the characters and the n-grams of the steps of text and tokens."""
        names, characters, ngrams = self.tensor_names, {}, {}
        for name, encoder in self._inputs.items():
            if encoder.characters:
                words = [encoder.name_steps(value) or [] for value in table.values[name]]
                encoded = RaggedColumn.from_rows(encoder.characters.encode(words))
                characters[names[feature_key(name, CHARACTERS)]] = encoded
            if encoder.ngrams:
                ngrams[names[feature_key(name, NGRAMS)]] = encoder.ngrams.encode(columns[name])
        return characters | ngrams

    def describe_training(self, train: Table) -> list[str]:
        """Return a sentence for each thing in the training part that a person should know."""
        encoders = self.encoders.items()
        return [s for name, e in encoders for s in e.describe_training(train.values[name])]

    def describe_new(self, table: Table) -> list[str]:
        """Return a sentence for each way in which new inputs are unlike the training part."""
        if not table.rows:
            return []
        encoders = self._inputs.items()
        return [s for name, e in encoders for s in e.describe_new(table.values[name])]

    def decode(self, column: Column, values: Array | Sequence[Array]) -> Any:
        """Return a network's outputs for a column as values of the column.

        Args:
            column: An output.
            values: (n o), or n arrays (u_i o); logits for categories and tokens.
        """
        return self.encoders[column.name].decode(values)

    def decode_cells(self, column: Column, values: Array | Sequence[Array]) -> Any:
        """Return a network's outputs for a column as cells of a table, as in the training data."""
        decoded = self.decode(column, values)
        if column.is_one_hot:
            return one_hot(decoded, column.width)
        return [" ".join(row) for row in decoded] if column.spaced else decoded


def feature_key(column: str, feature: str) -> str:
    """Return a name that no column has, for a further feature of the steps of a column."""
    return f"{column}\0{feature}"


def _has_few_labels(schema: Schema, train: Table) -> bool:
    """Return whether an output has labels, few enough for a linear branch to be small."""
    labels = [set(train.values[c.name]) for c in schema.outputs if c.is_category]
    return any(len(distinct - {None}) <= MAX_LINEAR_LABELS for distinct in labels)


def unique_identifiers(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """Return a Python identifier for each name, no two the same.

    Args:
        names: The names.
        reserved: Identifiers that no name becomes, beside those of `RESERVED`.

    Example:
        >>> unique_identifiers(["unit price", "unit-price", "class", "x"])
        {'unit price': 'unit_price', 'unit-price': 'unit_price_', 'class': 'class_', 'x': 'x_'}
    """
    identifiers: dict[str, str] = {}
    used = {*RESERVED, *reserved}
    for name in names:
        identifier = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
        identifier = f"_{identifier}" if identifier[0].isdigit() else identifier
        while identifier in used or keyword.iskeyword(identifier):
            identifier += "_"
        identifiers[name] = identifier
        used.add(identifier)
    return identifiers


def _longest(column: RaggedColumn) -> int:
    """Return the number of steps of the longest row."""
    return int(np.max(column.lengths)) if column.lengths is not None else 1
