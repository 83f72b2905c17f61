"""Activations as ONNX operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unrolled.export.nodes import Nodes

# The operator, and its attributes, of each activation that one operator computes.
OPERATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "elu": ("Elu", {"alpha": 1.0}),
    "selu": ("Selu", {"alpha": 1.67326324, "gamma": 1.05070098}),
    "exponential": ("Exp", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "tanh": ("Tanh", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "linear": ("Identity", {}),
}


def activate(nodes: Nodes, name: str, tensor: str, output: str = "") -> str:
    """Return an activation of a tensor, by its name in Keras."""
    if name == "relu6":
        return nodes.add("Clip", tensor, nodes.constant(0.0), nodes.constant(6.0), output=output)
    if name == "silu":
        return nodes.add("Mul", tensor, nodes.add("Sigmoid", tensor), output=output)
    kind, options = OPERATORS[name]
    return nodes.add(kind, tensor, output=output, **options)


def with_activation(nodes: Nodes, name: str, output: str, compute: Callable[[str], str]) -> str:
    """Return an activation of what `compute` computes into the tensor whose name it gets."""
    if name == "linear":
        return compute(output)
    return activate(nodes, name, compute(""), output)
