"""A trained model by one step: steps and a state to outputs and the next state."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.runtime.streaming import StreamNetwork
from unrolled.runtime.streaming.step import Kept, State
from unrolled.sequences.streams.step_decoder import StepDecoder
from unrolled.sequences.streams.step_encoder import Step, StepEncoder
from unrolled.sequences.trained import Trained
from unrolled.shapes import FACTS


class StepModel:
    """A trained model as a function of one step and a state.

    Args:
        trained: The model, whose weights stay as they are now.

    Raises:
        SettingError: The model reads several steps at once; the message says what to train.
    """

    def __init__(self, trained: Trained) -> None:
        if FACTS[trained.spec.shape].inputs == "one":
            raise SettingError(
                f"The shape {trained.spec.shape} ({FACTS[trained.spec.shape].pattern}) has no input"
                " steps that a stream could read. Predict rows with `predict`."
            )
        if trained.runtime.step is not None:
            raise SettingError(
                "The network is a decoder, which writes its output once it has read the whole row:"
                " it cannot answer after each step. Predict whole rows with `predict`, or train"
                " with Network(architecture='repeat'), on the command line --architecture repeat."
            )
        self._trained = trained
        self._weights = trained.runtime.weights.arrays()
        self._encode, self._decode = StepEncoder(trained), StepDecoder(trained)
        self._network = StreamNetwork(
            trained.runtime.program.model, self._weights, self._encode.ends
        )

    def __call__(
        self, steps: Sequence[Step], state: State
    ) -> tuple[list[dict[str, Any]], dict[str, Array]]:
        """Return the outputs of b streams after one more step each, and their next state.

        Args:
            steps: The values of the columns, a step for each stream.
            state: The state before the step.

        Raises:
            DataError: A value is missing or cannot be read.
        """
        inputs, encoded = self._encode(steps, state)
        outputs, after = self._network(inputs, state)
        rows, decoded = self._decode(outputs, state)
        after.update(encoded)
        after.update(decoded)
        return rows, after

    @cached_property
    def keeps(self) -> dict[str, Kept]:
        """The arrays of a state by name."""
        return {**self._network.keeps, **self._encode.keeps, **self._decode.keeps}

    def begin(self, rows: int) -> dict[str, Array]:
        """Return the state of streams before their first step."""
        return {name: kept.array(rows) for name, kept in self.keeps.items()}

    @cached_property
    def fingerprint(self) -> Array:
        """The sha256 of the network, its weights and its encoders (32): two models differ."""
        sha = hashlib.sha256()
        graph = self._trained.runtime.program.model
        nodes = [
            [node.operation.name, node.operation.settings(), node.weights] for node in graph.nodes
        ]
        encoders = [e.to_dict() for e in self._trained.encoder.encoders.values()]
        sha.update(json.dumps([nodes, encoders], default=str).encode())
        for name, array in self._weights.items():
            sha.update(f"{name} {array.dtype} {array.shape} ".encode())
            sha.update(np.ascontiguousarray(array).tobytes())
        return np.frombuffer(sha.digest(), np.uint8)
