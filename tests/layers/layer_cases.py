"""Shared by the layer tests: cases, pairs of layers with equal weights, outputs, gradients."""

from __future__ import annotations

import itertools
import random
from typing import Any

import keras
import numpy as np

from unrolled.layers import GRU, LSTM

B, T, F, H = 4, 7, 3, 5
BACKEND = keras.backend.backend()
TOLERANCE = {"rtol": 2e-5, "atol": 2e-6}
PAIRS = {"LSTM": (LSTM, keras.layers.LSTM), "GRU": (GRU, keras.layers.GRU)}


def covering(options: dict[str, tuple[Any, ...]], seed: int = 0) -> list[dict[str, Any]]:
    """Few cases among which every pair of values of two options occurs."""
    names = list(options)
    wanted = {
        ((a, x), (b, y))
        for a, b in itertools.combinations(names, 2)
        for x in options[a]
        for y in options[b]
    }
    draw, cases = random.Random(seed), []
    while wanted:
        trials = [{n: draw.choice(options[n]) for n in names} for _ in range(60)]
        gains = [wanted & set(itertools.combinations(t.items(), 2)) for t in trials]
        best = max(range(60), key=lambda i: len(gains[i]))
        if gains[best]:
            cases.append(trials[best])
            wanted -= gains[best]
    return cases


def masks(b: int = B, t: int = T) -> dict[str, Any]:
    """One mask of each kind, with rows of no step, one step and all steps among them."""
    lengths = np.array([t, 3, 0, 1][:b])
    right = np.arange(t) < lengths[:, None]
    holes = np.random.default_rng(1).random((b, t)) < 0.5
    holes[1] = False
    return {
        "none": None,
        "right": right,
        "left": right[:, ::-1].copy(),
        "holes": holes,
        "empty": np.zeros((b, t), bool),
    }


def twins(cell: str, f: int = F, **settings: Any) -> tuple[Any, Any]:
    """A fast and a stock layer with the same settings and the same random weights."""
    settings = {"units": H, **settings}
    fast, stock = (kind(**settings) for kind in PAIRS[cell])
    for layer in (fast, stock):
        layer.build((None, None, f))
    draw = np.random.default_rng(2)
    weights = [draw.normal(size=w.shape, scale=0.4) for w in stock.get_weights()]
    for layer in (fast, stock):
        layer.set_weights(weights)
    return fast, stock


def inputs(cell: str, b: int = B, t: int = T, f: int = F, h: int = H) -> tuple[Any, list[Any]]:
    """Inputs `b t f` and one initial state `b h` for each of the cell."""
    draw = np.random.default_rng(3)
    x = draw.normal(size=(b, t, f)).astype("float32")
    states = [draw.normal(size=(b, h)).astype("float32") for _ in PAIRS[cell][0](1).state_size]
    return x, states


def results(layer: Any, x: Any, states: Any = None, **call: Any) -> list[np.ndarray]:
    """Outputs, then the gradients of a weighted sum of them by x, the states and the weights."""
    outputs, gradients = {"jax": _on_jax, "torch": _on_torch, "tensorflow": _on_tensorflow}[
        BACKEND
    ](layer, x, states, call)
    return [array(v) for v in keras.tree.flatten([outputs, gradients]) if v is not None]


def array(tensor: Any) -> np.ndarray:
    """A tensor of any backend as a numpy array."""
    return np.asarray(keras.ops.convert_to_numpy(tensor))


def agree(got: list[np.ndarray], expected: list[np.ndarray], **tolerance: float) -> None:
    """Assert that two `results` are the same number of arrays with the same values."""
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, **{**TOLERANCE, **tolerance})


def _weighed(outputs: Any) -> Any:
    """Return a number to differentiate, in which every output has a different weight."""
    total = 0.0
    for output in keras.tree.flatten(outputs):
        size = int(np.prod(output.shape))
        weight = np.sin(np.arange(1, size + 1, dtype="float32")).reshape(output.shape)
        weight = keras.ops.convert_to_tensor(weight)
        total = total + keras.ops.sum(keras.ops.cast(output, "float32") * weight)
    return total


def _on_jax(layer: Any, x: Any, states: Any, call: Any) -> Any:
    import jax

    fixed = [v.value for v in layer.non_trainable_variables]
    still = {k: call[k] for k in call if k == "training"}  # a Python value, not an array
    arrays = {k: call[k] for k in call if k != "training"}

    def run(weights: Any, x: Any, states: Any, arrays: Any) -> Any:
        call = {**arrays, **still}
        outputs, _ = layer.stateless_call(weights, fixed, x, initial_state=states, **call)
        return _weighed(outputs), outputs

    weights = [v.value for v in layer.trainable_variables]
    step = jax.jit(jax.value_and_grad(run, argnums=(0, 1, 2), has_aux=True))
    (_, outputs), gradients = step(weights, x, states, arrays)
    return outputs, gradients


def _on_torch(layer: Any, x: Any, states: Any, call: Any) -> Any:
    import torch

    x = torch.tensor(x, requires_grad=True)
    states = None if states is None else [torch.tensor(s, requires_grad=True) for s in states]
    weights = [v.value for v in layer.trainable_variables]
    outputs = layer(x, initial_state=states, **call)
    leaves = [*weights, x, *(states or [])]
    gradients = torch.autograd.grad(_weighed(outputs), leaves, allow_unused=True)
    filled = [torch.zeros_like(v) if g is None else g for v, g in zip(leaves, gradients)]  # noqa: B905
    return [v.detach() for v in keras.tree.flatten(outputs)], filled


def _on_tensorflow(layer: Any, x: Any, states: Any, call: Any) -> Any:
    import tensorflow as tf

    x = tf.constant(x)
    states = None if states is None else [tf.constant(s) for s in states]
    leaves = [*[v.value for v in layer.trainable_variables], x, *(states or [])]
    with tf.GradientTape() as tape:
        tape.watch(leaves)
        outputs = layer(x, initial_state=states, **call)
        total = _weighed(outputs)
    return outputs, tape.gradient(total, leaves, unconnected_gradients="zero")
