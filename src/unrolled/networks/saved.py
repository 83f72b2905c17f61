"""The network of a saved model: as operations that run at once, and as Keras models on demand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from unrolled.data.special_ids import PREVIOUS, STOP
from unrolled.errors import ArtifactError
from unrolled.networks.architectures import architecture_of
from unrolled.networks.bundle import ModelBundle, SavedBundle
from unrolled.networks.model_builder import build_bundle
from unrolled.networks.spec import NetworkSpec
from unrolled.program import Program
from unrolled.program.operations import GRU, LSTM, Recurrence, SimpleRNN
from unrolled.saving import PROGRAM, RefusedError, SavedModel, reading, short_repr
from unrolled.settings import Network

CELLS: dict[type[Recurrence], str] = {LSTM: "lstm", GRU: "gru", SimpleRNN: "rnn"}


def load_network(
    saved: SavedModel, spec: NetworkSpec, network: Network, seeds: Sequence[int | None] = (None,)
) -> ModelBundle | SavedBundle:
    """Return the network of a saved model.

    Models of format 3 have a program beside the weights, which runs without Keras. Older ones do
    not, so that Keras builds theirs at once.

    Args:
        saved: The files.
        spec: The sizes of the network.
        network: Its settings.
        seeds: One for each network of an ensemble.

    Raises:
        RefusedError: The program or the weights are those of another network.
    """
    if PROGRAM not in saved.files.sizes:
        bundle = build_bundle(spec, network, seeds=seeds)
        saved.load_weights(bundle.model)
        return bundle
    with reading(PROGRAM):
        program = Program.from_dict(saved.read_json(PROGRAM))
        _check_settings(program, spec, network, saved.weight_shapes)
        _check_ends(program, spec, program.check(saved.weight_shapes))
    weights = saved.read_weights()
    build = partial(_build, spec, network, seeds, list(weights.values()))
    return SavedBundle(program, weights, build)


def _build(
    spec: NetworkSpec, network: Network, seeds: Sequence[int | None], weights: list[Any]
) -> ModelBundle:
    """Return the models with their weights."""
    bundle = build_bundle(spec, network, seeds=seeds)
    shapes = [tuple(weight.shape) for weight in bundle.model.weights]
    if shapes != [array.shape for array in weights]:
        raise ArtifactError(
            "The saved model is damaged: its weights are not those of the network that its manifest"
            " describes. Save it again."
        )
    bundle.model.set_weights(weights)
    return bundle


def _check_settings(
    program: Program,
    spec: NetworkSpec,
    network: Network,
    shapes: Mapping[str, tuple[int, ...]],
) -> None:
    """Refuse a program of another wiring, cell or number of units than the settings have."""
    if (program.step is not None) != architecture_of(spec.shape, network).autoregressive:
        raise RefusedError(f"the program is not that of the wiring '{network.architecture}'")
    for node in program.model.nodes:
        if isinstance(node.operation, Recurrence) and len(node.weights) > 1:
            cell, units = CELLS[type(node.operation)], shapes.get(node.weights[1], (0,))[0]
            if (cell, units) != (network.cell, network.units):
                raise RefusedError(
                    f"{short_repr(node.name)} is a '{cell}' of {units} units, but the network has"
                    f" '{network.cell}' of {network.units}"
                )


def _check_ends(program: Program, spec: NetworkSpec, results: Any) -> None:
    """Refuse a program whose inputs or outputs are not those of the network.

    Args:
        program: The program.
        spec: The sizes of the network.
        results: What `Program.check` returned.
    """
    expected = {name: ((None, *axes), kind) for name, (axes, kind) in spec.input_axes().items()}
    has_decoder = program.step is not None
    (o, *_) = spec.heads.values()
    if has_decoder:
        previous = ((None, None), "int32") if spec.tokens else ((None, None, o), "float32")
        expected[PREVIOUS] = previous
    for name, graph in (("model", program.model), ("encode", program.encode)):
        for tensor, info in () if graph is None else graph.inputs.items():
            if expected.get(tensor) != (info.shape, info.dtype):
                raise RefusedError(
                    f"'{name}' reads {short_repr(tensor)} of {info.dtype} {short_repr(info.shape)},"
                    " and the columns of the model have no such input"
                )
    sizes = dict(spec.heads) | ({STOP: 1} if spec.stops else {})
    for name in ("model", "step") if has_decoder else ("model",):
        outputs = {n: x for n, x in results[name].items() if not n.startswith("states.")}
        if {n: x.shape[-1] for n, x in outputs.items()} != sizes:
            raise RefusedError(f"the outputs of '{name}' are not those of the columns")
