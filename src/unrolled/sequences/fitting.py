"""From encoded rows to a trained model: sizes, settings, network, weights, references."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled import baselines
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.encoders.characters import CharacterEncoder
from unrolled.data.encoders.labels import balanced_class_weights
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.data.encoders.word_vectors import read_word_vectors
from unrolled.errors import SettingError
from unrolled.inference import predict
from unrolled.inference.calibration import fit_temperature
from unrolled.inference.generate import teacher_forced
from unrolled.networks import (
    NetworkSpec,
    build_bundle,
    minirocket,
    round_up_vocabulary,
    set_initial_embeddings,
    with_defaults,
)
from unrolled.sequences import fit_linear_branch
from unrolled.sequences.trained import Trained
from unrolled.settings import Network, Training
from unrolled.training import defaults, fit
from unrolled.training.history import History
from unrolled.training.progress import stage


def built(
    encoding: TableEncoder, train: Examples, network: Network | None, settings: Training
) -> Trained:
    """Build the network that the encoded rows ask for, not yet trained."""
    known = _vectors(encoding)
    network = network or Network()
    spec = _network_spec(encoding, train, known, linear=network.linear)
    taken = with_defaults(spec, network, rows=train.rows)
    generates = spec.tokens and taken.architecture == "decoder"
    filled = defaults.with_defaults(
        settings,
        rows=train.rows,
        embedded=spec.shape != "aligned" and (bool(spec.embedded) or spec.tokens),
        generates=generates,
        answers=bool(spec.labels) and spec.shape != "one-to-many",
    )
    made = build_bundle(spec, taken, seeds=filled.network_seeds)
    for name, rows in known.items():
        for model in made.models_to_fit:
            set_initial_embeddings(model, name, rows)
    return Trained(encoding, spec, taken, filled, (), (), made)


def _vectors(encoding: TableEncoder) -> dict[str, dict[int, Array]]:
    """Return by input the vectors of ids that a file has, where the settings name one.

    Raises:
        SettingError: No input is of words or tokens.
        DataError: The file cannot be used.
    """
    path = encoding.text.vectors
    if path is None:
        return {}
    made = {n: encoding.encoders[n] for n in (c.name for c in encoding.schema.inputs)}
    words = {n: e for n, e in made.items() if isinstance(e, Vocabulary) and e.known}
    if not words:
        raise SettingError(
            f"got vectors='{path}' and no input of words, tokens or characters, expected one that"
            " could start from them. Leave vectors out."
        )
    found = read_word_vectors(path, {word for encoder in words.values() for word in encoder.known})
    rows = {
        encoding.tensor_names[name]: {
            i: found[word] for i, word in enumerate(e.known, e.first) if word in found
        }
        for name, e in words.items()
    }
    return {name: each for name, each in rows.items() if each}


def _network_spec(
    encoding: TableEncoder, train: Examples, known: Mapping[str, dict[int, Array]], *, linear: bool
) -> NetworkSpec:
    """Return the sizes of the network that the encoded rows ask for."""
    schema, names = encoding.schema, encoding.tensor_names
    sizes = encoding.sizes
    values = train.inputs["x"].flat.shape[-1] if "x" in train.inputs else 0
    mapped = linear and encoding.can_use_linear_branch
    longest = None if train.lengths is None else int(train.lengths.max())

    def beside(kind: type[Any]) -> dict[str, Any]:
        found = [made for made in encoding.step_features if isinstance(made.feature, kind)]
        return {names[made.key]: made.feature for made in found}

    return NetworkSpec(
        schema.shape,
        t=encoding.steps_in,
        u=encoding.steps_out,
        values=values,
        embedded={name: round_up_vocabulary(sizes[name]) for name in train.inputs if name in sizes},
        characters={name: (round_up_vocabulary(f.size), f.ids_per_step) for name, f in beside(CharacterEncoder).items()},
        vectors={name: len(next(iter(rows.values()))) for name, rows in known.items()},
        ngrams={name: (round_up_vocabulary(f.size), f.ids_per_step) for name, f in beside(NGramEncoder).items()},
        linear_numbers=mapped,
        minirocket=mapped and encoding.has_numeric_steps and minirocket.suit(values, longest),
        heads={names[c.name]: sizes[names[c.name]] for c in schema.outputs},
        ragged=encoding.ragged,
        pooled=encoding.pooled_outputs,
        tokens=encoding.generates_tokens,
        stops=encoding.needs_stop,
        labels=encoding.class_outputs,
    )


def fitted(trained: Trained, train: Examples, held: Examples, *, apart: bool = False) -> Trained:
    """Fit the network and its references on encoded rows.

    Args:
        trained: A network that is built.
        train: The rows to learn from.
        held: The rows that say when to stop.
        apart: Whether these are for that alone, and nothing else is to be learned from them.
    """
    weights = _class_weights(trained, train)
    parts = [
        replace(teacher_forced(part, trained.spec, trained.bundle), class_weights=weights)
        for part in (train, held)
    ]
    rows, others = (fit_linear_branch.recurrent(part, trained.spec) for part in parts)
    histories = fit.fit_each(trained.bundle.models_to_fit, rows, others, trained.training)
    trained = _kept(trained, histories)
    paths = bool(trained.bundle.linear_branches)
    with stage("linear map beside the network", shown=paths and trained.training.verbose):
        mixed = None
        with suppress(KeyboardInterrupt):  # the networks that are fitted are kept, as they are
            mixed = fit_linear_branch.fit_linear_branch(trained.bundle, trained.spec, *parts) if paths else None
        temperatures = _temperatures(trained, held)
        with suppress(KeyboardInterrupt):
            if mixed is not None and not apart:
                mixed.again()
    blocks = {**train.inputs, **train.targets}
    simple = baselines.fit_baselines(
        train,
        {
            name: size
            for name, size in trained.encoder.sizes.items()
            if name in blocks and blocks[name].is_integer
        },
        trained.encoder.category_inputs,
        aligned=trained.encoder.schema.shape == "aligned",
    )
    return replace(trained, baselines=tuple(simple), temperatures=temperatures)


def _temperatures(trained: Trained, held: Examples) -> dict[str, float]:
    """Return what divides the logits of each output that is a category."""
    encoding = trained.encoder
    ports = {
        c.name: encoding.tensor_names[c.name] for c in encoding.schema.outputs if c.kind == "category"
    }
    if not ports:
        return {}
    said = predict.predict_outputs(trained.model, held, list(trained.spec.heads))
    return {
        name: fit_temperature(np.asarray(said[port]), held.targets[port].flat)
        for name, port in ports.items()
    }


def _class_weights(trained: Trained, train: Examples) -> dict[str, Array]:
    """Return what rows of each class weigh, by output, where the settings ask for that.

    Raises:
        SettingError: No output is a category.
    """
    if trained.training.class_weight is None:
        return {}
    encoding = trained.encoder
    columns = [c.name for c in encoding.schema.outputs if c.kind == "category"]
    if not columns:
        raise SettingError(
            f"got class_weight='{trained.training.class_weight}' and no output that is a category,"
            " expected one whose classes could be weighted. Leave class_weight out."
        )
    ports = [encoding.tensor_names[name] for name in columns]
    return {name: balanced_class_weights(train.targets[name].flat, encoding.sizes[name]) for name in ports}


def _kept(trained: Trained, histories: tuple[History, ...]) -> Trained:
    """Return the model with what happened; networks that an interrupt left out are taken away."""
    settings = trained.training.model_copy(update={"seeds": len(histories)})
    made = trained.bundle
    if settings.seeds < trained.training.seeds:
        made = build_bundle(trained.spec, trained.network, seeds=settings.network_seeds)
        for kept, fitted in zip(made.models_to_fit, trained.bundle.models_to_fit, strict=False):
            kept.set_weights(fitted.get_weights())
    return replace(trained, training=settings, histories=histories, bundle=made)
