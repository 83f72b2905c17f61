"""Settings that a user stated and that have no effect on this data are refused, not ignored.

A value that only says that nothing is to be done (False, 0, `none`) is no such setting: what it
says comes true. The settings of a loaded model, where every default is filled in, pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from unrolled.errors import SettingError
from unrolled.networks import NetworkSpec, with_defaults
from unrolled.schema import Schema
from unrolled.settings import Network, Text, Training

LABELS = {"category", "labels", "tokens", "text"}  # kinds of outputs that are chosen among classes
STEPS = {"tokens", "text"}  # kinds of inputs whose steps are words, characters or the like
Unused = tuple[str, object, str]  # a setting's name, its value, and why it has no effect


def refuse_unused_text(schema: Schema, text: Text) -> None:
    """Refuse settings of `Text` that have no effect.

    Raises:
        SettingError: A setting has no effect; the first one is named, with the reason.
    """
    _refuse_first("Text", _unused_text(schema, text))


def refuse_unused(schema: Schema, spec: NetworkSpec, network: Network, training: Training) -> None:
    """Refuse settings of the network and of the training that have no effect.

    Args:
        schema: What goes in and out.
        spec: The sizes of the network.
        network: What is built, with every default filled in.
        training: How it is trained.

    Raises:
        SettingError: A setting has no effect; the first one is named, with the reason.
    """
    _refuse_first("Network", _unused_network(spec, network))
    _refuse_first("Training", _unused_training(schema, network, training))


def _refuse_first(group: str, unused: Iterable[Unused]) -> None:
    for name, value, reason in unused:
        raise SettingError(
            f"{name}={value!r} of {group} has no effect: {reason}. Leave {name} out."
        )


def _unused_text(schema: Schema, text: Text) -> Iterator[Unused]:
    columns = [column for column in schema.inputs if column.kind in STEPS]
    stated = {name: value for name, value in text if value}
    if not columns:
        for name, value in stated.items():
            yield name, value, "no input is text or tokens"
    if text.characters and all(c.unit in ("characters", "subwords") for c in columns):
        yield "characters", True, "no input is tokens or words of text, which consist of characters"
    if text.vectors and all(c.unit == "subwords" for c in columns):
        yield "vectors", text.vectors, "no input is tokens, words or characters"


def _unused_network(spec: NetworkSpec, network: Network) -> Iterator[Unused]:
    if network.architecture == "dense" and network.layers == 0:
        default = with_defaults(spec, network.model_copy(update={"units": None})).units
        if network.units != default:
            yield "units", network.units, "layers=0 leaves no hidden layer"


def _unused_training(schema: Schema, network: Network, training: Training) -> Iterator[Unused]:
    inputs = {column.kind for column in schema.inputs}
    outputs = {column.kind for column in schema.outputs}
    if training.word_dropout and not inputs & STEPS:
        yield "word_dropout", training.word_dropout, "no input is text or tokens"
    weighted = {"category", "labels"} | ({"tokens"} if schema.shape == "aligned" else set())
    if training.class_weight and not outputs & weighted:
        yield "class_weight", training.class_weight, "no output is a category, labels or tags"
    if training.label_smoothing and not outputs & (LABELS - {"labels"}):
        reason = "no output is a category, tokens or text"
        yield "label_smoothing", training.label_smoothing, reason
    if training.loss == "absolute" and outputs <= LABELS:
        yield "loss", training.loss, "no output is numbers"
    if training.scheduled_sampling != "none" and network.architecture != "decoder":
        taken = network.architecture
        reason = f"the architecture is '{taken}', and only 'decoder' is fed its own outputs"
        yield "scheduled_sampling", training.scheduled_sampling, reason
