"""From encoded rows to a trained model: network, weights, temperatures, baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled import baselines
from unrolled.data.batches import Examples, partly_known_outputs
from unrolled.data.block import Array
from unrolled.data.encoders.label_sets import balanced_bit_weights
from unrolled.data.encoders.labels import balanced_class_weights
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.word_vectors import read_word_vectors
from unrolled.errors import SettingError
from unrolled.inference import predict
from unrolled.inference.calibration import fit_temperature
from unrolled.inference.generate import teacher_forced
from unrolled.networks import (
    ModelBundle,
    NetworkSpec,
    SavedBundle,
    build_bundle,
    minirocket,
    round_up_vocabulary,
    set_initial_embeddings,
    with_defaults,
)
from unrolled.sequences.linear_branch.fit import fit_linear_branch, refit_linear_branch
from unrolled.sequences.linear_branch.rows import without_ngrams
from unrolled.sequences.trained import Trained
from unrolled.sequences.unused_settings import refuse_unused
from unrolled.settings import Network, Training
from unrolled.training import defaults, fit
from unrolled.training.history import History
from unrolled.training.progress import stage


def build_untrained(
    encoder: TableEncoder, train: Examples, network: Network, training: Training
) -> Trained:
    """Build the network that fits the encoded rows, not yet trained.

    Args:
        encoder: The schema, with a fitted encoder for each column.
        train: The encoded training rows.
        network: What to build.
        training: How it will be trained.

    Raises:
        SettingError: A setting has no effect, or no architecture of the shape allows it.
        ShapeError: The rows have sizes that the architecture does not allow.
        DataError: The file of word vectors cannot be used.
    """
    vectors = _word_vectors(encoder)
    spec = _network_spec(encoder, train, vectors, linear=network.linear)
    network = with_defaults(spec, network, rows=train.rows)
    refuse_unused(encoder.schema, spec, network, training)
    training = training_defaults(spec, network, training, train.rows)
    bundle = build_bundle(spec, network, seeds=training.network_seeds)
    for name, rows in vectors.items():
        for model in bundle.models_to_fit:
            set_initial_embeddings(model, name, rows)
    data = {"training_rows": train.rows}
    return Trained(
        spec=spec,
        bundle=bundle,
        encoder=encoder,
        network=network,
        training=training,
        histories=(),
        baselines=(),
        data=data,
    )


def build_from(previous: Trained, network: Network, training: Training, rows: Examples) -> Trained:
    """Return the network of a fitted model, with its weights, to be trained on new rows.

    Args:
        previous: The fitted model.
        network: The settings as they are now.
        training: How it will be trained.
        rows: The encoded training rows.

    Raises:
        SettingError: A setting changes the network, or has no effect.
    """
    for name in network.model_fields_set:
        stated, fitted = getattr(network, name), getattr(previous.network, name)
        if stated not in (None, "auto", fitted):
            raise SettingError(
                f"{name}={stated!r} changes the network, which has {name}={fitted!r}, and warm=True"
                " goes on with the weights that it has. Set it back, or leave warm out."
            )
    if training.seeds != previous.training.seeds:
        raise SettingError(
            f"seeds={training.seeds} changes the number of networks, of which the model has"
            f" {previous.training.seeds}, and warm=True goes on with their weights. Set it to"
            f" {previous.training.seeds}, or leave warm out."
        )
    spec = previous.spec
    refuse_unused(previous.encoder.schema, spec, previous.network, training)
    training = training_defaults(spec, previous.network, training, rows.rows)
    bundle = build_bundle(spec, previous.network, seeds=training.network_seeds)
    bundle.model.set_weights(previous.model.get_weights())
    return replace(
        previous,
        training=training,
        bundle=bundle,
        histories=(),
        baselines=(),
        temperatures={},
        branch_weights=(),
        data={"training_rows": rows.rows},
    )


def training_defaults(
    spec: NetworkSpec, network: Network, training: Training, rows: int
) -> Training:
    """Return the settings of a training with every default filled in.

    Args:
        spec: The sizes of the network.
        network: The settings of the network, with every default filled in.
        training: The settings.
        rows: The number of training rows.
    """
    return defaults.with_defaults(
        training,
        rows=rows,
        embedded=spec.shape != "aligned" and (bool(spec.embedded) or spec.tokens),
        generates=spec.tokens and network.architecture == "decoder",
        answers=bool(spec.labels) and spec.shape != "one-to-many",
    )


def _word_vectors(encoder: TableEncoder) -> dict[str, dict[int, Array]]:
    """Return by input the vectors of the ids that the file of word vectors has.

    Raises:
        DataError: The file cannot be used.
    """
    if encoder.text.vectors is None:
        return {}
    inputs = {c.name: encoder.encoders[c.name] for c in encoder.schema.inputs}
    words = {word for column in inputs.values() for word in column.known_ids}
    vectors = read_word_vectors(encoder.text.vectors, words)
    rows = {
        encoder.tensor_names[name]: {
            i: vectors[word] for word, i in column.known_ids.items() if word in vectors
        }
        for name, column in inputs.items()
    }
    return {name: by_id for name, by_id in rows.items() if by_id}


def _network_spec(
    encoder: TableEncoder,
    train: Examples,
    vectors: Mapping[str, dict[int, Array]],
    *,
    linear: bool,
) -> NetworkSpec:
    """Return the sizes of the network that fits the encoded rows."""
    schema, names, sizes = encoder.schema, encoder.tensor_names, encoder.sizes
    characters, ngrams = encoder.character_encoders, encoder.ngram_encoders
    values = train.inputs["x"].flat.shape[-1] if "x" in train.inputs else 0
    linear_numbers = linear and encoder.can_use_linear_branch
    longest = None if train.lengths is None else int(train.lengths.max())

    return NetworkSpec(
        schema.shape,
        t=encoder.steps_in,
        u=encoder.steps_out,
        values=values,
        embedded={name: round_up_vocabulary(sizes[name]) for name in train.inputs if name in sizes},
        characters={
            n: (round_up_vocabulary(e.size), e.ids_per_step) for n, e in characters.items()
        },
        vectors={name: len(next(iter(rows.values()))) for name, rows in vectors.items()},
        ngrams={n: (round_up_vocabulary(e.size), e.ids_per_step) for n, e in ngrams.items()},
        linear_numbers=linear_numbers,
        minirocket=linear_numbers
        and encoder.has_numeric_steps
        and minirocket.suits(values, longest),
        heads={names[c.name]: sizes[names[c.name]] for c in schema.outputs},
        ragged=encoder.ragged,
        pooled=encoder.pooled_outputs,
        tokens=encoder.generates_tokens,
        stops=encoder.needs_stop,
        labels=encoder.class_outputs,
        groups=encoder.further_groups,
    )


def fit_model(
    trained: Trained,
    train: Examples,
    validation: Examples,
    *,
    callbacks: Sequence[Any] = (),
    learn_from_validation: bool = True,
) -> Trained:
    """Train the network, and fit the baselines on the same rows.

    Args:
        trained: The network, built and not yet trained.
        train: The encoded training rows.
        validation: The encoded rows that decide when to stop.
        callbacks: `keras.callbacks.Callback` objects, called for each network.
        learn_from_validation: Whether the linear branch is in the end fitted on the validation
            rows too, as it is where they were held out of the data to be trained on.
    """
    weights = _class_weights(trained, train)
    partly_known = partly_known_outputs(train, validation)
    if partly_known:
        trained = replace(trained, data={**trained.data, "partly_known": list(partly_known)})
    parts = [
        replace(
            teacher_forced(part, trained.spec, trained.models),
            class_weights=weights,
            partly_known=partly_known,
        )
        for part in (train, validation)
    ]
    recurrent = [without_ngrams(part, trained.spec) for part in parts]
    histories = fit.fit_each(
        trained.models.models_to_fit,
        recurrent[0],
        recurrent[1],
        trained.training,
        callbacks=callbacks,
    )
    trained = _keep_fitted_networks(trained, histories)
    has_branch = bool(trained.models.linear_branches)
    with stage("linear branch", shown=has_branch and trained.training.verbose):
        branch = None
        with suppress(KeyboardInterrupt):  # the networks are trained, and are kept as they are
            if has_branch:
                branch = fit_linear_branch(trained.models, trained.spec, *parts)
                trained = replace(trained, branch_weights=tuple(branch.branch_weights))
        temperatures = _temperatures(trained, validation)
        with suppress(KeyboardInterrupt):
            if branch is not None and learn_from_validation:
                branch.refit()
    return replace(trained, baselines=_fit_baselines(trained, train), temperatures=temperatures)


def fit_on_all_rows(
    trained: Trained, rows: Examples, earlier: Trained, *, callbacks: Sequence[Any] = ()
) -> Trained:
    """Train a network again, on all rows, as it was trained while some of them were held out.

    What the held-out rows decided stays: the number of epochs, the learning rate of each of them,
    how much the linear branch contributes, and the temperatures.

    Args:
        trained: The network, built and not yet trained.
        rows: All rows, encoded.
        earlier: The model that was fitted while some rows were held out.
        callbacks: `keras.callbacks.Callback` objects, called for each network.
    """
    partly_known = partly_known_outputs(rows, rows)
    trained = replace(trained, data={**trained.data, "partly_known": list(partly_known)})
    part = replace(
        teacher_forced(rows, trained.spec, trained.models),
        class_weights=_class_weights(trained, rows),
        partly_known=partly_known,
    )
    recurrent = without_ngrams(part, trained.spec)
    histories = fit.fit_each(
        trained.models.models_to_fit,
        recurrent,
        recurrent,
        trained.training,
        callbacks=callbacks,
        earlier=earlier.histories,
    )
    if trained.models.linear_branches:
        refit_linear_branch(trained.models, trained.spec, part, earlier.branch_weights)
    return replace(
        trained,
        histories=histories,
        branch_weights=earlier.branch_weights,
        baselines=_fit_baselines(trained, rows),
        temperatures=earlier.temperatures,
    )


def _fit_baselines(trained: Trained, train: Examples) -> tuple[baselines.Baseline, ...]:
    """Return the simple models that the network is compared with."""
    blocks = {**train.inputs, **train.targets}
    integer_sizes = {
        name: size
        for name, size in trained.encoder.sizes.items()
        if name in blocks and blocks[name].is_integer
    }
    aligned = trained.encoder.schema.shape == "aligned"
    categories = trained.encoder.category_inputs
    return tuple(baselines.fit_baselines(train, integer_sizes, categories, aligned=aligned))


def _temperatures(trained: Trained, validation: Examples) -> dict[str, float]:
    """Return the number that divides the logits of each output that is a category."""
    names = _category_outputs(trained.encoder)
    if not names:
        return {}
    logits = predict.predict_outputs(trained.runtime.model, validation, list(trained.spec.heads))
    return {
        column: fit_temperature(np.asarray(logits[name]), validation.targets[name].flat)
        for column, name in names.items()
    }


def _class_weights(trained: Trained, train: Examples) -> dict[str, Array]:
    """Return the weight of each class, by output, where the settings weight classes."""
    if trained.training.class_weight is None:
        return {}
    targets, encoder = train.targets, trained.encoder
    schema, names = encoder.schema, encoder.tensor_names
    weights = {
        name: balanced_class_weights(targets[name].flat, encoder.sizes[name])
        for name in _category_outputs(encoder).values()
    }
    weights |= {name: balanced_bit_weights(targets[name].flat) for name in train.label_sets}
    if schema.shape != "aligned":
        return weights
    tags = [names[c.name] for c in schema.outputs if c.kind == "tokens"]
    return weights | {
        name: balanced_class_weights(targets[name].flat, encoder.sizes[name]) for name in tags
    }


def _category_outputs(encoder: TableEncoder) -> dict[str, str]:
    """Return the network's name of each output that is a category, by column."""
    columns = [c.name for c in encoder.schema.outputs if c.kind == "category"]
    return {name: encoder.tensor_names[name] for name in columns}


def _keep_fitted_networks(trained: Trained, histories: tuple[History, ...]) -> Trained:
    """Return the model with its histories, without the networks that Ctrl-C left untrained."""
    training = trained.training.model_copy(update={"seeds": len(histories)})
    bundle: ModelBundle | SavedBundle = trained.bundle
    if training.seeds < trained.training.seeds:
        bundle = build_bundle(trained.spec, trained.network, seeds=training.network_seeds)
        pairs = zip(bundle.models_to_fit, trained.models.models_to_fit, strict=False)
        for kept, fitted in pairs:
            kept.set_weights(fitted.get_weights())
    return replace(trained, training=training, histories=histories, bundle=bundle)
