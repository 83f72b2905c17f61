"""Numbers of steps, known or not, and how a long row is shortened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Length:
    """A number of steps `n + t*[t] + u*[u]`, where `t` and `u` may be unknown.

    Example:
        >>> str(Length.of(None, "t") - Length.of(3, "u") + 1)
        't-2'
        >>> str(Length.of(24, "t") - Length.of(3, "u"))
        '21'
    """

    n: int = 0
    t: int = 0
    u: int = 0

    @classmethod
    def of(cls, value: int | None, axis: str) -> Length:
        """Return a length that is `value`, or the letter `axis` where that is None."""
        return cls(**{axis: 1}) if value is None else cls(value)

    @property
    def known(self) -> bool:
        """Whether it is a plain number."""
        return self.t == self.u == 0

    def __add__(self, other: Length | int) -> Length:
        other = Length(other) if isinstance(other, int) else other
        return Length(self.n + other.n, self.t + other.t, self.u + other.u)

    def __sub__(self, other: Length | int) -> Length:
        other = Length(other) if isinstance(other, int) else other
        return Length(self.n - other.n, self.t - other.t, self.u - other.u)

    def __str__(self) -> str:
        terms = [("+" if k > 0 else "-") + axis for k, axis in ((self.t, "t"), (self.u, "u")) if k]
        if self.n or not terms:
            terms.append(f"{self.n:+d}")
        terms.sort(key=lambda term: term[0])  # "+" before "-": 24-u, not -u+24
        return "".join(terms).removeprefix("+")


@dataclass(frozen=True)
class Slot:
    """One place in a row: a step, or the gap where steps are left out.

    Attributes:
        step: The step's number from 1; None for a gap.
        output: The number of the output made here; None where there is none.
        zero: Whether the input of this step is a zero that was added.
    """

    step: Length | None
    output: Length | None = None
    zero: bool = False


def shortened(size: Length, *, head: int, tail: int, max_whole: int) -> list[Length | None]:
    """Return the steps 1..size that are shown, None standing for those left out.

    Args:
        size: How many steps there are.
        head: Steps shown of a long row's beginning.
        tail: Steps shown of its end.
        max_whole: The longest row that is shown whole.

    Example:
        >>> [str(s) for s in shortened(Length(24), head=2, tail=1, max_whole=4)]
        ['1', '2', 'None', '24']
        >>> [str(s) for s in shortened(Length(4), head=2, tail=1, max_whole=4)]
        ['1', '2', '3', '4']
        >>> [str(s) for s in shortened(Length(t=1), head=2, tail=1, max_whole=4)]
        ['1', '2', 'None', 't']
    """
    if size.known and size.n <= max_whole:
        return [Length(k) for k in range(1, size.n + 1)]
    first = [Length(k) for k in range(1, head + 1)]
    return [*first, None, *(size - k for k in reversed(range(tail)))]


def row(size: Length, *, wide: bool, outputs: bool = False) -> list[Slot]:
    """Return the places of a row of `size` steps.

    Args:
        size: How many steps there are.
        wide: Whether a step takes the room of two (both directions).
        outputs: Whether each step makes the output of its own number.

    Example:
        >>> len(row(Length(24), wide=False))
        6
    """
    head, tail, max_whole = (2, 1, 4) if wide else (3, 2, 6)
    shown = shortened(size, head=head, tail=tail, max_whole=max_whole)
    return [Slot(step, step if outputs else None) for step in shown]


def two_part_row(before: Length, kept: Length, *, wide: bool, zeros: bool) -> list[Slot]:
    """Return the places of a row that makes outputs in its last part only.

    Args:
        before: Steps without an output.
        kept: Steps with one.
        wide: Whether a step takes the room of two (both directions).
        zeros: Whether the inputs of the last part are added zeros.

    Example:
        >>> [str(s.step) for s in two_part_row(Length(4), Length(2), wide=True, zeros=False)]
        ['1', 'None', '4', '5', '6']
    """
    head, max_whole = (1, 2) if wide else (2, 3)
    first = shortened(before, head=head, tail=1, max_whole=max_whole)
    last = shortened(kept, head=1, tail=1, max_whole=max_whole)
    later = [Slot(None if k is None else before + k, k, zeros) for k in last]
    return [Slot(step) for step in first] + later
