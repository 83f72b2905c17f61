"""Layouts: the roles of the columns of a table of series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unrolled.saving import from_untrusted, lists_to_tuples


@dataclass(frozen=True)
class Layout:
    """The roles of the columns of a table.

    Attributes:
        targets: The columns to forecast.
        time: The times; None where the rows stand in order.
        id: The series of each row; None where there is only one.
        past: Columns of past covariates, known up to the present.
        future: Columns of future covariates, whose future is known.
        static: Columns of static features, constant within a series.
    """

    targets: tuple[str, ...]
    time: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold a number at each step."""
        return (*self.targets, *self.past, *self.future)

    def to_dict(self) -> dict[str, Any]:
        """Return the layout as JSON."""
        return {
            "targets": self.targets,
            "time": self.time,
            "id": self.id,
            "past": self.past,
            "future": self.future,
            "static": self.static,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Layout:
        """Return the layout that `to_dict` wrote.

        Raises:
            RefusedError: It is not a layout.
        """
        return from_untrusted(cls, lists_to_tuples(state), "layout")
