"""Columns of a table: from a cell to arrays, and from arrays to a cell."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from unrolled.export.standalone.cells import (
    END,
    BundleError,
    Columns,
    encode_date,
    is_missing,
    read_date,
    read_list,
    read_number,
    read_tokens,
)
from unrolled.export.standalone.labels import LabelIndex
from unrolled.export.standalone.tags import best_tags
from unrolled.export.standalone.text import Vocabulary


class InputColumn:
    """An input column.

    Args:
        facts: Its tensors, its group of steps (0 without steps), and its saved encoder.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.tensor, self.group, self.facts = facts["tensor"], facts["group"], facts
        self.encoder, self.column = facts["encoder"], facts["encoder"]["column"]
        self.name, self.kind = self.column["name"], self.column["kind"]
        self.embedded = facts["embedded"]
        is_text = self.encoder["encoder"] == "vocabulary"
        self.vocabulary = Vocabulary(self.encoder) if is_text else None
        is_label = self.encoder["encoder"] == "labels"
        self.index = LabelIndex(self.encoder["classes"]) if is_label else None

    def read(self, cells: list[Any]) -> list[Any]:
        """Return the values of cells; None where a sequence is missing.

        Raises:
            BundleError: A cell does not fit; the message names the column and the row.
        """
        values = []
        for row, cell in enumerate(cells, 1):
            try:
                values.append(self._value(cell))
            except (BundleError, TypeError, ValueError) as error:
                raise BundleError(f"column '{self.name}', row {row}: {error}") from None
        return values

    def _value(self, cell: Any) -> Any:
        if self.kind == "number":
            return read_number(cell, self.column.get("decimal", "."))
        if self.kind == "date":
            return read_date(cell)
        if self.kind == "text":
            return "" if cell is None else str(cell)
        if self.kind == "tokens":
            return read_tokens(cell, spaced=self.column["spaced"])
        if self.kind == "category":
            place = self._place(cell) if self.column["width"] > 1 else cell
            return -1 if self.index is None else self.index.find(place)
        if self.kind == "labels":
            return self._bits(cell)
        steps = read_list(cell)
        if self.kind == "vector" and steps is None:
            steps = [None] * self.column["width"]
        if steps is None:
            return None
        rows = [step if isinstance(step, list) else [step] for step in steps]
        array = np.array([[read_number(x) for x in row] for row in rows], np.float64)
        array = array.reshape(-1) if self.kind == "vector" else array
        if array.shape[-1] != self.column["width"]:
            raise BundleError(f"there are {array.shape[-1]} numbers, not {self.column['width']}.")
        return array

    def _place(self, cell: Any) -> Any:
        """Return the place of the 1 in a one-hot cell; another cell is the label itself."""
        is_list = isinstance(cell, list) or (isinstance(cell, str) and cell.strip()[:1] == "[")
        bits = read_list(cell) if is_list else None
        return cell if bits is None else [float(bit) for bit in bits].index(1.0)

    def _bits(self, cell: Any) -> np.ndarray:
        """Return a set of labels as 0 and 1 (k)."""
        classes, bits = self.encoder["classes"], np.zeros(len(self.encoder["classes"]), np.float32)
        if self.column["width"]:
            read = read_list(cell)
            return bits if read is None else np.nan_to_num(np.array(read, np.float32))
        if isinstance(cell, str) and not cell.strip().startswith("["):
            names = [part.strip() for part in re.split(r"[,;|]", cell) if part.strip()]
        else:
            names = [] if is_missing(cell) else [str(name) for name in read_list(cell) or []]
        bits[[classes.index(name) for name in set(names) if name in classes]] = 1
        return bits

    def encode(self, value: Any) -> dict[str, np.ndarray]:
        """Return the arrays of a value, by tensor."""
        if self.vocabulary is not None:
            steps = self.vocabulary.split(value)
            arrays = {self.tensor: self.vocabulary.encode(steps)}
            if self.facts["characters"]:
                arrays[self.facts["characters"]] = self.vocabulary.spell(steps)
            if self.facts["ngrams"]:
                arrays[self.facts["ngrams"]] = self.vocabulary.count(arrays[self.tensor])
            return arrays
        if self.kind == "date":
            return {self.tensor: encode_date(value, self.encoder)}
        if self.kind == "category":
            return {self.tensor: np.array(value + 1, np.int32)}
        if self.kind == "labels":
            return {self.tensor: value}
        array = np.array(value, np.float64)
        return {self.tensor: array[None] if self.kind == "number" else array}


class OutputColumn:
    """An output column.

    Args:
        facts: Its tensor, whether it follows the steps of the input, and its saved encoder.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.tensor, self.aligned = facts["tensor"], facts["aligned"]
        self.encoder, self.column = facts["encoder"], facts["encoder"]["column"]
        self.name, self.kind = self.column["name"], self.column["kind"]
        is_text = self.encoder["encoder"] == "vocabulary"
        self.vocabulary = Vocabulary(self.encoder) if is_text else None

    def decode(self, array: np.ndarray, lengths: list[int], scores: np.ndarray | None) -> Columns:
        """Return the predictions and, for labels, the confidence, by column of the table.

        Args:
            array: Numbers or probabilities (b o) or (b t o).
            lengths: The input steps of each row, which aligned outputs follow.
            scores: The logits of tags (b t o).
        """
        if self.aligned:
            rows = [row[:steps] for row, steps in zip(array, lengths, strict=True)]
        else:
            rows = list(array)
        predicted, confidence = f"{self.name}-predicted", f"{self.name}-confidence"
        if self.vocabulary is not None:
            places = [
                row.argmax(axis=-1) if scores is None else self._tags(scores[i, : len(row)])
                for i, row in enumerate(rows)
            ]
            cells: Columns = {predicted: [self.vocabulary.text(p + END) for p in places]}
            if self.aligned and self.kind == "tokens":
                cells[confidence] = [
                    _rounded(row[np.arange(len(row)), p])
                    for row, p in zip(rows, places, strict=True)
                ]
            return cells
        if self.kind == "category":
            labels = [self._label(int(row.argmax())) for row in rows]
            return {predicted: labels, confidence: [_rounded(row.max()[None])[0] for row in rows]}
        if self.kind == "labels":
            return {predicted: [self._labels(row) for row in rows]}
        return {predicted: [self.numbers(row) for row in rows]}

    def text(self, ids: np.ndarray) -> Any:
        """Return the cell of ids."""
        return None if self.vocabulary is None else self.vocabulary.text(ids)

    def numbers(self, row: np.ndarray) -> Any:
        """Return the cell of numbers (w) or (u w)."""
        if self.kind == "number":
            return float(row[0])
        return row.ravel().tolist() if row.shape[-1] == 1 else row.tolist()

    def _tags(self, scores: np.ndarray) -> np.ndarray:
        return best_tags(scores, self.encoder["known"], self.column["scheme"])

    def _label(self, place: int) -> Any:
        width = self.column["width"]
        if width > 1:
            return [int(place == i) for i in range(width)]
        return self.encoder["classes"][place]

    def _labels(self, row: np.ndarray) -> list[Any]:
        bits = [int(p >= np.float32(0.5)) for p in row]
        if self.column["width"]:
            return bits
        return [name for name, bit in zip(self.encoder["classes"], bits, strict=True) if bit]


def _rounded(probabilities: np.ndarray) -> list[float]:
    return [round(float(p), 4) for p in probabilities]
