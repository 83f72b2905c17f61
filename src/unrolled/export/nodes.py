"""The nodes and constants of an ONNX graph while it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.export.extra import require

OPSET = 13  # the lowest one in which Softmax and LogSoftmax run along any axis
Operand = str | float | int | None


class Nodes:
    """The nodes so far. Every method adds nodes and returns the name of the tensor they compute.

    Args:
        kinds: By tensor, an array without rows that has its type and its number of axes.
        weights: The weights by name.
    """

    def __init__(self, kinds: Mapping[str, Array], weights: Mapping[str, Array]) -> None:
        self.kinds, self._weights = dict(kinds), weights
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.layer, self.doc = "", ""  # of the operation that is being written
        self._used: set[str] = set(self.kinds)
        self._node_names: set[str] = set()

    def begin(self, layer: str, doc: str) -> None:
        """Name the operation that the next nodes belong to, and say what it reads and computes."""
        self.layer, self.doc = layer, doc

    def add(
        self, kind: str, *inputs: str, output: str = "", outputs: Sequence[str] = (), **options: Any
    ) -> str:
        """Add one ONNX operator.

        Args:
            kind: Its name in ONNX.
            inputs: The tensors that it reads; an empty name leaves an optional one out.
            output: The tensor that it computes; an empty name makes a new one.
            outputs: The tensors, where it computes several.
            options: Its attributes.
        """
        names = list(outputs) or [output or self.new(kind.lower())]
        self._used.update(names)
        node = require("onnx.helper").make_node(
            kind, list(inputs), names, name=self._node_name(kind), doc_string=self.doc, **options
        )
        self.nodes.append(node)
        return names[0]

    def new(self, part: str) -> str:
        """Return an unused name for a tensor of the operation that is being written."""
        name, count = f"{self.layer}/{part}", 1
        while name in self._used:
            count += 1
            name = f"{self.layer}/{part}_{count}"
        self._used.add(name)
        return name

    def _node_name(self, kind: str) -> str:
        """Return an unused name for a node: that of the layer and the operator."""
        name, count = f"{self.layer}/{kind}", 1
        while name in self._node_names:
            count += 1
            name = f"{self.layer}/{kind}_{count}"
        self._node_names.add(name)
        return name

    def constant(self, value: Any, dtype: Any = "float32") -> str:
        """Return the tensor of a constant; equal ones are written once."""
        array = np.asarray(value, dtype)
        name = f"constant/{array.dtype}{list(array.shape)}{array.ravel().tolist()}"
        if array.size > 8:
            return self.stored(self.new("constant"), array)
        return self.stored(name.replace(" ", ""), array)

    def integers(self, *values: int) -> str:
        """Return the tensor of a list of whole numbers, such as axes."""
        return self.constant(values, "int64")

    def weight(self, name: str, change: Any = None, part: str = "") -> str:
        """Return the tensor of a weight of the network.

        Args:
            name: Its name.
            change: A function of the array, where ONNX has another order of axes or gates.
            part: The name of what the function returns.
        """
        array = self._weights[name]
        return self.stored(f"{name}/{part}" if part else name, change(array) if change else array)

    def array(self, name: str) -> Array:
        """Return the array of a weight."""
        return self._weights[name]

    def stored(self, name: str, array: Array) -> str:
        """Store an array in the file under a name, once."""
        if name not in self.constants:
            numpy_helper = require("onnx.numpy_helper")
            self.constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
            self._used.add(name)
        return name

    def as_type(self, tensor: str, dtype: Any, present: Any) -> str:
        """Return a tensor of the type `present` as one of `dtype`."""
        wanted = np.dtype(dtype)
        if np.dtype(present) == wanted:
            return tensor
        return self.add("Cast", tensor, to=onnx_type(wanted))

    def operand(self, value: Operand, dtype: Any) -> str:
        """Return an input of an operation as a tensor of a type: numbers become constants."""
        if isinstance(value, str):
            return self.as_type(value, dtype, self.kinds[value].dtype)
        return self.constant(value, dtype)

    def transpose(self, tensor: str, *order: int, output: str = "") -> str:
        """Return a tensor with its axes in another order."""
        return self.add("Transpose", tensor, perm=order, output=output)

    def unsqueeze(self, tensor: str, *axes: int) -> str:
        """Return a tensor with new axes of one element."""
        return self.add("Unsqueeze", tensor, self.integers(*axes))

    def size(self, tensor: str, axis: int) -> str:
        """Return the size of one axis of a tensor, int64 (1)."""
        shape = self.add("Shape", tensor)
        return self.add("Gather", shape, self.integers(axis), axis=0)


def onnx_type(dtype: Any) -> int:
    """Return the number that ONNX gives to a type of NumPy."""
    return int(require("onnx.helper").np_dtype_to_tensor_dtype(np.dtype(dtype)))
