"""From a table to examples: every column encoded, joined along the steps, named for the network."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.batches import PREVIOUS, STOP, Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.categories import Categories
from unrolled.data.encoders.characters import CharacterEncoder
from unrolled.data.encoders.encoder import Encoder, embedded, make_encoder
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.data.tables.table import Table
from unrolled.errors import DataError
from unrolled.schema import Column, Schema
from unrolled.settings import Text
from unrolled.shapes import FACTS

PLAIN = Text()
MAX_LINEAR_LABELS = 100  # labels that a linear map tells apart
RESERVED = {"x", "h", "mask", PREVIOUS, STOP, "model", "keras", "layers"}


@dataclass(frozen=True)
class StepFeature:
    """What else is known of the steps of a column: their characters, or the runs that end there."""

    column: str
    feature: CharacterEncoder | NGramEncoder

    @property
    def key(self) -> str:
        """A name that no column has, of which a port is made."""
        return f"{self.column}\0{self.feature.feature_name}"


@dataclass(frozen=True)
class TableEncoder:
    """How a table becomes numbers and back: the schema with an encoder for each column.

    Attributes:
        schema: What goes in and out.
        encoders: By column name, fitted on the training part.
        steps_in: Input steps where every training row had the same, else None.
        steps_out: Output steps `u` of `one-to-many` and `unaligned`, else None.
        text: How text and tokens that go in are read.
    """

    schema: Schema
    encoders: dict[str, Encoder]
    steps_in: int | None
    steps_out: int | None
    text: Text = PLAIN

    @classmethod
    def fit(
        cls, schema: Schema, train: Table, *, text: Text = PLAIN, linear: bool = False
    ) -> TableEncoder:
        """Return the encoding fitted on the training part alone.

        Args:
            schema: What goes in and out.
            train: The training part.
            text: How text and tokens that go in are read.
            linear: Whether runs of their steps are counted, where rows become a few labels.
        """
        if text.characters is None and schema.shape in ("one-to-many", "unaligned"):
            text = text.model_copy(update={"characters": False})
        linear = linear and schema.shape == "many-to-one" and _labelled(schema, train)
        end = schema.shape in ("one-to-many", "unaligned")
        encoders = {}
        for column, output in [(c, False) for c in schema.inputs] + [
            (c, True) for c in schema.outputs
        ]:
            counted = linear and not output
            chosen = make_encoder(column, output=output, end=end and output, text=text, counted=counted)
            encoders[column.name] = chosen.fit(train.values[column.name])
        made = cls(schema, encoders, schema.steps_in, None, text)
        if not end:
            return made
        blocks = [made.encode_column(column, train) for column in schema.outputs]
        return replace(made, steps_out=max(_longest(block) for block in blocks))

    @property
    def ragged(self) -> bool:
        """Whether rows have different numbers of input steps."""
        return FACTS[self.schema.shape].inputs == "many" and self.steps_in is None

    @property
    def can_use_linear_branch(self) -> bool:
        """Whether a linear map may be given the numbers of each row, to tell its label by."""
        numbers = not all(embedded(self.encoders[column.name]) for column in self.schema.inputs)
        return self.schema.shape == "many-to-one" and bool(self.class_outputs) and numbers

    @property
    def has_numeric_steps(self) -> bool:
        """Whether rows of numbers are among what it may be given, not single ones alone."""
        rows = [c.name for c in self.schema.inputs if c.side == "many"]
        return self.can_use_linear_branch and not all(embedded(self.encoders[name]) for name in rows)

    @property
    def tensor_names(self) -> dict[str, str]:
        """The network's name for each column: an identifier that clashes with no other."""
        names = [c.name for c in (*self.schema.inputs, *self.schema.outputs)]
        return unique_identifiers([*names, *(made.key for made in self.step_features)])

    @property
    def step_features(self) -> list[StepFeature]:
        """What else is known of the steps of text and tokens that go in."""
        columns = [c.name for c in self.schema.inputs]
        words = {n: e for n in columns if isinstance(e := self.encoders[n], Vocabulary)}
        spelled = [StepFeature(n, e.spelling) for n, e in words.items() if e.spelling]
        return spelled + [StepFeature(n, e.runs) for n, e in words.items() if e.runs]

    @property
    def sizes(self) -> dict[str, int]:
        """Features, classes or ids of each column, by the network's names."""
        names = self.tensor_names
        return {names[name]: made.size for name, made in self.encoders.items()}

    @property
    def category_inputs(self) -> Categories:
        """Where the examples hold the inputs of the kind `category`."""
        names, marks, ids, place = self.tensor_names, [], [], 0
        for column in self.schema.inputs:
            made = self.encoders[column.name]
            if isinstance(made, Labels) and made.ids:
                ids.append(names[column.name])
            elif not isinstance(made, Vocabulary):
                marks += [(place, place + made.size)] if isinstance(made, Labels) else []
                place += made.size
        return Categories(tuple(marks), tuple(ids))

    @property
    def pooled_outputs(self) -> tuple[str, ...]:
        """The outputs for the whole row where others are for its steps, by the network's names."""
        aligned, names = self.schema.shape == "aligned", self.tensor_names
        return tuple(names[c.name] for c in self.schema.outputs if aligned and c.side == "one")

    @property
    def generates_tokens(self) -> bool:
        """Whether what comes out is one row of tokens of a length of its own."""
        outputs = self.schema.outputs
        return self._steps_out and len(outputs) == 1 and outputs[0].kind in ("tokens", "text")

    @property
    def needs_stop(self) -> bool:
        """Whether rows of numbers of different lengths come out."""
        open_ended = [c.kind == "numbers" and c.length is None for c in self.schema.outputs]
        return self._steps_out and any(open_ended)

    @property
    def class_outputs(self) -> tuple[str, ...]:
        """The outputs whose values are scores of labels, by the network's names."""
        kinds, names = ("category", "tokens", "text"), self.tensor_names
        return tuple(names[c.name] for c in self.schema.outputs if c.kind in kinds)

    @property
    def _steps_out(self) -> bool:
        return self.schema.shape in ("one-to-many", "unaligned")

    def encode_column(self, column: Column, table: Table) -> RaggedColumn:
        """Return a column's encoded rows."""
        return RaggedColumn.from_rows(self.encoders[column.name].encode(table.values[column.name]))

    def encode(self, table: Table, *, targets: bool) -> Examples:
        """Return a table's rows, ready to be cut into batches.

        Args:
            table: The rows.
            targets: Whether the outputs are there and wanted.

        Raises:
            DataError: Rows whose number of steps is not that of the training part.
        """
        blocks = {c.name: self.encode_column(c, table) for c in self.schema.inputs}
        _refuse_uneven(blocks)
        inputs = self._inputs(blocks) | self._beside(blocks, table)
        lengths = next((b.lengths for b in inputs.values() if b.offsets is not None), None)
        self._check_lengths(lengths)
        outputs = self.schema.outputs if targets else ()
        names = self.tensor_names
        return Examples(
            inputs=inputs,
            targets={names[c.name]: self.encode_column(c, table) for c in outputs},
            rows=table.rows,
            lengths=lengths,
            steps_out=self.steps_out,
            ragged=self.ragged,
            token_inputs=tuple(names[c.name] for c in self.schema.inputs if self._words(c.name)),
        )

    def _words(self, name: str) -> bool:
        return isinstance(self.encoders[name], Vocabulary)

    def _inputs(self, blocks: dict[str, RaggedColumn]) -> dict[str, RaggedColumn]:
        """Repeat the inputs without steps along those with steps, and join all numbers into x."""
        offsets = next((b.offsets for b in blocks.values() if b.offsets is not None), None)
        if offsets is not None:
            blocks = {
                n: b if b.offsets is not None else b.repeat_along(offsets) for n, b in blocks.items()
            }
        numbers = [b.flat for b in blocks.values() if not b.is_integer]
        joined = {"x": RaggedColumn(np.concatenate(numbers, axis=-1), offsets)} if numbers else {}
        names = self.tensor_names
        return joined | {names[name]: block for name, block in blocks.items() if block.is_integer}

    def _beside(self, blocks: dict[str, RaggedColumn], table: Table) -> dict[str, RaggedColumn]:
        """Return the characters and the runs of the steps of text and tokens."""
        names, found = self.tensor_names, {}
        for made in self.step_features:
            encoder = self.encoders[made.column]
            if isinstance(made.feature, NGramEncoder):
                found[names[made.key]] = made.feature.encode(blocks[made.column])
            elif isinstance(encoder, Vocabulary):
                rows = [encoder.steps(value) for value in table.values[made.column]]
                found[names[made.key]] = RaggedColumn.from_rows(made.feature.encode(rows))
        return found

    def _check_lengths(self, lengths: Array | None) -> None:
        if lengths is None or self.steps_in is None:
            return
        wrong = np.flatnonzero(lengths != self.steps_in)
        if len(wrong):
            raise DataError(
                f"row {wrong[0] + 1} has {lengths[wrong[0]]} steps, expected {self.steps_in} as in"
                " every row of the training data. Cut or fill the row, or train on rows of"
                " different lengths."
            )

    def decode(self, column: Column, values: Array | Sequence[Array]) -> Any:
        """Return a network's outputs for a column in the column's own terms.

        Args:
            column: An output.
            values: (n o), or n arrays (u_i o); logits for categories and tokens.
        """
        return self.encoders[column.name].decode(values)

    def decode_cells(self, column: Column, values: Array | Sequence[Array]) -> Any:
        """Return a network's outputs for a column as cells of a table, in the form they came in."""
        found = self.decode(column, values)
        return [" ".join(row) for row in found] if column.spaced else found


