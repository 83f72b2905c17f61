"""The settings objects: `Network` (what is built), `Training` (how it is fitted), two more.

`Text` says how text that goes in is read, and `Decoding` how rows of ids are searched for in what a
chained decoder finds probable.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from unrolled.errors import SettingError, did_you_mean

Cell = Literal["lstm", "gru", "rnn"]
Split = Literal["auto", "random", "stratified", "group", "time"]
Schedule = Literal["none", "linear", "inverse-sigmoid"]
Decay = Literal["plateau", "cosine"]
Loss = Literal["squared", "absolute"]
ClassWeight = Literal["balanced"]
Pooling = Literal["mean", "max", "last", "attention"]
LOCAL_PATHS = ("checkpoint", "vectors")  # settings that name a file or folder


class Settings(BaseModel):
    """A frozen set of checked settings whose errors are `SettingError`s."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingError(_explained(type(self), error)) from None

    @classmethod
    def from_untrusted(cls, facts: Mapping[str, Any]) -> Self:
        """Return settings that somebody saved, which name no place on this machine.

        Raises:
            SettingError: They name one, or are none.
        """
        for name in facts:
            if name in LOCAL_PATHS and facts[name]:
                raise SettingError(
                    f"got {name}={facts[name]!r} for {cls.__name__} in a saved model, expected"
                    " none: it would be used on this machine."
                )
        return cls(**facts)


class Network(Settings):
    """What is built between the two sides.

    Attributes:
        architecture: A wiring of the shape, or `auto` for the shape's default.
        cell: The recurrent cell.
        units: Hidden units `h` of each recurrent layer; None takes 256 where a row of tokens or
            text comes out, 64 where text, tokens or wide categories go in and no steps aligned
            with them come out, else 128.
        layers: Recurrent layers, one on top of another (for `dense`: hidden layers, 0 allowed).
        bidirectional: Whether the input is also read backwards; None takes the
            architecture's default.
        dropout: Share of values dropped after each layer while training; None takes 0.5 where
            text, tokens or wide categories go in and no row of tokens comes out, else 0.3.
        pooling: What `pooled` makes of every step's state: their `mean`, the largest of each
            (`max`), the `last`, or a weighted mean whose weights it learns (`attention`).
        linear: Whether a linear map of the whole row adds to what the recurrence of `many-to-one`
            says of up to 100 labels: of its words and pairs of words, its runs of up to four
            characters, its numbers and how often short patterns stand in them.

    Example:
        >>> Network(units=64).cell
        'lstm'
    """

    architecture: str = "auto"
    cell: Cell = "lstm"
    units: int | None = Field(default=None, ge=1, le=65536)
    layers: int = Field(default=1, ge=0, le=64)
    bidirectional: bool | None = None
    dropout: float | None = Field(default=None, ge=0, lt=1)
    pooling: Pooling = "mean"
    linear: bool = True


class Text(Settings):
    """How text and tokens that go in are read.

    Attributes:
        lowercase: Whether capital letters become small ones; None takes those of words of text,
            and leaves characters, subwords and tokens as they are.
        digits: Whether every digit is taken for the same one; None takes it so in words and tokens
            that the training part does not have often enough, and leaves those it has.
        characters: Whether words are also known by their characters, so that something is known
            of those the training part did not have; None takes it so where some words are unknown
            in the training part, and no steps of their own length come out.
        vectors: A local file of word vectors to start from, in the text form of word2vec, GloVe
            and fastText: a word and its numbers on each line.

    Example:
        >>> Text(characters=True).lowercase is None
        True
    """

    lowercase: bool | None = None
    digits: bool | None = None
    characters: bool | None = None
    vectors: str | None = None


