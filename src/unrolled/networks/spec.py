"""Ports: what a network is given and what it must give, in sizes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

from unrolled.data.batches import PREVIOUS
from unrolled.data.encoders.table_encoder import MOST_MAPPED
from unrolled.errors import SettingError, ShapeError
from unrolled.shapes import FACTS, Shape

FEATURES = 32  # numbers that stand for the characters of a word


@dataclass(frozen=True)
class Ports:
    """What goes into a network and what comes out.

    Attributes:
        shape: One of the five.
        t: Input steps, None where rows differ.
        u: Output steps of `one-to-many` and `unaligned`; None elsewhere.
        values: Numbers in the input `x` (`f`); 0 where every input is embedded.
        embedded: Vocabulary size of each input of whole numbers (tokens, wide categories).
        spelled: Symbols, and how many a step has, of each input of the characters of words.
        counted: Ids, and how many a step has, of each input of runs that a linear map counts.
        mapped: Whether a linear map is also given the numbers of each row.
        patterned: Whether it is then also told how often patterns stand in them.
        vectors: Numbers that stand for a token of an input, where a file of vectors says so.
        heads: Output values `o` of each output.
        pooled: The outputs of `aligned` that are for the whole row, beside those of its steps.
        ragged: Whether rows have different lengths, told by a boolean input `mask` (b t).
        tokens: Whether what comes out is tokens: a chained decoder then embeds what it is fed
            back. Numbers are fed back as they are.
        stops: Whether rows of numbers end by themselves, by one more output, `stop`.
        labels: The outputs whose values are scores of labels, one of which is right.
    """

    shape: Shape
    t: int | None = None
    u: int | None = None
    values: int = 1
    embedded: Mapping[str, int] = field(default_factory=dict)
    spelled: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counted: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    mapped: bool = False
    patterned: bool = False
    vectors: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=lambda: {"y": 1})
    ragged: bool = False
    pooled: tuple[str, ...] = ()
    tokens: bool = False
    stops: bool = False
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_axes()
        for name in self.embedded:
            if name in ("mask", PREVIOUS) or (name == "x" and self.values) or "/" in name:
                raise SettingError(
                    f"got an embedded input named {name!r}, expected a name without '/' that is"
                    f" none of 'x' (the numbers), 'mask' (the real steps) and '{PREVIOUS}' (what"
                    " is fed back). Name it otherwise."
                )

    def width(self, size: int) -> int:
        """Return the numbers that stand for one of `size` tokens.

        Example:
            >>> [Ports("many-to-one").width(size) for size in (30, 5000)]
            [32, 100]
        """
        if self.tokens:  # few symbols, each of which must be written rightly
            return 128
        return 16 if size <= 12 else 32 if size <= 64 else 64 if size <= 512 else 100

    @property
    def told(self) -> tuple[str, ...]:
        """The outputs to which a linear map adds: labels, few enough for it to be simple."""
        wanted = self.labels if self.counted or self.mapped else ()
        return tuple(name for name in wanted if self.heads[name] <= MOST_MAPPED)

    @property
    def features(self) -> int:
        """Numbers that the network reads in each input step, those of tokens once embedded."""
        embedded = (self.vectors.get(n) or self.width(size) for n, size in self.embedded.items())
        return self.values + sum(embedded) + FEATURES * len(self.spelled)

    def _check_sizes(self) -> None:
        """Refuse a size that is no whole number of at least 1."""
        f = None if self.embedded and self.values == 0 else self.values
        for axis, size in {"t": self.t, "u": self.u, "f": f}.items():
            if size is not None and not _is_size(size):
                raise ShapeError(f"got {axis}={size!r}, expected a whole number of at least 1.")
        for axis, sizes in {"o": self.heads, "tokens": self.embedded}.items():
            for name, size in sizes.items():
                if not _is_size(size):
                    raise ShapeError(
                        f"got {axis}={size!r} for '{name}', expected a whole number of at least 1."
                    )
        if not self.heads:
            raise ShapeError("got no outputs, expected at least one. Give heads={'y': 1}.")

    def _check_axes(self) -> None:
        """Refuse an axis that the shape lacks, or lacks a size for."""
        facts = FACTS[self.shape]
        shape = f"the shape {self.shape} ({facts.pattern})"
        steps = self.shape in ("one-to-many", "unaligned")
        if steps and self.u is None:
            raise ShapeError(
                f"got no u for {shape}, expected the number of output steps. Give u=..."
            )
        if not steps and self.u not in (None, self.t if self.shape == "aligned" else None):
            raise ShapeError(
                f"got u={self.u} for {shape}, which has no u of its own. Leave u out, or take"
                " one-to-many or unaligned."
            )
        if facts.inputs == "one" and (self.t is not None or self.ragged):
            got = "rows of different lengths" if self.t is None else f"t={self.t}"
            raise ShapeError(
                f"got {got} for {shape}, whose input has no steps. Leave"
                f" {'ragged' if self.t is None else 't'} out, or take a shape that begins with"
                " many."
            )


def _is_size(size: object) -> bool:
    return isinstance(size, Integral) and int(size) >= 1


def alone(tensors: Mapping[str, Any]) -> Any:
    """Return the one value where there is only one, else all by name, as Keras wants them."""
    return next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors)


def rounded(size: int) -> int:
    """Return a vocabulary size rounded up to a multiple of 64.

    Two tables of the same kind then share one compiled network more often.

    Example:
        >>> rounded(1891), rounded(30)
        (1920, 64)
    """
    return -64 * (-size // 64)
