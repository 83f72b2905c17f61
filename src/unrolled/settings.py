"""The settings: `Network` (what is built), `Text` (how text is read), `Training`, `Decoding`."""

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
LOCAL_PATHS = ("checkpoint", "vectors")  # settings that name a file or a folder
RULES = {  # by pydantic's type of error, what a value must be
    "greater_than": "greater than {gt:.10g}",
    "greater_than_equal": "at least {ge:.10g}",
    "less_than": "less than {lt:.10g}",
    "less_than_equal": "at most {le:.10g}",
    "finite_number": "a finite number",
    "literal_error": "{expected}",
    "int": "a whole number",
    "float": "a number",
    "bool": "True or False",
    "string": "a string",
    "path": "a path",
}


class Settings(BaseModel):
    """A frozen set of checked settings whose errors are `SettingError`s."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingError(_explain(type(self), error)) from None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as they are saved with a model, without paths on this machine."""
        values = self.model_dump()
        return values | {name: None for name in LOCAL_PATHS if name in values}

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> Self:
        """Return the settings of a saved model, which must not name paths on this machine.

        Args:
            state: The settings by name, as somebody else may have written them.

        Raises:
            SettingError: A setting is unknown, out of range, or names a local path.
        """
        for name in state:
            if name in LOCAL_PATHS and state[name]:
                raise SettingError(
                    f"A saved model must not name a path on this machine, but its {cls.__name__}"
                    f" has {name}={state[name]!r}."
                )
        return cls(**state)


class Network(Settings):
    """The network that is built.

    Attributes:
        architecture: A wiring of the shape; `auto` takes the default wiring of the shape.
        cell: The recurrent cell.
        units: Hidden units `h` of each recurrent layer. None takes 256 if the output is a sequence
            of tokens or text, 64 if text, tokens or wide categories are inputs and no aligned
            steps are outputs, and 128 otherwise.
        layers: Number of recurrent layers (for `dense`: hidden layers, 0 allowed).
        bidirectional: Whether the input is also read backwards; None takes the default of the
            architecture.
        dropout: Dropout rate after each layer. None takes 0.5 if text, tokens or wide categories
            are inputs and no sequence of tokens is an output, and 0.3 otherwise.
        attention: Whether the decoder of an input sequence attends to every input step. Without
            attention the last state of the encoder starts the decoder, and nothing else is read
            of the input.
        pooling: How `pooled` combines the states of all steps: their `mean`, their maximum
            (`max`), the `last` state, or a mean with learned weights (`attention`).
        linear: Whether `many-to-one` with up to 100 labels gets a linear branch beside the
            recurrent branch (wide and deep, Cheng et al. 2016). The linear branch sees words and
            pairs of words, character n-grams, numbers and short patterns in numbers.

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
    attention: bool = True
    pooling: Pooling = "mean"
    linear: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as they are saved; `attention` only where it is off."""
        values = super().to_dict()
        return {k: v for k, v in values.items() if k != "attention" or not v}


class Text(Settings):
    """How input text and input tokens are read.

    Attributes:
        lowercase: Whether text is lowercased. None lowercases the words of text, and leaves
            characters, subwords and tokens as they are.
        digits: Whether every digit is read as 0. None does so only in words and tokens that are
            too rare in the training part to be in the vocabulary.
        characters: Whether words are also read by their characters, so that an unknown word still
            carries information. None does so if some words of the training part are not in the
            vocabulary and no unaligned sequence is an output.
        vectors: A local file of pretrained word vectors in the text format of word2vec, GloVe and
            fastText: a word and its numbers on each line. None starts from random embeddings.

    Example:
        >>> Text(characters=True).lowercase is None
        True
    """

    lowercase: bool | None = None
    digits: bool | None = None
    characters: bool | None = None
    vectors: str | None = None


