"""A trained model as the files of a saved model, and back."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

from unrolled import baselines
from unrolled.baselines.checks import BaselineChecks
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.layouts.arrange import Layout, layout_from_dict
from unrolled.data.layouts.rows_as_steps import ELAPSED, RowsAsSteps
from unrolled.data.tables.trained_rows import KEY as TRAINED_ROWS
from unrolled.networks import NetworkSpec, load_network, minirocket
from unrolled.networks.size_limit import refuse_larger
from unrolled.saving import (
    MANIFEST,
    PROGRAM,
    SEQUENCES,
    SavedModel,
    manifest_header,
    optional_dict,
    optional_integer,
    reading,
)
from unrolled.saving.checked_json import RefusedError, short_repr
from unrolled.schema import Schema
from unrolled.sequences.trained import Trained
from unrolled.settings import Network, Text, Training
from unrolled.shapes import MAX_STEPS
from unrolled.training.history import History

WEIGHTS, BASELINES, ENCODERS = "weights.safetensors", "references.safetensors", "encoders.json"
SAVED_BASELINES = "references"  # their name in the manifest, which is older than the word


def to_files(trained: Trained) -> dict[str, Any]:
    """Return the files of a trained model by name; see `saving.write_model`."""
    baseline_states, baseline_arrays = baselines.to_dicts(trained.baselines)
    return {
        WEIGHTS: dict(trained.runtime.weights.arrays()),
        PROGRAM: trained.runtime.program.to_dict(),
        BASELINES: baseline_arrays,
        MANIFEST: _manifest(trained, baseline_states),
        ENCODERS: {name: e.to_dict() for name, e in trained.encoder.encoders.items()},
    }


def _manifest(trained: Trained, baseline_states: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the JSON that describes the model."""
    encoder, layout = trained.encoder, trained.layout
    return manifest_header(SEQUENCES) | {
        "schema": encoder.schema.to_dict(),
        "steps_in": encoder.steps_in,
        "steps_out": encoder.steps_out,
        "text": encoder.text.to_dict(),
        "ports": trained.spec.to_dict(),
        "network": trained.network.to_dict(),
        "training": trained.training.to_dict(),
        "data": dict(trained.data),
        "scores": {"validation_loss": [h.best_validation_loss for h in trained.histories]},
        "history": [history.to_dict() for history in trained.histories],
        SAVED_BASELINES: baseline_states,
        "temperatures": dict(trained.temperatures),
        **({} if layout is None else {"layout": layout.to_dict()}),
    }


def from_files(saved: SavedModel) -> Trained:
    """Return the trained model that `to_files` described.

    Raises:
        RefusedError: Its parts contradict each other.
        SettingError: A setting does not exist or is out of range.
        ShapeError: The sizes do not fit the shape, or there are fewer weights than they need.
    """
    manifest = saved.manifest
    with reading(f"'schema' of {MANIFEST}, or {ENCODERS},"):
        encoder = _table_encoder(saved)
    # The first models did not list the outputs of classes among the sizes.
    sizes = {"labels": encoder.class_outputs} | optional_dict(manifest, "ports")
    with reading(f"'ports' of {MANIFEST}"):
        spec = NetworkSpec.from_dict(sizes)
    with reading(f"'network' of {MANIFEST}"):
        network = Network.from_dict(manifest["network"])
    with reading(f"'training' of {MANIFEST}"):
        training = Training.from_dict(manifest["training"])
    _check_spec(spec, encoder)
    refuse_larger(spec, network, networks=training.seeds, **saved.weight_counts)
    with reading(f"'{SAVED_BASELINES}' of {MANIFEST}, or {BASELINES},"):
        fitted_baselines = baselines.from_dicts(
            manifest[SAVED_BASELINES], saved.read_arrays(BASELINES)
        )
    with reading(f"'history' of {MANIFEST}"):
        histories = _histories(manifest["history"])
    if fitted_baselines or histories:  # otherwise it was saved before it was trained
        with reading(f"'{SAVED_BASELINES}' of {MANIFEST}, or {BASELINES},"):
            BaselineChecks(encoder).check_all(fitted_baselines)
    bundle = load_network(saved, spec, network, training.network_seeds)
    return Trained(
        encoder=encoder,
        spec=spec,
        network=network,
        training=training,
        histories=histories,
        baselines=fitted_baselines,
        bundle=bundle,
        temperatures=_temperatures(optional_dict(manifest, "temperatures"), encoder.schema),
        data=_data_facts(manifest),
        layout=_layout(manifest.get("layout"), encoder.schema),
    )


