"""A trained model: everything that a prediction needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unrolled.baselines import Baseline
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.layouts.arrange import Layout
from unrolled.runtime.network import TrainedNetwork
from unrolled.settings import Network, Training
from unrolled.training.history import History


@dataclass(frozen=True)
class Trained(TrainedNetwork):
    """A trained model: its network, and everything else that a prediction needs.

    Attributes:
        encoder: The schema, with a fitted encoder for each column.
        network: The settings of the network, with every default filled in.
        training: The settings of the training, with every default filled in.
        histories: How training each network went; empty until the training ends.
        baselines: The simple models that its scores are compared with, fitted on the same rows.
        temperatures: By output that is a category, the number that divides its logits before they
            become probabilities.
        branch_weights: The `BranchWeights` of each output and network; empty where
            there is no linear branch, and in a model that was loaded.
        data: The fingerprint of the rows that it was fitted on, and the number of training rows.
        layout: How examples stand in its tables; None where each row is one.
    """

    encoder: TableEncoder
    network: Network
    training: Training
    histories: tuple[History, ...]
    baselines: tuple[Baseline, ...]
    temperatures: Mapping[str, float] = field(default_factory=dict)
    branch_weights: Sequence[Any] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    layout: Layout | None = None

    @property
    def history(self) -> History | None:
        """How training the (first) network went; None until it ends."""
        return next(iter(self.histories), None)