class Training(Settings):
    """How the network is trained.

    Attributes:
        epochs: Maximum number of epochs; None chooses it by the number of rows.
        batch_size: Rows in a batch; None chooses it by the number of rows.
        learning_rate: Learning rate of Adam. None takes 0.001 for forecasts, 0.001 if text, tokens
            or wide categories are inputs and no sequence is an output, and 0.003 otherwise.
        decay: Learning rate schedule: `plateau` halves the rate when the validation loss stops
            improving, `cosine` lets it fall to zero over all epochs. None takes `cosine` for
            sequences of tokens and for forecasts, and `plateau` otherwise.
        patience: Epochs without a better validation loss after which training stops. None chooses
            it by the number of rows, and never stops early with `cosine`.
        loss: Loss for numeric outputs. None takes the `absolute` error for forecasts, which is
            robust to outliers, and the `squared` error otherwise.
        validation: Fraction of the rows that is held out for early stopping.
        split: How the held-out rows are chosen; `auto` is stratified if the output is a category
            with enough rows, and random otherwise.
        split_by: The column that groups the rows (`group`) or orders them (`time`).
        label_smoothing: Label smoothing: the fraction of the target probability spread evenly over
            all classes. None takes 0.1 for categories, and for tokens that are predicted from an
            input sequence, and 0 otherwise.
        class_weight: `balanced` weights classes inversely to their frequency; None weights every
            row equally.
        word_dropout: Fraction of the input words, tokens and characters that is replaced by
            "unknown", drawn anew in each epoch.
        scheduled_sampling: Schedule by which a decoder is fed its own outputs instead of the true
            ones, more often as training goes on (Bengio et al. 2015, section 2.4).
        seed: Random seed; the same seed gives the same network.
        seeds: Number of networks in the ensemble, trained with this seed and those that follow it.
            The prediction is the mean of their numbers or probabilities, and in a decoder the mean
            of their log-probabilities at each step.
        verbose: Whether to print progress on the error stream during training.
        checkpoint: Folder for checkpoints, from which an interrupted training can continue. None
            writes no checkpoints. The folder is no part of a saved model and may be deleted once
            the model is saved.
        every: Steps between two checkpoints. None writes one every 30 seconds, or less often if
            that took more than a hundredth of the time.
        resume: Whether to continue the training in the checkpoint folder, to the same weights as
            if it had never been interrupted. If the folder is empty, training starts from the
            beginning.

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
    def _check_checkpoint(self) -> Self:
        """Refuse settings for checkpoints if there is no folder for them."""
        for name, default in {"every": None, "resume": False}.items():
            if self.checkpoint is None and getattr(self, name) != default:
                raise SettingError(
                    f"{name}={getattr(self, name)} needs a folder for checkpoints, and Training has"
                    f" none. Name one (checkpoint, --checkpoint), or leave {name} out."
                )
        return self

    @property
    def network_seeds(self) -> tuple[int, ...]:
        """The seed of each network of the ensemble."""
        return tuple((self.seed + i) % 2**32 for i in range(self.seeds))


class Decoding(Settings):
    """How a decoder chooses its outputs: greedily, by beam search, or by sampling.

    Attributes:
        beam: Beam width: hypotheses that are followed at each step; 1 is greedy.
        samples: Outputs sampled for each row; 0 searches instead of sampling.
        n_best: Hypotheses of the beam that are returned, best first.
        temperature: Divides the logits before sampling; values near 0 are close to greedy.
        top_k: Sample only from the k most probable tokens; None samples from all.
        top_p: Sample only from the smallest set of tokens with this total probability (nucleus
            sampling); None samples from all.
        length_penalty: The beam ranks hypotheses by log-probability / length**length_penalty. 0
            ranks by log-probability alone; larger values prefer longer outputs.
        max_steps: Maximum number of output steps; None takes the limit of the decoder.
        seed: Random seed of sampling; the same seed gives the same samples.

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
    def _check_consistency(self) -> Self:
        """Refuse settings that contradict each other."""
        if self.beam > 1 and self.samples:
            raise SettingError(
                "Beam search and sampling cannot be combined, but Decoding has"
                f" beam={self.beam} and samples={self.samples}. Leave one of them out."
            )
        if self.n_best > self.beam:
            raise SettingError(
                f"A beam of {self.beam} cannot return n_best={self.n_best} hypotheses. Set"
                f" beam={self.n_best} or more."
            )
        for name, default in {"temperature": 1.0, "top_k": None, "top_p": None}.items():
            if not self.samples and getattr(self, name) != default:
                raise SettingError(
                    f"{name}={getattr(self, name)} has no effect without sampling, and Decoding has"
                    f" samples=0. Set samples=1 or more, or leave {name} out."
                )
        return self


def _explain(kind: type[Settings], error: ValidationError) -> str:
    """Return the first error of pydantic in plain words."""
    first = error.errors()[0]
    if first["type"] == "value_error":  # one of our own, about several settings at once
        return first["msg"].removeprefix("Value error, ")
    name = str(first["loc"][0]) if first["loc"] else kind.__name__
    if first["type"] == "extra_forbidden":
        known = list(kind.model_fields)
        return (
            f"{kind.__name__} has no setting '{name}'. Its settings are"
            f" {', '.join(known)}.{did_you_mean(name, known)}"
        )
    rule = RULES.get(first["type"]) or RULES.get(first["type"].partition("_")[0])
    must = rule.format(**first.get("ctx", {})) if rule else first["msg"]
    value = first.get("input")
    hint = did_you_mean(value, must.split("'")[1::2]) if isinstance(value, str) else ""
    return f"{name}={value!r} is not valid for {kind.__name__}: {name} must be {must}.{hint}"