def _data_facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts about the data of a model."""
    facts = optional_dict(manifest, "data")
    rows = facts.get(TRAINED_ROWS, "")
    try:
        is_base64 = isinstance(rows, str) and len(base64.b64decode(rows, validate=True)) % 4 == 0
    except ValueError:
        is_base64 = False
    if not is_base64:
        raise RefusedError(f"'{TRAINED_ROWS}' of 'data' is no base64 of whole numbers")
    return facts


def _layout(state: Any, schema: Schema) -> Layout | None:
    """Return the layout of the tables of a model; refuse one that does not hold its columns."""
    with reading(f"'layout' of {MANIFEST}"):
        layout = layout_from_dict(state)
    if isinstance(layout, RowsAsSteps):
        many = {*layout.many, *([ELAPSED] if layout.elapsed else [])}
        for column in (*schema.inputs, *schema.outputs):
            if column.name not in (many if column.side == "many" else layout.one):
                raise RefusedError(f"the layout does not say where '{column.name}' stands")
    return layout


def _table_encoder(saved: SavedModel) -> TableEncoder:
    """Return the schema with the encoders of its columns."""
    manifest = saved.manifest
    schema = Schema.from_dict(manifest["schema"])
    return TableEncoder(
        schema,
        _encoders(schema, saved.read_json(ENCODERS)),
        optional_integer(manifest, "steps_in", maximum=MAX_STEPS),
        optional_integer(manifest, "steps_out", maximum=MAX_STEPS),
        Text.from_dict(optional_dict(manifest, "text")),
    )


def _encoders(schema: Schema, states: Any) -> dict[str, Encoder]:
    """Return the encoder of each column, by the column's name."""
    encoders: dict[str, Encoder] = {}
    for column in (*schema.inputs, *schema.outputs):
        if column.name in encoders:
            raise RefusedError(f"the schema has the column '{column.name}' twice")
        encoder = encoder_from_dict(states[column.name])
        if encoder.column != column or encoder.as_output != (column in schema.outputs):
            raise RefusedError(f"the encoder of '{column.name}' belongs to another column")
        encoders[column.name] = encoder
    return encoders


def _check_spec(spec: NetworkSpec, encoder: TableEncoder) -> None:
    """Refuse sizes of a network that do not follow from the columns."""
    names, sizes = encoder.tensor_names, encoder.sizes
    inputs = {c.name: names[c.name] for c in encoder.schema.inputs}
    ids = {n: sizes[n] for name, n in inputs.items() if encoder.encoders[name].produces_ids}
    expected = {
        "shape": encoder.schema.shape,
        "t": encoder.steps_in,
        "u": encoder.steps_out,
        "ragged": encoder.ragged,
        "values": encoder.values,
        "groups": encoder.further_groups,
        "heads": {names[c.name]: sizes[names[c.name]] for c in encoder.schema.outputs},
        "pooled": encoder.pooled_outputs,
        "tokens": encoder.generates_tokens,
        "stops": encoder.needs_stop,
        "labels": encoder.class_outputs,
    }
    for name, value in expected.items():
        if getattr(spec, name) != value:
            raise RefusedError(
                f"the network has {name}={short_repr(getattr(spec, name))}, but its columns need"
                f" {short_repr(value)}"
            )
    # A vocabulary of a network is rounded up, so it may be larger than that of the column.
    if set(spec.embedded) != set(ids) or any(spec.embedded[n] < ids[n] for n in ids):
        raise RefusedError(
            f"the network embeds {short_repr(dict(spec.embedded))}, but its columns need"
            f" {short_repr(ids)}"
        )
    _check_linear_branch(spec, encoder)


def _check_linear_branch(spec: NetworkSpec, encoder: TableEncoder) -> None:
    """Refuse inputs of characters, n-grams or numbers that the columns do not have."""
    if spec.linear_numbers and not encoder.can_use_linear_branch:
        raise RefusedError("the linear branch of the network reads numbers, but no column has any")
    if spec.minirocket and not (
        spec.linear_numbers and encoder.has_numeric_steps and minirocket.suits(spec.values, spec.t)
    ):
        raise RefusedError("the network has MiniRocket features, but its columns do not allow them")
    features: dict[str, Any] = {**encoder.character_encoders, **encoder.ngram_encoders}
    sizes = {**spec.characters, **spec.ngrams}
    needed = {name: (feature.size, feature.ids_per_step) for name, feature in features.items()}
    if set(sizes) != set(needed) or any(
        sizes[name][0] < size or sizes[name][1] != count for name, (size, count) in needed.items()
    ):
        raise RefusedError(
            f"the network reads characters and n-grams of the sizes {short_repr(sizes)}, but its"
            f" columns need {short_repr(needed)}"
        )


def _temperatures(state: dict[str, Any], schema: Schema) -> dict[str, float]:
    """Return the numbers that divide the logits of outputs."""
    outputs = {column.name for column in schema.outputs}
    for name, value in state.items():
        if name not in outputs or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise RefusedError(
                f"the temperature of '{name}' is {short_repr(value)}, and must be a number above 0"
                " for an output"
            )
    return state


def _histories(state: Any) -> tuple[History, ...]:
    """Return the history of each network; the first models have one, or null."""
    states = state if isinstance(state, list) else [state] if state else []
    return tuple(map(History.from_dict, states))
