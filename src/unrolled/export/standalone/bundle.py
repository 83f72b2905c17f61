"""An exported model: its files, and the predictions for the rows of a table."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.export.standalone.cells import BundleError, Columns, read_number, read_step
from unrolled.export.standalone.columns import InputColumn, OutputColumn
from unrolled.export.standalone.decoding import Search

BATCH = 64  # rows that are computed together


class Bundle:
    """An exported model.

    Args:
        folder: The folder of `bundle.json`.

    Raises:
        BundleError: A file is missing, or it is not the one that was exported.
    """

    def __init__(self, folder: str | Path) -> None:
        import onnxruntime

        self.folder = Path(folder)
        self.facts = json.loads(self._read("bundle.json"))
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.sessions = {}
        for name, sha256 in self.facts["files"].items():
            content = self._read(name)
            if hashlib.sha256(content).hexdigest() != sha256:
                raise BundleError(
                    f"'{name}' is not the file that was exported with bundle.json: its sha256"
                    " differs. Export the model again."
                )
            session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            self.sessions[name] = session
        self.inputs = [InputColumn(facts) for facts in self.facts["inputs"]]
        self.outputs = [OutputColumn(facts) for facts in self.facts["outputs"]]

    def _read(self, name: str) -> bytes:
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise BundleError(
                f"'{self.folder / name}' cannot be read ({error.strerror})."
            ) from None

    def predict(self, table: Columns, **decoding: Any) -> Columns:
        """Return the predictions for every row; None where an input sequence is missing.

        Args:
            table: The cells of each column.
            decoding: `beam`, `n_best`, `length_penalty` and `max_steps` of a decoder.
        """
        table = self._nested(table)
        for column in self.inputs:
            if column.name not in table:
                raise BundleError(f"the table has no column '{column.name}'.")
        values = {column.name: column.read(table[column.name]) for column in self.inputs}
        count = len(next(iter(values.values()), []))
        complete = [
            row for row in range(count) if all(values[c.name][row] is not None for c in self.inputs)
        ]
        encoded = {row: self._encode(values, row) for row in complete}
        order = sorted(complete, key=lambda row: self._steps(encoded[row]))
        result: dict[str, dict[int, Any]] = {}
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            for name, cells in self.run([encoded[row] for row in rows], decoding).items():
                result.setdefault(name, {}).update(zip(rows, cells, strict=True))
        return {name: [cells.get(row) for row in range(count)] for name, cells in result.items()}

    def encode(self, table: Columns) -> list[dict[str, np.ndarray]]:
        """Return the arrays of every row, by tensor; no row may lack a sequence."""
        table = self._nested(table)
        values = {column.name: column.read(table[column.name]) for column in self.inputs}
        count = len(next(iter(values.values())))
        return [self._encode(values, row) for row in range(count)]

    def _steps(self, row: dict[str, np.ndarray]) -> int:
        """Return the steps of the first inputs of an encoded row; 1 where there are none."""
        return next((len(row[c.tensor]) for c in self.inputs if c.group == 1), 1)

    def _nested(self, table: Columns) -> Columns:
        """Return the table with a list in place of the columns that are steps of a sequence."""
        nested = dict(table)
        for name, facts in self.facts["sequences"].items():
            steps = facts["columns"]
            if name in table and steps[0] not in table:
                continue
            if absent := [step for step in steps if step not in table]:
                raise BundleError(f"the table has no column '{absent[0]}', a step of '{name}'.")
            read = read_number if facts["kind"] == "number" else read_step
            rows = list(zip(*(map(read, table[step]) for step in steps), strict=True))
            nested[name] = [_without_end(list(row)) for row in rows]
        return nested

    def _encode(self, values: Columns, row: int) -> dict[str, np.ndarray]:
        """Return the arrays of one row, by tensor."""
        arrays: dict[str, np.ndarray] = {}
        firsts: dict[int, InputColumn] = {}
        for column in self.inputs:
            arrays |= column.encode(values[column.name][row])
            if column.group:
                first = firsts.setdefault(column.group, column)
                steps = len(arrays[column.tensor])
                wanted = self.facts["groups"][column.group - 1]["steps"]
                wanted = wanted or len(arrays[first.tensor])
                if steps != wanted:
                    raise BundleError(
                        f"row {row + 1}: '{column.name}' has {steps} steps, and must have {wanted},"
                        f" as '{first.name}' or the training data."
                    )
        for column in self.inputs:
            if column.embedded and firsts:  # an id without steps is repeated along the steps
                steps = len(arrays[firsts[1].tensor])
                arrays[column.tensor] = np.repeat(arrays[column.tensor], steps)
        return arrays

    def feeds(self, rows: list[dict[str, np.ndarray]]) -> tuple[dict[str, np.ndarray], list[int]]:
        """Return the inputs of `encode.onnx` for some rows, and the steps of the first inputs."""
        feeds = {name: _stack([row[name] for row in rows]) for name in rows[0]}
        for number, facts in enumerate(self.facts["groups"], 1):
            if facts["mask"]:
                tensor = next(c.tensor for c in self.inputs if c.group == number)
                lengths = np.array([len(row[tensor]) for row in rows])
                feeds[facts["mask"]] = np.arange(lengths.max()) < lengths[:, None]
        return feeds, [self._steps(row) for row in rows]

    def call(self, file: str, feeds: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs of one ONNX file; inputs that it does not have are left out."""
        session = self.sessions[file]
        names = [output.name for output in session.get_outputs()]
        known = {x.name for x in session.get_inputs()}
        values = session.run(names, {name: x for name, x in feeds.items() if name in known})
        return dict(zip(names, values, strict=True))

    def run(self, rows: list[dict[str, np.ndarray]], decoding: dict[str, Any]) -> Columns:
        """Return the predictions of some encoded rows, by column of the table that is written."""
        decoder = self.facts["decoder"]
        if decoding and not (decoder and decoder["tokens"]):
            raise BundleError(
                "this model has no decoder of tokens, so that"
                f" {' and '.join(f'--{name}'.replace('_', '-') for name in decoding)} has no"
                " effect. Leave it out."
            )
        feeds, lengths = self.feeds(rows)
        arrays = self.call("encode.onnx", feeds)
        if decoder is None:
            cells: Columns = {}
            for column in self.outputs:
                scores = arrays.get(f"{column.tensor}.scores")
                cells |= column.decode(arrays[column.tensor], lengths, scores)
            return cells
        (column,) = self.outputs
        search = Search(self, column.tensor, decoder, decoding)
        if decoder["tokens"]:
            return search.tokens(arrays, column, bool(decoding))
        return {f"{column.name}-predicted": [column.numbers(r) for r in search.numbers(arrays)]}


def _stack(rows: list[np.ndarray]) -> np.ndarray:
    """Return the arrays of rows as one array, padded with zeros to the longest."""
    longest = max(len(row) for row in rows) if rows[0].ndim else 0
    if not longest:
        return np.stack(rows)
    stacked = np.zeros((len(rows), longest, *rows[0].shape[1:]), rows[0].dtype)
    for place, row in enumerate(rows):
        stacked[place, : len(row)] = row
    return stacked


def _without_end(row: list[Any]) -> list[Any] | None:
    """Return a row without the missing cells behind its last step; None without any step."""
    while row and (row[-1] is None or row[-1] != row[-1]):
        row.pop()
    return row or None