def _labelled(schema: Schema, train: Table) -> bool:
    """Return whether labels come out, few enough for a linear map to be simple."""
    kinds = [set(train.values[c.name]) for c in schema.outputs if c.kind == "category"]
    return any(len(kind - {None}) <= MAX_LINEAR_LABELS for kind in kinds)


def unique_identifiers(names: Iterable[str]) -> dict[str, str]:
    """Return a Python identifier for each name, no two the same.

    Example:
        >>> identifiers(["unit price", "unit-price", "class", "x"])
        {'unit price': 'unit_price', 'unit-price': 'unit_price_', 'class': 'class_', 'x': 'x_'}
    """
    found: dict[str, str] = {}
    taken = set(RESERVED)
    for name in names:
        plain = re.sub(r"\W", "_", name, flags=re.ASCII) or "_"
        plain = f"_{plain}" if plain[0].isdigit() else plain
        while plain in taken or keyword.iskeyword(plain):
            plain += "_"
        found[name] = plain
        taken.add(plain)
    return found


def _refuse_uneven(blocks: dict[str, RaggedColumn]) -> None:
    """Refuse sequences of differing length within a row: their steps would be mixed up."""
    many = {name: block.lengths for name, block in blocks.items() if block.lengths is not None}
    (first, lengths), *rest = many.items() if many else [("", None)]
    for name, other in rest:
        apart = np.flatnonzero(lengths != other)
        if len(apart) and lengths is not None and other is not None:
            row = apart[0]
            raise DataError(
                f"row {row + 1}: '{first}' has {lengths[row]} steps and '{name}' has {other[row]},"
                " expected sequences of one side to be equally long in every row. Correct the row."
            )


def _longest(block: RaggedColumn) -> int:
    """Return the most steps of any row."""
    return int(np.max(block.lengths)) if block.lengths is not None else 1
