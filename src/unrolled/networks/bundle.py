"""The Keras models that one network consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unrolled.data.block import Array
    from unrolled.networks.linear_branch import LinearBranch
    from unrolled.program import Program


@dataclass(frozen=True)
class ModelBundle:
    """The models of a network: one for training, and others for its use; they share layers.

    Attributes:
        model: The inputs to the outputs. A decoder has one more input, `previous` (b u): the true
            outputs one step late (teacher forcing).
        encode: For a decoder, the inputs to the initial `states` and the `memory`; else None.
        step: For a decoder, one step: `previous` (b 1), `states` and `memory` to the outputs
            (b 1 o) and the new `states`; else None.
        attend: The inputs of `model` to attention weights: those of a decoder (b u t), or those of
            attention pooling (b t 1); None without attention.
        members: The networks of an ensemble, as each is trained; empty without an ensemble.
        recurrence: The network without its linear branch, as it is trained; None without a branch.
        linear_branches: For each network of the ensemble, the linear branch of each output.
    """

    model: Any
    encode: Any = None
    step: Any = None
    attend: Any = None
    members: tuple[Any, ...] = ()
    recurrence: Any = None
    linear_branches: tuple[Mapping[str, LinearBranch], ...] = ()

    @property
    def models_to_fit(self) -> tuple[Any, ...]:
        """The models to fit: the members of an ensemble, or the network, without linear branch."""
        return self.members or (self.model if self.recurrence is None else self.recurrence,)


class SavedBundle:
    """A saved network: it runs without Keras, which builds its models when they are asked for.

    Args:
        program: The network as operations, which run without Keras.
        weights: The weights by name.
        build: Builds the models and sets their weights.
    """

    def __init__(
        self,
        program: Program,
        weights: Mapping[str, Array],
        build: Callable[[], ModelBundle],
    ) -> None:
        self.program, self.weights, self._build = program, weights, build

    @cached_property
    def built(self) -> ModelBundle:
        """The models."""
        return self._build()

    @property
    def is_built(self) -> bool:
        """Whether the models have been built."""
        return "built" in self.__dict__
