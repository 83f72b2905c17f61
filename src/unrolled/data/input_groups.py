"""Inputs whose numbers of steps are their own: the names of their tensors, and their sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class InputGroup:
    """Inputs that have the same number of steps in every row, and another than the first inputs.

    Attributes:
        number: The second group has the number 2. The first has no `InputGroup`.
        t: Number of steps, None where it differs between rows.
        values: Numbers in one step of the input `x_2` (`f`); 0 where every input is embedded.
        inputs: The names of its other inputs.
    """

    number: int
    t: int | None
    values: int
    inputs: tuple[str, ...] = ()

    @property
    def x(self) -> str:
        """The name of the input of numbers."""
        return numbered("x", self.number)

    @property
    def mask(self) -> str:
        """The name of the input that says which steps are real."""
        return numbered("mask", self.number)


def numbered(name: str, number: int) -> str:
    """Return the name of a tensor of a group.

    Example:
        >>> numbered("x", 1), numbered("mask", 2)
        ('x', 'mask_2')
    """
    return name if number == 1 else f"{name}_{number}"
