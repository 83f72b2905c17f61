"""A table whose columns are converted when they are needed: the others cannot stop anything."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import polars as pl

from unrolled.errors import DataError

NO_KINDS: Mapping[str, str] = {}
NO_COMMAS: Mapping[str, bool] = {}


class RawTable:
    """A table as it was read, with columns that are converted when they are needed.

    Args:
        columns: The names of the columns.
        height: The number of rows.
        convert: Returns a column by its name.
        cells: Returns the cells of a column that `convert` refuses.
        what: The name of the file, for errors; empty for what is no file.

    Example:
        >>> table = RawTable(["a", "b"], 2, lambda name: pl.Series(name, [1, 2]))
        >>> table.frame().rows()
        [(1, 1), (2, 2)]
    """

    def __init__(
        self,
        columns: Sequence[str],
        height: int,
        convert: Callable[[str], pl.Series],
        *,
        cells: Callable[[str], Iterable[Any]] | None = None,
        what: str = "",
    ) -> None:
        for name in columns:
            _refuse_invalid_text(name)
        self.columns = list(columns)
        self.height = height
        self.what = what
        self._convert = convert
        self.cells = cells or (lambda _: [None] * height)

    def column(
        self,
        name: str,
        kind: str = "",  # noqa: ARG002
        *,
        comma: bool | None = None,  # noqa: ARG002
    ) -> pl.Series:
        """Return one column.

        Args:
            name: Its name.
            kind: The kind that its cells are read as, where their text leaves a choice; empty
                infers it.
            comma: Whether its numbers have decimal commas, as a model was fitted on them; None if
                nothing is known of them.

        Raises:
            DataError: Its cells make no column.
        """
        return self._convert(name)

    def frame(
        self,
        needed: Collection[str] | None = None,
        *,
        kinds: Mapping[str, str] = NO_KINDS,
        commas: Mapping[str, bool] = NO_COMMAS,
    ) -> pl.DataFrame:
        """Return the columns as a polars frame.

        Args:
            needed: The columns that must be there; another one that cannot be converted is left
                out. None needs all columns.
            kinds: By column, the kind that its cells are read as.
            commas: By column, whether its numbers have decimal commas, where this is known.

        Raises:
            DataError: A needed column cannot be converted; the message names the file and the row.
        """
        converted = {}
        for name in self.columns:
            try:
                with self.locate_errors():
                    column = self.column(name, kinds.get(name, ""), comma=commas.get(name))
            except DataError:
                if needed is None or name in needed:
                    raise
            else:
                converted[name] = column
        return pl.DataFrame(converted)

    def written(self, *, as_text: bool) -> pl.DataFrame:  # noqa: ARG002
        """Return the columns for writing them again; what makes no column becomes text.

        Args:
            as_text: Whether they are written as text, so that text is to stay as it is.
        """
        return pl.DataFrame({name: self._written_column(name) for name in self.columns})

    def _written_column(self, name: str) -> pl.Series:
        """Return one column for writing it again."""
        try:
            column = self._convert(name)
        except DataError:
            return pl.Series(name, [_as_text(cell) for cell in self.cells(name)], dtype=pl.String)
        if column.dtype == pl.Binary:
            return column.bin.encode("hex")
        return column.dt.to_string("iso") if column.dtype == pl.Duration else column

    def head(self, count: int) -> RawTable:
        """Return the first rows, whose columns have the types of the whole table."""
        return RawTable(
            self.columns,
            min(count, self.height),
            lambda name: self.column(name).head(count),
            cells=lambda name: list(self.cells(name))[:count],
            what=self.what,
        )

    def comma_columns(self, names: Collection[str]) -> set[str]:  # noqa: ARG002
        """Return those of some columns whose numbers are spelled with decimal commas."""
        return set()

    def locate_errors(self) -> AbstractContextManager[None]:
        """Add the name of the file to errors that do not name it."""
        return locate_errors(self.what)


@contextmanager
def locate_errors(what: str) -> Iterator[None]:
    """Add the name of a file to errors that do not name it.

    Args:
        what: The name; empty adds nothing.
    """
    try:
        yield
    except DataError as error:
        if not what or what in str(error):
            raise
        raise type(error)(f"{what}: {error}") from None


def _refuse_invalid_text(name: str) -> None:
    """Refuse the name of a column that no text can hold."""
    try:
        name.encode()
    except UnicodeEncodeError:
        raise DataError(
            f"the name of the column {name!r} holds text that is not valid Unicode (half of a"
            " surrogate pair). Decode it again from its bytes."
        ) from None


def _as_text(cell: Any) -> str | None:
    """Return any cell as text: JSON where it can be written as that."""
    if cell is None:
        return None
    if isinstance(cell, str):
        return cell.encode(errors="backslashreplace").decode()
    try:
        return json.dumps(cell, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return str(cell)


def note(sentences: Sequence[str]) -> None:
    """Say what was assumed about a file, each sentence once."""
    for sentence in sentences:
        warnings.warn(sentence, stacklevel=2)
