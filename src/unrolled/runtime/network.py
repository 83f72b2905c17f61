"""A network at work: its graphs as functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from unrolled.networks import ModelBundle, NetworkSpec, SavedBundle
from unrolled.program import Graph, Program
from unrolled.runtime.runner import Runner
from unrolled.runtime.weights import KerasWeights, SavedWeights, Weights


class NetworkRuntime:
    """The functions of a network.

    Args:
        program: The network.
        weights: Its weights.
    """

    def __init__(self, program: Program, weights: Weights) -> None:
        self.program, self.weights = program, weights

    @classmethod
    def of_bundle(cls, bundle: ModelBundle | SavedBundle, outputs: list[str]) -> NetworkRuntime:
        """Return the functions of Keras models, with the weights that these have at each call.

        Args:
            bundle: The models.
            outputs: The names of the outputs.
        """
        if isinstance(bundle, SavedBundle):
            return cls(bundle.program, SavedWeights(bundle))
        from unrolled.program import from_keras

        names = from_keras.weight_names(bundle.model)
        program = from_keras.of(bundle, names, outputs)
        return cls(program, KerasWeights(list(names.values()), bundle.model.weights))

    @cached_property
    def model(self) -> Runner:
        """The inputs to the outputs."""
        return Runner(self.program.model, self.weights)

    @cached_property
    def encode(self) -> Runner | None:
        """Of a decoder, the inputs to the first states and the memory; else None."""
        return self._runner(self.program.encode)

    @cached_property
    def step(self) -> Runner | None:
        """Of a decoder, one step; else None."""
        return self._runner(self.program.step)

    @cached_property
    def attend(self) -> Runner | None:
        """The inputs to the attention weights; None without attention."""
        return self._runner(self.program.attend)

    @property
    def weight_count(self) -> int:
        """The number of weights."""
        return sum(array.size for array in self.weights.arrays().values())

    def _runner(self, graph: Graph | None) -> Runner | None:
        return None if graph is None else Runner(graph, self.weights)


@dataclass(frozen=True)
class TrainedNetwork:
    """The network of a trained model.

    Attributes:
        spec: The sizes of the network's inputs and outputs.
        bundle: The `keras.Model`; with a decoder, also the models that run it step by step.
    """

    spec: NetworkSpec
    bundle: ModelBundle | SavedBundle

    @cached_property
    def runtime(self) -> NetworkRuntime:
        """The network as functions of NumPy arrays, which need no Keras."""
        return NetworkRuntime.of_bundle(self.bundle, list(self.spec.heads))

    @property
    def models(self) -> ModelBundle:
        """The Keras models; those of a saved model are built now."""
        return self.bundle.built if isinstance(self.bundle, SavedBundle) else self.bundle

    @property
    def model(self) -> Any:
        """The `keras.Model`."""
        return self.models.model


def runner_of(model: Any, outputs: list[str]) -> Runner:
    """Return a `keras.Model` as a function of arrays, with the weights that it has at each call.

    Args:
        model: A functional model of layers that a program has.
        outputs: The names of its outputs where they are not in a dict.
    """
    from unrolled.program import from_keras

    names = from_keras.weight_names(model)
    graph = from_keras.of_model(model, names, outputs)
    return Runner(graph, KerasWeights(list(names.values()), model.weights))