class Training(Settings):
    """How a network is fitted.

    Attributes:
        epochs: The most passes over the training part; None chooses by the number of rows.
        batch_size: Rows a step; None chooses by the number of rows.
        learning_rate: Of Adam; None takes 0.001 where text, tokens or wide categories go in
            and no steps come out, else 0.003; 0.001 for forecasts.
        decay: How it falls: halved when the validation loss stays (`plateau`), or over all
            passes to nothing (`cosine`); None takes `cosine` for rows of tokens and forecasts.
        patience: Passes without a better validation loss before stopping; None chooses by the
            number of rows, or takes all with `cosine`.
        loss: What is made small of numbers: None takes the `absolute` error for forecasts, which
            few wild values do not rule, else the `squared`.
        validation: Share of the rows held out to stop early.
        split: How rows are held out; `auto` is stratified where the output is a category with
            rows enough, and random elsewhere.
        split_by: The column that groups rows (`group`) or orders them (`time`).
        label_smoothing: Share of the weight of a true token or label that all of them get alike;
            None takes 0.1 for labels, and for tokens that an input of steps becomes, else 0.
        class_weight: `balanced` lets every class of a category that comes out count alike, however
            many rows it has; None lets every row.
        word_dropout: Share of the words, tokens and characters that go in which each pass takes for
            unknown ones.
        scheduled_sampling: How a chained decoder is fed its own outputs in place of the true ones
            ever more often as training goes on (Bengio et al. 2015, section 2.4).
        seed: Makes two runs equal.
        seeds: How many networks are fitted, with this seed and those that follow it, and answer
            together: by the mean of their numbers or probabilities, and in a chained decoder of
            their log-probabilities at each step.
        verbose: Whether to show progress while fitting, on the error stream.
        checkpoint: A folder to keep where training stands, so that it can go on if it is broken
            off; None keeps nothing. It is no part of a saved model, and may go when there is one.
        every: Steps from one checkpoint to the next; None writes one every half minute, or less
            often if that took more than a hundredth of the time.
        resume: Whether to go on with the training in the folder, to the same weights as if it had
            never been broken off; where there is none, one begins.

    Example:
        >>> Training(epochs=3).seed
        0
    """

    epochs: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    learning_rate: float | None = Field(default=None, gt=0, le=10)
    decay: Decay | None = None
    patience: int | None = Field(default=None, ge=1)
    loss: Loss | None = None
    validation: float = Field(default=0.15, gt=0, lt=1)
    split: Split = "auto"
    split_by: str | None = None
    label_smoothing: float | None = Field(default=None, ge=0, lt=1)
    class_weight: ClassWeight | None = None
    word_dropout: float = Field(default=0.0, ge=0, lt=1)
    scheduled_sampling: Schedule = "none"
    seed: int = Field(default=0, ge=0, lt=2**32)
    seeds: int = Field(default=1, ge=1, le=64)
    verbose: bool = True
    checkpoint: Path | None = Field(default=None, exclude=True)
    every: int | None = Field(default=None, ge=1, exclude=True)
    resume: bool = Field(default=False, exclude=True)

    @model_validator(mode="after")
    def _keeps(self) -> Self:
        """Refuse to say how checkpoints are used without a place for them."""
        for name, plain in {"every": None, "resume": False}.items():
            if self.checkpoint is None and getattr(self, name) != plain:
                raise SettingError(
                    f"got {name}={getattr(self, name)} and no checkpoint for Training, expected the"
                    " folder of the checkpoints. Give one (checkpoint, --checkpoint), or leave"
                    f" {name} out."
                )
        return self

    @property
    def network_seeds(self) -> tuple[int, ...]:
        """The seed of each network."""
        return tuple((self.seed + i) % 2**32 for i in range(self.seeds))


class Decoding(Settings):
    """How a chained decoder's rows are found: greedily, by beam search, or drawn.

    Attributes:
        beam: Hypotheses followed at each step; 1 is the greedy choice.
        samples: Rows drawn at random for each row; 0 draws none and searches.
        n_best: Rows returned by a beam, the best first.
        temperature: Divides the logits before a draw; towards 0 it is the greedy choice.
        top_k: Draw only from as many of the most probable ids; None from all.
        top_p: Draw only from the fewest ids that together have this probability; None from all.
        length_penalty: A beam ranks by log-probability / length**length_penalty; 0 by
            log-probability alone, the larger the longer the best rows.
        max_steps: The limit of steps; None takes the decoder's own.
        seed: Makes two draws equal.

    Example:
        >>> Decoding(beam=4, n_best=2).samples
        0
    """

    beam: int = Field(default=1, ge=1, le=1024)
    samples: int = Field(default=0, ge=0)
    n_best: int = Field(default=1, ge=1)
    temperature: float = Field(default=1.0, gt=0, allow_inf_nan=False)
    top_k: int | None = Field(default=None, ge=1)
    top_p: float | None = Field(default=None, gt=0, le=1)
    length_penalty: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    max_steps: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Refuse settings that contradict each other."""
        if self.beam > 1 and self.samples:
            raise SettingError(
                f"got beam={self.beam} and samples={self.samples} for Decoding, expected one of"
                " them: rows are searched for or drawn. Leave one out."
            )
        if self.n_best > self.beam:
            raise SettingError(
                f"got n_best={self.n_best} and beam={self.beam} for Decoding, expected no more"
                f" than the beam holds. Set beam={self.n_best} or more."
            )
        drawing = {"temperature": 1.0, "top_k": None, "top_p": None}
        for name, plain in drawing.items():
            if not self.samples and getattr(self, name) != plain:
                raise SettingError(
                    f"got {name}={getattr(self, name)} and samples=0 for Decoding, expected"
                    f" {name} only where rows are drawn. Set samples=1 or more, or leave it out."
                )
        return self


def _explained(kind: type[Settings], error: ValidationError) -> str:
    """Return pydantic's first complaint as got, expected, what to do."""
    first = error.errors()[0]
    if first["type"] == "value_error":  # of several settings at once, in our own words
        return first["msg"].removeprefix("Value error, ")
    name = str(first["loc"][0]) if first["loc"] else kind.__name__
    if first["type"] == "extra_forbidden":
        known = list(kind.model_fields)
        return (
            f"got an unknown setting '{name}' for {kind.__name__}, expected one of"
            f" {', '.join(known)}.{did_you_mean(name, known)}"
        )
    says = first["msg"].replace("Input should be", "expected")
    return f"got {name}={first.get('input')!r} for {kind.__name__}, {says[0].lower()}{says[1:]}."
