"""Layouts: the roles of the columns of a table of series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from unrolled.saving import from_untrusted, lists_to_tuples
from unrolled.saving.checked_json import RefusedError


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
        categories: By the name of a covariate that holds text, the categories that are inputs; None
            among them stands for a missing cell.
    """

    targets: tuple[str, ...]
    time: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    categories: dict[str, tuple[str | None, ...]] = field(default_factory=dict)

    @property
    def at_each_step(self) -> tuple[str, ...]:
        """The columns of the table that have a value at each step."""
        return (*self.targets, *self.past, *self.future)

    @property
    def numeric(self) -> tuple[str, ...]:
        """The names of the numbers at each step; a column of text is several, 0 or 1 each."""
        return self.expand(self.at_each_step)

    @property
    def past_width(self) -> int:
        """How many numbers the past covariates are at each step."""
        return len(self.expand(self.past))

    @property
    def future_width(self) -> int:
        """How many numbers the future covariates are at each step."""
        return len(self.expand(self.future))

    def expand(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names of the numbers that columns are."""
        return tuple(
            number
            for name in names
            for number in (
                [f"{name}={category}" for category in self.categories[name]]
                if name in self.categories
                else [name]
            )
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the layout as JSON."""
        values = asdict(self)
        return values if self.categories else {n: v for n, v in values.items() if n != "categories"}

    def of_series(self, name: Any) -> str:
        """Return which series an error is about, in words; nothing where there is only one."""
        return f" of the series '{name}'" if self.id else ""

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Layout:
        """Return the layout that `to_dict` wrote.

        Raises:
            RefusedError: It is not a layout.
        """
        layout = from_untrusted(cls, lists_to_tuples(state), "layout")
        names = (*layout.past, *layout.future)
        if any(name not in names or not known for name, known in layout.categories.items()):
            raise RefusedError("the categories of the layout are not those of its covariates")
        return layout
