"""The specification of a network: its inputs and outputs, as sizes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from numbers import Integral
from typing import Any

from unrolled.data.input_groups import InputGroup
from unrolled.data.special_ids import PREVIOUS
from unrolled.errors import SettingError, ShapeError
from unrolled.shapes import FACTS, Shape

CHARACTER_FEATURES = 32  # of a word, from its characters


# The names of the fields in saved models. They stay as they are when a field is renamed.
SAVED_NAMES = {
    "shape": "shape",
    "t": "t",
    "u": "u",
    "values": "values",
    "embedded": "embedded",
    "characters": "spelled",
    "ngrams": "counted",
    "linear_numbers": "mapped",
    "minirocket": "patterned",
    "vectors": "vectors",
    "heads": "heads",
    "ragged": "ragged",
    "pooled": "pooled",
    "tokens": "tokens",
    "stops": "stops",
    "labels": "labels",
    "groups": "groups",
}


WHOLE_NUMBER = "Give a whole number of at least 1."


@dataclass(frozen=True)
class NetworkSpec:
    """The inputs and outputs of a network, as sizes.

    Attributes:
        shape: One of the five shapes.
        t: Number of input steps, None where it differs between rows.
        u: Number of output steps of `one-to-many` and `unaligned`; None for the other shapes.
        values: Numbers in one step of the input `x` (`f`); 0 where every input is embedded.
        embedded: Vocabulary size of each input of ids (tokens, categories of many classes).
        characters: For each input of the characters of words: the number of different characters,
            and how many of them a step has.
        ngrams: For each input of n-grams, which only the linear branch reads: the number of
            different n-grams, and how many of them a step has.
        linear_numbers: Whether the linear branch also reads the numbers of each row.
        minirocket: Whether the linear branch also reads MiniRocket features of these numbers.
        vectors: Width of the embedding of an input whose word vectors come from a file.
        heads: Number of values `o` of each output.
        pooled: The outputs of `aligned` that belong to the whole row and not to each step.
        ragged: Whether rows have different lengths; a boolean input `mask` (b t) marks real steps.
        tokens: Whether the output is tokens. A decoder embeds them before it reads them; it reads
            numbers as they are.
        stops: Whether rows of numbers have an end of their own, which an additional output,
            `stop`, predicts.
        labels: The outputs whose values are the logits of classes, one of which is right.
        groups: The inputs whose number of steps is their own: the second group and those after it.
            `t` and `values` are those of the first.
    """

    shape: Shape
    t: int | None = None
    u: int | None = None
    values: int = 1
    embedded: Mapping[str, int] = field(default_factory=dict)
    characters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    ngrams: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    linear_numbers: bool = False
    minirocket: bool = False
    vectors: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=lambda: {"y": 1})
    ragged: bool = False
    pooled: tuple[str, ...] = ()
    tokens: bool = False
    stops: bool = False
    labels: tuple[str, ...] = ()
    groups: tuple[InputGroup, ...] = ()

    def __post_init__(self) -> None:
        self._check_sizes()
        self._check_axes()
        self._check_groups()
        for name in self.embedded:
            if name in ("mask", PREVIOUS) or (name == "x" and self.values) or "/" in name:
                raise SettingError(
                    f"An embedded input cannot be named {name!r}: 'x', 'mask' and '{PREVIOUS}' are"
                    " inputs that the network adds, and '/' separates parts of names. Give it"
                    " another name."
                )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields under their names in saved models; groups only where there are any."""
        fields = {SAVED_NAMES[name]: value for name, value in asdict(self).items()}
        return {name: value for name, value in fields.items() if name != "groups" or value}

    @classmethod
    def from_dict(cls, fields: Any) -> NetworkSpec:
        """Return the specification that a saved model describes.

        Args:
            fields: What `to_dict` returned, read from a file that anyone could have written.

        Raises:
            RefusedError: A field is missing, unknown, or of the wrong type.
            ShapeError: The sizes do not fit the shape.
        """
        from unrolled.saving.checked_json import RefusedError, from_untrusted, short_repr

        names = {saved: name for name, saved in SAVED_NAMES.items()}
        if isinstance(fields, Mapping):
            if unknown := [name for name in fields if name not in names]:
                raise RefusedError(
                    f"'ports' has {short_repr(unknown[0])}, expected one of {sorted(names)}"
                )
            fields = {names[saved]: value for saved, value in fields.items()}
        return from_untrusted(cls, fields, "ports")

    def width(self, size: int) -> int:
        """Return the embedding width for a vocabulary of `size` tokens.

        Example:
            >>> [NetworkSpec("many-to-one").width(size) for size in (30, 5000)]
            [32, 100]
        """
        if self.tokens:  # the vocabulary is small, and the decoder must tell its tokens apart
            return 128
        return 16 if size <= 12 else 32 if size <= 64 else 64 if size <= 512 else 100

    @property
    def linear_outputs(self) -> tuple[str, ...]:
        """The outputs with a linear branch: labels of at most `MAX_LINEAR_LABELS` classes."""
        if not (self.ngrams or self.linear_numbers):
            return ()
        from unrolled.data.encoders.table_encoder import MAX_LINEAR_LABELS  # it loads polars

        return tuple(name for name in self.labels if self.heads[name] <= MAX_LINEAR_LABELS)

    @property
    def features(self) -> int:
        """Numbers in each input step that the recurrent layers read, after embedding."""
        return self.features_of(None)

    def features_of(self, group: InputGroup | None) -> int:
        """Return the numbers in each step of a group, after embedding; None is the first group."""
        inputs = self.inputs_of(group)
        embedded = (
            self.vectors.get(n) or self.width(size)
            for n, size in self.embedded.items()
            if n in inputs
        )
        words = sum(name in inputs for name in self.characters)
        values = self.values if group is None else group.values
        return values + sum(embedded) + CHARACTER_FEATURES * words

    def inputs_of(self, group: InputGroup | None) -> tuple[str, ...]:
        """Return the names of a group's inputs of ids; None is the first group."""
        if group is not None:
            return group.inputs
        others = {name for other in self.groups for name in other.inputs}
        names = (*self.embedded, *self.characters, *self.ngrams)
        return tuple(name for name in names if name not in others)

    def input_axes(self) -> dict[str, tuple[tuple[int | None, ...], str]]:
        """Return the axes after the batch and the type of each input tensor, by name."""
        axes: dict[str, tuple[tuple[int | None, ...], str]] = {}
        for group in (None, *self.groups):
            t, values = (self.t, self.values) if group is None else (group.t, group.values)
            steps = (t,) if FACTS[self.shape].inputs == "many" else ()
            x, mask = ("x", "mask") if group is None else (group.x, group.mask)
            if values:
                axes[x] = ((*steps, values), "float32")
            counts = {**self.characters, **self.ngrams}
            for name in self.inputs_of(group):
                count = (counts[name][1],) if name in counts else ()
                axes[name] = ((*steps, *count), "int32")
            if self.ragged:
                axes[mask] = (steps, "bool")
        return axes

    def _check_sizes(self) -> None:
        """Refuse a size that is not a whole number of at least 1."""
        f = None if self.embedded and self.values == 0 else self.values
        for axis, size in {"t": self.t, "u": self.u, "f": f}.items():
            if size is not None and not _is_size(size):
                raise ShapeError(f"{axis}={size!r} is not a size. {WHOLE_NUMBER}")
        for axis, sizes in {"o": self.heads, "vocabulary size": self.embedded}.items():
            for name, size in sizes.items():
                if not _is_size(size):
                    raise ShapeError(f"{axis}={size!r} of '{name}' is not a size. {WHOLE_NUMBER}")
        if not self.heads:
            raise ShapeError("The network has no outputs. Give at least one, as heads={'y': 1}.")

    def _check_groups(self) -> None:
        """Refuse groups that have no steps, no inputs, or those of another group."""
        if not self.groups:
            return
        if FACTS[self.shape].inputs == "one":
            raise ShapeError(
                f"The shape {self.shape} has an input without steps, and groups of inputs with"
                " numbers of steps of their own were given. Leave groups out."
            )
        names = [name for group in self.groups for name in group.inputs]
        known = {*self.embedded, *self.characters}
        numbers = [group.number for group in self.groups]
        sizes = [group.t for group in self.groups if group.t is not None]
        if (
            len(set(names)) < len(names)
            or not known.issuperset(names)
            or numbers != list(range(2, 2 + len(numbers)))
            or not all(map(_is_size, sizes))
            or any(group.values < 0 or not (group.values or group.inputs) for group in self.groups)
            or not (self.values or self.inputs_of(None))
            or (None in [group.t for group in self.groups] and not self.ragged)
        ):
            raise ShapeError(
                f"The groups of inputs contradict the other sizes: {self.groups}. Each group needs"
                " inputs of its own, and rows of different lengths need ragged=True."
            )
        reserved = {name for group in self.groups for name in (group.x, group.mask)}
        if taken := reserved & known:
            raise SettingError(
                f"An embedded input cannot be named {min(taken)!r}, which is an input that the"
                " network adds. Give it another name."
            )

    def _check_axes(self) -> None:
        """Refuse an axis that the shape does not have, and a missing size."""
        facts = FACTS[self.shape]
        shape = f"The shape {self.shape} ({facts.pattern})"
        own_steps = self.shape in ("one-to-many", "unaligned")
        if own_steps and self.u is None:
            raise ShapeError(f"{shape} needs u, the number of output steps. Give u=...")
        if not own_steps and self.u not in (None, self.t if self.shape == "aligned" else None):
            raise ShapeError(
                f"{shape} has no u of its own, and u={self.u} was given. Leave u out, or use the"
                " shape one-to-many or unaligned."
            )
        if facts.inputs == "one" and (self.t is not None or self.ragged):
            given = "rows have different lengths" if self.t is None else f"t={self.t} was given"
            raise ShapeError(
                f"{shape} has an input without steps, and {given}. Leave"
                f" {'ragged' if self.t is None else 't'} out, or use a shape that begins with"
                " many."
            )


def _is_size(size: object) -> bool:
    return isinstance(size, Integral) and int(size) >= 1


def unwrap_single(tensors: Mapping[str, Any]) -> Any:
    """Return the tensor if there is only one, else a dict by name: the form that Keras takes."""
    return next(iter(tensors.values())) if len(tensors) == 1 else dict(tensors)


def round_up_vocabulary(size: int) -> int:
    """Return a vocabulary size rounded up to a multiple of 64.

    Two tables of the same kind then more often share one compiled network.

    Example:
        >>> round_up_vocabulary(1891), round_up_vocabulary(30)
        (1920, 64)
    """
    return -64 * (-size // 64)
