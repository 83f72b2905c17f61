"""The walk along a graph of Keras: the operations so far, and the names of their tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unrolled.errors import SettingError
from unrolled.keras_internals import has_mask
from unrolled.program.graph import Node, Operand
from unrolled.program.operations import Operation


class Walk:
    """The nodes so far, and the names of tensors and of the masks that belong to them."""

    def __init__(self, weights: Mapping[int, str]) -> None:
        self.weights = weights
        self.nodes: list[Node] = []
        self.names: dict[int, Operand] = {}
        self.masks: dict[int, Operand] = {}
        self.used: set[str] = set()

    def put(
        self,
        layer: Any,
        operation: Operation,
        inputs: Sequence[Operand],
        variables: Sequence[Any] = (),
        *,
        outputs: int = 1,
        part: str = "",
    ) -> list[str]:
        """Add one operation and return the names of its outputs.

        Args:
            layer: The layer of Keras that it comes from.
            operation: The operation.
            inputs: What it reads.
            variables: The weights that it reads, as variables of Keras.
            outputs: The number of tensors that it computes.
            part: Which part of the layer it is, if there are several.
        """
        name = self._unused(f"{layer.name}.{part}" if part else layer.name)
        tensors = [name, *(f"{name}:{i}" for i in range(1, outputs))]
        self.used.update(tensors)
        weights = tuple(self.weights[id(v)] for v in variables)
        self.nodes.append(Node(name, operation, tuple(inputs), tuple(tensors), weights))
        return tensors

    def _unused(self, name: str) -> str:
        candidates = (name, *(f"{name}~{i}" for i in range(2, len(self.used) + 3)))
        return next(n for n in candidates if n not in self.used)


class Call:
    """One call of a layer in a graph of Keras: what it reads, and where its outputs go."""

    def __init__(self, walk: Walk, node: Any) -> None:
        self.walk, self.node = walk, node
        self.args, self.kwargs = node.arguments.args, node.arguments.kwargs

    def name(self, value: Any) -> Operand:
        """Return the name of a tensor; a number or None stays as it is."""
        if value is None or isinstance(value, (bool, int, float)):
            return float(value) if isinstance(value, bool) else value
        if id(value) in self.walk.names:
            return self.walk.names[id(value)]
        raise SettingError(
            f"The layer '{self.node.operation.name}' reads the constant"
            f" {type(value).__name__}, and a program reads tensors and numbers only."
        )

    @property
    def x(self) -> Operand:
        """The first tensor that it reads."""
        return self.name(self.tensors[0])

    @property
    def tensors(self) -> list[Any]:
        """The tensors of its first argument."""
        first = self.args[0]
        return list(first) if isinstance(first, (list, tuple)) else [first]

    @property
    def rank(self) -> int:
        """The number of axes of the first tensor, with the batch."""
        return len(self.tensors[0].shape)

    def mask_of(self, tensor: Any) -> Operand:
        """Return the mask that Keras passes on beside a tensor; None without one."""
        return self.walk.masks.get(id(tensor))

    @property
    def mask(self) -> Operand:
        """The mask of the first tensor: the argument, or the one that Keras passes on."""
        stated = self.kwargs.get("mask")
        return self.mask_of(self.tensors[0]) if stated is None else self.name(stated)

    def put(self, operation: Operation, *inputs: Operand, **options: Any) -> str:
        """Add an operation with one output and return its name."""
        return self.walk.put(self.node.operation, operation, inputs, **options)[0]

    def done(self, *names: Operand, mask: Operand = None) -> None:
        """Bind the outputs of the call to tensors; the mask belongs to the first.

        Raises:
            SettingError: Keras passes a mask on here, and the translation of the layer does not.
        """
        for tensor, name in zip(self.node.outputs, names, strict=True):
            self.walk.names[id(tensor)] = name
        if has_mask(self.node.outputs[0]):
            if mask is None:
                raise self.refuse("passes on a mask that it computes")
            self.walk.masks[id(self.node.outputs[0])] = mask

    def alone(self, operation: Operation, *inputs: Operand, weights: Any = ()) -> None:
        """Add an operation whose output is that of the call, and pass the mask on."""
        self.done(self.put(operation, *inputs, variables=weights), mask=self.mask)

    def refuse(self, what: str) -> SettingError:
        """Return the error for a layer that a program does not have."""
        layer = self.node.operation
        return SettingError(
            f"The layer '{layer.name}' ({type(layer).__name__}) {what}, and a program has no"
            f" operation for that."
        )
