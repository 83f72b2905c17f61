"""What the translation of every operation gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.errors import SettingError
from unrolled.export.nodes import Nodes
from unrolled.program import Node


@dataclass(frozen=True)
class Writing:
    """One operation of a program that is being written as ONNX.

    Attributes:
        nodes: The ONNX nodes so far.
        node: The operation with its inputs, outputs and weights.
        right_padded: Whether all padded steps come after all real ones, by the tensor of a mask.
    """

    nodes: Nodes
    node: Node
    right_padded: frozenset[str] = frozenset()

    @property
    def operation(self) -> Any:
        """The operation with its settings."""
        return self.node.operation

    @property
    def output(self) -> str:
        """The tensor that it computes, or the first one."""
        return self.node.outputs[0]

    @property
    def dtype(self) -> Any:
        """The type of the output."""
        return self.nodes.kinds[self.output].dtype

    def rank(self, place: int = 0) -> int:
        """Return the number of axes of an input."""
        return int(self.nodes.kinds[str(self.node.inputs[place])].ndim)

    def float_input(self, place: int = 0) -> str:
        """Return an input as float32."""
        return self.nodes.operand(self.node.inputs[place], np.float32)

    def optional(self, place: int) -> str | None:
        """Return the tensor of an optional input; None where it is left out."""
        inputs = self.node.inputs
        value = inputs[place] if place < len(inputs) else None
        return value if isinstance(value, str) else None

    def refuse(self, what: str) -> SettingError:
        """Return the error for something that ONNX does not have."""
        return SettingError(
            f"Cannot export: the layer '{self.node.name}' {what}. The model runs with unrolled and"
            " with Keras only."
        )
