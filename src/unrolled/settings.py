"""The two settings objects: `Network` (what is built) and `Training` (how it is fitted)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from unrolled.errors import SettingError, nearest

Cell = Literal["lstm", "gru", "rnn"]
Split = Literal["auto", "random", "stratified", "group", "time"]
Schedule = Literal["none", "linear", "inverse-sigmoid"]


class Settings(BaseModel):
    """A frozen set of checked settings whose errors are `SettingError`s."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingError(_explained(type(self), error)) from None


class Network(Settings):
    """What is built between the two sides.

    Attributes:
        architecture: A wiring of the shape, or `auto` for the shape's default.
        cell: The recurrent cell.
        units: Hidden units `h` of each recurrent layer; None takes 64 where text,
            tokens or wide categories go in, else 128.
        layers: Recurrent layers, one on top of another (for `dense`: hidden layers, 0 allowed).
        bidirectional: Whether the input is also read backwards; None takes the
            architecture's default.
        dropout: Share of values dropped after each layer while training; None takes 0.5
            where text, tokens or wide categories go in, else 0.3.

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


class Training(Settings):
    """How a network is fitted.

    Attributes:
        epochs: The most passes over the training part; None chooses by the number of rows.
        batch_size: Rows a step; None chooses by the number of rows.
        learning_rate: Of Adam; None takes 0.001 where text, tokens or wide categories go in,
            else 0.003.
        patience: Passes without a better validation loss before stopping; None chooses by the
            number of rows.
        validation: Share of the rows held out to stop early.
        split: How rows are held out; `auto` is stratified where the output is a category with
            rows enough, and random elsewhere.
        split_by: The column that groups rows (`group`) or orders them (`time`).
        label_smoothing: Share of the weight of a true token or label that all of them get alike;
            None takes 0.1 for the tokens of a chained decoder, else 0.
        scheduled_sampling: How a chained decoder is fed its own outputs in place of the true ones
            ever more often as training goes on (Bengio et al. 2015, section 2.4).
        seed: Makes two runs equal.
        verbose: Whether to show progress while fitting, on the error stream.

    Example:
        >>> Training(epochs=3).seed
        0
    """

    epochs: int | None = Field(default=None, ge=1)
    batch_size: int | None = Field(default=None, ge=1)
    learning_rate: float | None = Field(default=None, gt=0, le=10)
    patience: int | None = Field(default=None, ge=1)
    validation: float = Field(default=0.15, gt=0, lt=1)
    split: Split = "auto"
    split_by: str | None = None
    label_smoothing: float | None = Field(default=None, ge=0, lt=1)
    scheduled_sampling: Schedule = "none"
    seed: int = Field(default=0, ge=0, lt=2**32)
    verbose: bool = True


def _explained(kind: type[Settings], error: ValidationError) -> str:
    """Return pydantic's first complaint as got, expected, what to do."""
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else kind.__name__
    if first["type"] == "extra_forbidden":
        known = list(kind.model_fields)
        return (
            f"got an unknown setting '{name}' for {kind.__name__}, expected one of"
            f" {', '.join(known)}.{nearest(name, known)}"
        )
    says = first["msg"].replace("Input should be", "expected").replace("Value error, ", "")
    return f"got {name}={first.get('input')!r} for {kind.__name__}, {says[0].lower()}{says[1:]}."
