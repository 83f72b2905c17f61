"""The Keras models that one network consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unrolled.networks.linear_branch import LinearBranch


@dataclass(frozen=True)
class ModelBundle:
    """A network as it is trained, and for a chained decoder as it is used; they share layers.

    Attributes:
        model: The inputs to the outputs; for a decoder with `previous` (b u), teacher forcing.
        encode: The inputs to the initial `states` and the `memory`; None without a decoder.
        step: `previous` (b 1), `states` and `memory` to the outputs (b 1 o) and new `states`.
        attend: As `model`, but to the attention weights (b u t), or those by which a row is pooled
            (b t 1); None without attention.
        members: Where `model` averages several networks: each as it is trained.
        recurrence: Where a linear map adds to what the recurrence says: the network without it, as
            it is trained; None elsewhere.
        linear_branches: Of each network, by output, the layers of the linear map and of what it adds to.
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
        """The models to fit: the members, or the one, without the linear map beside it."""
        return self.members or (self.model if self.recurrence is None else self.recurrence,)
