"""Every use of attributes of Keras that its documentation does not promise.

A new version of Keras may change them without notice. They are kept together here, and
`tests/test_keras_internals.py` checks that they exist and do what is written here.
"""

from __future__ import annotations

from typing import Any

CHECKED_ON = "3.15"  # the version of Keras that these attributes were checked on


def has_graph(model: Any) -> bool:
    """Return whether a model is functional: whether it has a graph of operations."""
    return hasattr(model, "_nodes_by_depth")


def functional_of(model: Any) -> Any:
    """Return the functional model that runs a sequential one; another model stays as it is."""
    return getattr(model, "_functional", None) or model


def runs_through_graph(model: Any) -> bool:
    """Return whether a model runs its graph, so that `clone_model` can rebuild it."""
    return hasattr(model, "_run_through_graph")


def nodes_by_depth(model: Any) -> dict[int, list[Any]]:
    """Return the nodes of a functional model; the inputs have the largest depth.

    A node has `operation`, `arguments`, `input_tensors`, `outputs` and `is_input`.
    """
    nodes: dict[int, list[Any]] = model._nodes_by_depth
    return nodes


def inputs_structure(model: Any) -> Any:
    """Return the input tensors of a functional model as they were given: one, a list or a dict."""
    return model._inputs_struct


def outputs_structure(model: Any) -> Any:
    """Return the output tensors of a functional model as they were given."""
    return model._outputs_struct


def operation_of(tensor: Any) -> Any:
    """Return the layer or operation that computes a symbolic tensor."""
    return tensor._keras_history.operation


def has_mask(tensor: Any) -> bool:
    """Return whether Keras passes a mask on beside a symbolic tensor."""
    return getattr(tensor, "_keras_mask", None) is not None


def nested_layers(layer: Any) -> list[Any]:
    """Return every layer inside a layer, at any depth."""
    return list(layer._flatten_layers(include_self=False))


def has_initial_state(layer: Any) -> list[bool]:
    """Return, for each call of a recurrent layer in a graph, whether it gives the first state."""
    arguments = [node.arguments for node in layer._inbound_nodes]
    return [len(a.args) > 1 or a.kwargs.get("initial_state") is not None for a in arguments]


def change_class(layer: Any, kind: type) -> None:
    """Make a layer an instance of another class with the same attributes, in place.

    `Layer.__setattr__` would take the class for something to track.
    """
    object.__setattr__(layer, "__class__", kind)


def sync_training_state(model: Any) -> None:
    """Write the state of a running JAX training loop back to the variables of the model.

    Within `fit` on JAX the variables are out of date; other backends need nothing.
    """
    if hasattr(model, "jax_state_sync"):
        model.jax_state_sync()
