"""A trained model: everything that a prediction needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unrolled.baselines import Baseline
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.networks import ModelBundle, NetworkSpec
from unrolled.settings import Network, Training
from unrolled.training.history import History


@dataclass(frozen=True)
class Trained:
    """A trained model: everything that a prediction needs.

    Attributes:
        encoder: The schema with its fitted encoders.
        spec: The network's sizes.
        network: The network's settings, every one of them given.
        training: How it was fitted.
        histories: What happened meanwhile, for each network; none before the training.
        references: What it is scored beside, fitted on the same rows.
        bundle: The `keras.Model` itself, and for a chained decoder those that run it by steps.
        temperatures: By output that is a category, what divides its logits for probabilities.
        data: The fingerprint of the rows that it was fitted on.
    """

    encoder: TableEncoder
    spec: NetworkSpec
    network: Network
    training: Training
    histories: tuple[History, ...]
    baselines: tuple[Baseline, ...]
    bundle: ModelBundle
    temperatures: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def model(self) -> Any:
        """The `keras.Model` itself."""
        return self.bundle.model
