"""A trained model as the files of a saved one, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unrolled import baselines
from unrolled.baselines.checks import BaselineChecks
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.networks import NetworkSpec, build_bundle, minirocket
from unrolled.networks.size_limit import refuse_larger
from unrolled.saving import (
    MANIFEST,
    SEQUENCES,
    SavedModel,
    from_untrusted,
    head,
    mapping,
    network_weights,
    number,
    write,
)
from unrolled.saving.checked_json import RefusedError, shown
from unrolled.schema import Schema
from unrolled.sequences.trained import Trained
from unrolled.settings import Network, Text, Training
from unrolled.shapes import MOST_STEPS
from unrolled.training.history import History


def save(trained: Trained, folder: str | Path, *, pages: Mapping[str, str]) -> Path:
    """Write a trained model.

    Args:
        trained: The model.
        folder: Where; see `folder.write`.
        pages: Further text files by name, for people to read.

    Raises:
        ArtifactError: There is something else at the place, or it cannot be written.
    """
    facts, arrays = baselines.to_dicts(trained.baselines)
    encoders = {name: made.to_dict() for name, made in trained.encoder.encoders.items()}
    files = {
        "weights.safetensors": network_weights(trained.model),
        "references.safetensors": arrays,
        MANIFEST: _manifest(trained, facts),
        "encoders.json": encoders,
    }
    return write(folder, files | dict(pages))


def _manifest(trained: Trained, facts: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what describes the model, as JSON."""
    encoding = trained.encoder
    return head(SEQUENCES) | {
        "schema": encoding.schema.model_dump(),
        "steps_in": encoding.steps_in,
        "steps_out": encoding.steps_out,
        "text": encoding.text.model_copy(update={"vectors": None}).model_dump(),
        "ports": trained.spec.to_dict(),
        "network": trained.network.model_dump(),
        "training": trained.training.model_dump(),
        "data": dict(trained.data),
        "scores": {"validation_loss": [best(history) for history in trained.histories]},
        "history": [asdict(history) for history in trained.histories],
        "references": facts,
        "temperatures": dict(trained.temperatures),
    }


def best(history: History) -> float:
    """Return the validation loss of the pass that was kept."""
    return history.validation[history.best_epoch - 1]


def restored(saved: SavedModel) -> Trained:
    """Return the trained model that `save` wrote.

    Raises:
        RefusedError: Its parts disagree.
        SettingError: A setting is none.
        ShapeError: A size is none.
    """
    manifest = saved.manifest
    schema = Schema.model_validate(manifest["schema"])
    encoding = TableEncoder(
        schema,
        _encoders(schema, saved.record("encoders.json")),
        number(manifest, "steps_in", most=MOST_STEPS),
        number(manifest, "steps_out", most=MOST_STEPS),
        Text.from_untrusted(manifest.get("text", {})),
    )
    sizes = {"labels": encoding.class_outputs} | mapping(manifest, "ports")  # once they were not written
    spec, network = NetworkSpec.from_untrusted(sizes), Network(**manifest["network"])
    _refuse_other(encoding, spec)
    training = Training.from_untrusted(manifest["training"])
    refuse_larger(spec, network, networks=training.seeds, **saved.sizes)
    simple = baselines.from_dicts(manifest["references"], saved.arrays("references.safetensors"))
    histories = _histories(manifest["history"])
    if simple or histories:  # else it was saved before it was trained
        BaselineChecks(encoding).check_all(simple)
    built = build_bundle(spec, network, seeds=training.network_seeds)
    saved.set_weights(built.model)
    return Trained(
        encoding,
        spec,
        network,
        training,
        histories,
        simple,
        built,
        _temperatures(manifest.get("temperatures", {}), schema),
        mapping(manifest, "data"),
    )


def _encoders(schema: Schema, facts: Any) -> dict[str, Encoder]:
    """Return the encoder of each column."""
    found = {}
    for column in (*schema.inputs, *schema.outputs):
        if column.name in found:
            raise RefusedError(f"the schema has the column '{column.name}' twice")
        made = encoder_from_dict(facts[column.name])
        if made.column != column or made.as_output != (column in schema.outputs):
            raise RefusedError(f"the encoder of '{column.name}' is that of another column")
        found[column.name] = made
    return found


def _refuse_other(encoding: TableEncoder, spec: NetworkSpec) -> None:
    """Refuse sizes of a network that are not those of the columns."""
    schema, sizes, names = encoding.schema, encoding.sizes, encoding.tensor_names
    plain = [c for c in schema.inputs if not encoding.encoders[c.name].produces_ids]
    expected = {
        "shape": schema.shape,
        "t": encoding.steps_in,
        "u": encoding.steps_out,
        "ragged": encoding.ragged,
        "values": sum(sizes[names[c.name]] for c in plain),
        "heads": {names[c.name]: sizes[names[c.name]] for c in schema.outputs},
        "pooled": encoding.pooled_outputs,
        "tokens": encoding.generates_tokens,
        "stops": encoding.needs_stop,
        "labels": encoding.class_outputs,
    }
    for name, value in expected.items():
        if (found := getattr(spec, name)) != value:
            raise RefusedError(
                f"the network has {name}={shown(found)}, and its columns ask for {shown(value)}"
            )
    if spec.linear_numbers and not encoding.can_use_linear_branch:
        raise RefusedError("the network maps the numbers of rows, and its columns have none")
    if spec.minirocket and not (
        spec.linear_numbers and encoding.has_numeric_steps and minirocket.suit(spec.values, spec.t)
    ):
        raise RefusedError("the network looks for patterns, and its columns have none")
    extra: dict[str, Any] = {**encoding.character_encoders, **encoding.ngram_encoders}
    given = {**spec.characters, **spec.ngrams}
    if set(given) != set(extra) or any(
        given[n][0] < made.size or given[n][1] != made.ids_per_step for n, made in extra.items()
    ):
        raise RefusedError(
            f"the network reads {shown(given)} beside its columns, and these have {shown(extra)}"
        )
    ids = {names[c.name]: sizes[names[c.name]] for c in schema.inputs if c not in plain}
    if set(spec.embedded) != set(ids) or any(spec.embedded[n] < ids[n] for n in ids):
        raise RefusedError(
            f"the network embeds {shown(dict(spec.embedded))}, and its columns ask for"
            f" {shown(ids)}"
        )


def _temperatures(facts: Any, schema: Schema) -> dict[str, float]:
    """Return what divides the logits of outputs."""
    names = {c.name for c in schema.outputs}
    for name, value in dict(facts).items():
        if name not in names or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise RefusedError(f"the temperature of '{name}' is {value!r}, expected more than 0")
    return dict(facts)


def _histories(state: Any) -> tuple[History, ...]:
    """Return the histories that JSON describes; an older model has one, or None."""
    each = state if isinstance(state, list) else [state] if state else []
    return tuple(from_untrusted(History, facts, "history") for facts in each)
