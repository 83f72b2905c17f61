"""Each operation against the layer or function of Keras that it comes from."""

from itertools import product
from typing import get_args

import numpy as np
import pytest
from compare import assert_close

from unrolled.backend import keras
from unrolled.errors import ShapeError
from unrolled.program import operations as op
from unrolled.program.operations.activations import Activation
from unrolled.program.operations.joining import BINARY
from unrolled.program.operations.unary import REDUCTIONS, UNARY

layers, ops = keras.layers, keras.ops
T, F, OUT = 6, 3, 4


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def mask(b=2, t=T):
    return np.arange(t) < np.array([t, 1, 3, 2])[:b, None]


def check(operation, layer, x, *others):
    """Compare one layer of Keras, with random weights, and one operation.

    Args:
        operation: The operation.
        layer: The layer.
        x: Its input.
        others: Further inputs of the operation.
    """
    if not layer.built:
        layer.build(x.shape)
    for seed, v in enumerate(layer.weights):
        v.assign(numbers(*v.shape, seed=seed + 5))
    weights = [np.asarray(v.value) for v in layer.weights]
    (found,) = operation([x, *others], weights)
    assert_close(found, layer(x))
    (without_rows,) = operation([x[:0], *others], weights)
    assert without_rows.shape == (0, *found.shape[1:])
    assert without_rows.dtype == found.dtype


@pytest.mark.parametrize("name", get_args(Activation))
def test_activations(name):
    x = np.concatenate([numbers(4, 5) * 3, [[-200, -1, 0, 1, 80]]]).astype("float32")
    assert_close(op.Activate(name)([x], [])[0], keras.activations.get(name)(x))


@pytest.mark.parametrize("shape", [(2, F), (2, T, F), (2, 1, T, F), (1, 1, F)])
def test_dense(shape):
    check(op.Dense("tanh"), layers.Dense(OUT, activation="tanh"), numbers(*shape))
    check(op.Dense(), layers.Dense(OUT, use_bias=False), numbers(*shape))


EQUATIONS = {
    "btf,fo->bto": (T, OUT),
    "btf,tfo->bo": (OUT,),
    "btf,fo->bot": (OUT, T),
    "...f,fo->...o": (OUT,),
}


@pytest.mark.parametrize(("equation", "shape"), EQUATIONS.items())
def test_einsum_dense(equation, shape):
    layer = layers.EinsumDense(equation, output_shape=shape, bias_axes="o")
    check(op.EinsumDense(equation), layer, numbers(2, T, F))


def test_embedding():
    ids = np.random.default_rng(0).integers(0, 9, (2, T)).astype("int32")
    check(op.Embedding(), layers.Embedding(9, F), ids)
    check(op.Embedding(), layers.Embedding(9, F), ids.astype("float32"))


@pytest.mark.representatives(6)
@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize(("dilation", "stride"), [(1, 1), (2, 1), (3, 1), (1, 2), (1, 3)])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_conv1d_along_steps(padding, dilation, stride, k):
    layer = layers.Conv1D(
        OUT, k, padding=padding, dilation_rate=dilation, strides=stride, activation="relu"
    )
    operation = op.Conv1D(padding, dilation, stride, "relu")
    for t in (T + 3, T + 4):
        check(operation, layer, numbers(2, t, F))


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("dilation", "stride"), [(1, 1), (2, 1), (1, 2)])
def test_conv2d_along_one_axis(padding, dilation, stride):
    layer = layers.Conv2D(
        OUT,
        (1, 3),
        padding=padding,
        dilation_rate=(1, dilation),
        strides=(1, stride),
        use_bias=False,
    )
    check(op.Conv1D(padding, dilation, stride), layer, numbers(2, 3, T + 2, F))


@pytest.mark.parametrize("query_mask", [None, mask()], ids=["", "queries masked"])
@pytest.mark.parametrize("value_mask", [None, mask(t=5)], ids=["", "values masked"])
@pytest.mark.parametrize("keys", [True, False])
def test_attention(query_mask, value_mask, keys):
    queries, values, key = numbers(2, T, F), numbers(2, 5, F, seed=1), numbers(2, 5, F, seed=2)
    tensors = [queries, values, key] if keys else [queries, values]
    layer = layers.Attention()
    stated = None if query_mask is None and value_mask is None else [query_mask, value_mask]
    expected = layer(tensors, mask=stated, return_attention_scores=True)
    inputs = [queries, values, tensors[-1], query_mask, value_mask]
    for x, y in zip(op.Attention()(inputs, []), expected, strict=True):
        assert_close(x, y)


def test_hypotheses_of_a_row_attend_to_the_same_values():
    queries, values, keys = numbers(6, 2, 3), numbers(2, 4, 5), numbers(2, 4, 3, seed=1)
    value_mask = np.arange(4) < np.array([[4], [2]])
    shared = op.Attention()([queries, values, keys, None, value_mask], [])
    v, k, m = (np.repeat(x, 3, axis=0) for x in (values, keys, value_mask))
    for found, y in zip(shared, op.Attention()([queries, v, k, None, m], []), strict=True):
        assert_close(found, y)
    with pytest.raises(ValueError, match="reshape"):
        op.Attention()([queries[:5], values, keys, None, value_mask], [])


def test_attention_where_no_step_counts():
    none = np.zeros((2, T), bool)
    x = numbers(2, T, F)
    expected = layers.Attention()([x, x], mask=[None, none], return_attention_scores=True)
    for found, y in zip(op.Attention()([x, x, x, None, none], []), expected, strict=True):
        assert_close(found, y)


@pytest.mark.parametrize("axis", [1, 2, -1])
@pytest.mark.parametrize("masked", [True, False])
def test_softmax(axis, masked):
    x = numbers(2, T, F) * 5
    allowed = numbers(2, T, F, seed=1) > 0 if masked else None
    expected = layers.Softmax(axis)(x, mask=allowed)
    assert_close(op.Softmax(axis)([x, allowed], [])[0], expected)


@pytest.mark.parametrize("axes", [(1, 1), (2, 2), (1, 2), (2, 1)])
def test_dot(axes):
    x, z = numbers(2, 4, 4), numbers(2, 4, 4, seed=1)
    assert_close(op.Dot(axes)([x, z], [])[0], layers.Dot(axes)([x, z]))


def test_joins():
    x, z = numbers(2, T, F), numbers(2, T, F, seed=1)
    assert_close(op.Average()([x, z, x], [])[0], layers.Average()([x, z, x]))
    for axis in (1, 2, -1, -2):
        assert_close(op.Concatenate(axis)([x, z], [])[0], layers.Concatenate(axis)([x, z]))
    for equation in ("btf,bsf->bts", "btf,btf->b", "btf,btf->bft"):
        assert_close(op.Einsum(equation)([x, z], [])[0], ops.einsum(equation, x, z))


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_tensors(name):
    x, z = numbers(2, T, F), np.roll(numbers(2, T, F), 1)
    z[0] = x[0]
    if name.startswith("logical"):
        x, z = x > 0, z > 0
    operation, function = op.Elementwise(name), getattr(ops, name)
    assert_close(operation([x, z], [])[0], function(x, z))
    if not name.startswith("logical"):
        assert_close(operation([x, 0.5], [])[0], function(x, 0.5))
        assert_close(operation([2, x], [])[0], function(2, x))
        ids = np.arange(6, dtype="int32").reshape(2, 3)
        assert_close(operation([ids, x[:, 0]], [])[0], function(ids, x[:, 0]))
    if name in ("add", "multiply", "maximum", "greater"):
        assert_close(operation([ids, 2], [])[0], function(ids, 2))


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name):
    x = np.abs(numbers(2, T)) + 0.1
    x = x > 0.5 if name.startswith("logical") else x
    assert_close(op.Function(name)([x], [])[0], getattr(ops, name)(x))


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize(
    ("axes", "keep"), list(product([(1,), (2,), (-1,), (1, 2), (-2, -1)], [True, False]))
)
def test_reductions(name, axes, keep):
    x = numbers(2, T, F)
    function = getattr(ops, name)
    for y in (x > 0, x) if name in ("any", "all", "sum") else (x,):
        assert_close(op.Reduce(name, axes, keep)([y], [])[0], function(y, axes, keepdims=keep))
    if name in ("sum", "mean"):
        ids = np.arange(12, dtype="int32").reshape(2, 2, 3)
        assert_close(op.Reduce(name, axes, keep)([ids], [])[0], function(ids, axes, keepdims=keep))


def test_other_functions():
    x = numbers(2, T, F)
    positive = x > 0
    assert_close(op.Where()([positive, x, 0.0], [])[0], ops.where(positive, x, 0.0))
    assert_close(op.Where()([positive, 1, x], [])[0], ops.where(positive, 1, x))
    assert_close(op.Clip(-0.5, 1)([x], [])[0], ops.clip(x, -0.5, 1))
    assert_close(op.Scale(2, 0.5)([x], [])[0], layers.Rescaling(2, 0.5)(x))
    for dtype in ("float32", "int32", "bool"):
        assert_close(op.Cast(dtype)([x], [])[0], ops.cast(x, dtype))
        assert_close(op.Cast(dtype)([positive], [])[0], ops.cast(positive, dtype))
    scaled = op.Scale()([x], [numbers(F), numbers(F, seed=1)])[0]
    assert_close(scaled, x * numbers(F) + numbers(F, seed=1))


def test_layer_normalization():
    check(op.LayerNormalization(), layers.LayerNormalization(), numbers(2, T, F) * 3 + 1)
    layer = layers.LayerNormalization(epsilon=1e-5)
    check(op.LayerNormalization(1e-5), layer, numbers(2, F))


@pytest.mark.parametrize("t", [1, T])
def test_pooling(t):
    x = numbers(2, t, F)
    check(op.GlobalMaxPooling(), layers.GlobalMaxPooling1D(), x)
    check(op.GlobalAveragePooling(), layers.GlobalAveragePooling1D(), x, None)
    real = mask(t=t)
    expected = layers.GlobalAveragePooling1D()(x, mask=real)
    assert_close(op.GlobalAveragePooling()([x, real], [])[0], expected)


def test_the_mean_of_a_row_without_steps_is_that_of_keras():
    x, none = numbers(2, T, F), np.zeros((2, T), bool)
    expected = layers.GlobalAveragePooling1D()(x, mask=none)
    assert_close(op.GlobalAveragePooling()([x, none], [])[0], expected)


def test_changes_of_axes():
    x = numbers(2, T, F)
    check(op.Flatten(), layers.Flatten(), x)
    check(op.RepeatVector(4), layers.RepeatVector(4), numbers(2, F))
    check(op.ZeroPadding(1, 2), layers.ZeroPadding1D((1, 2)), x)
    check(op.Permute((2, 1)), layers.Permute((2, 1)), x)
    for shape in ((2, 9), (-1, 2), (3, -1), (T * F,)):
        check(op.Reshape(shape), layers.Reshape(shape), x)
    for axis in (1, 2, -1, 3):
        assert_close(op.ExpandDims(axis)([x], [])[0], ops.expand_dims(x, axis))
    assert_close(op.Reverse()([x], [])[0], ops.flip(x, 1))


WHOLE = (None, None, None, None)
SLICES = [
    ((WHOLE, (1, 3, None, None)), np.s_[:, 1:3]),
    ((WHOLE, (-2, None, None, None)), np.s_[:, -2:]),
    ((WHOLE, (None, None, -1, None), (0, 1, None, None)), np.s_[:, ::-1, 0:1]),
    ((WHOLE, (None, None, None, -1)), np.s_[:, -1]),
    ((WHOLE, WHOLE, (None, None, None, 0)), np.s_[:, :, 0]),
    ((WHOLE, (None, 0, None, None)), np.s_[:, :0]),
    ((WHOLE, (None, 99, 2, None)), np.s_[:, :99:2]),
]


@pytest.mark.parametrize(("axes", "index"), SLICES)
def test_slices(axes, index):
    x = numbers(2, T, F)
    assert_close(op.Slice(axes)([x], [])[0], keras.ops.convert_to_tensor(x)[index])


x3, x2 = np.zeros((0, T, F), "float32"), np.zeros((0, F), "float32")
REFUSED = {
    "softmax over the batch": (op.Softmax(0), [x3, None]),
    "softmax over the batch, from behind": (op.Softmax(-3), [x3, None]),
    "softmax of rows of one number": (op.Activate("softmax"), [np.zeros(0, "float32")]),
    "softmax with a mask of another shape": (op.Softmax(), [x3, np.zeros((0, T, 2), bool)]),
    "join along the batch": (op.Concatenate(0), [x3, x3]),
    "join along the batch, from behind": (op.Concatenate(-3), [x3, x3]),
    "sum of steps and rows": (op.Elementwise("add"), [x3, x2]),
    "sum of numbers alone": (op.Elementwise("add"), [1, 2]),
    "choice of steps and rows": (op.Where(), [x3, x2, 0]),
    "mean of steps and rows": (op.Average(), [x3, x2]),
    "sum over the batch": (op.Reduce("sum", (0,)), [x3]),
    "sum over the batch, from behind": (op.Reduce("sum", (1, -3)), [x3]),
    "sum over an axis that is not there": (op.Reduce("sum", (3,)), [x3]),
    "dot over the batch": (op.Dot((0, 1)), [x3, x3]),
    "einsum over the batch": (op.Einsum("btf,btf->tf"), [x3, x3]),
    "einsum of every row with every row": (op.Einsum("bf,cf->bc"), [x2, x2]),
    "einsum without an arrow": (op.Einsum("bf,bf"), [x2, x2]),
    "einsum of the batch twice": (op.Einsum("bb,bf->bf"), [x2, x2]),
    "einsum of an ellipsis in the middle": (op.Einsum("b...f,b...f->b..."), [x3, x3]),
    "einsum of a long text": (op.Einsum("b" * 50 + "->b"), [x2]),
    "a new axis before the batch": (op.ExpandDims(-4), [x3]),
    "permutation with the batch": (op.Permute((1, 0)), [x3]),
    "slice of the batch": (op.Slice(((0, 1, None, None),)), [x3]),
    "a place that is not there": (op.Slice((WHOLE, (None, None, None, T))), [x3]),
    "filters along the batch": (op.Conv1D(), [x2], [np.zeros((1, F, OUT), "float32")]),
    "filters without taps": (op.Conv1D(), [x3], [np.zeros((0, F, OUT), "float32")]),
    "a dilation of nothing": (op.Conv1D(dilation=0), [x3], [np.zeros((1, F, OUT), "float32")]),
    "attention of rows": (op.Attention(), [x2, x3, x3, None, None]),
    "attention with another mask": (op.Attention(), [x3, x3, x3, None, np.zeros((0, 1), bool)]),
    "pooling of rows": (op.GlobalMaxPooling(), [x2]),
    "pooling with another mask": (op.GlobalAveragePooling(), [x3, np.zeros((0, 1), bool)]),
    "repeated steps": (op.RepeatVector(2), [x3]),
    "too many steps": (op.RepeatVector(1 << 25), [x2]),
    "steps below zero": (op.ZeroPadding(-1, 0), [x3]),
    "a shape of another size": (op.Reshape((5,)), [x3]),
    "normalization by other weights": (
        op.LayerNormalization(),
        [x3],
        [np.zeros(1, "float32"), np.zeros(1, "float32")],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_mix_rows_or_does_not_fit_is_refused(case):
    operation, inputs, *weights = REFUSED[case]
    with pytest.raises((ShapeError, ValueError)):
        operation(inputs, weights[0] if weights else [])


def test_every_operation_is_in_the_list():
    kinds = {getattr(op, name) for name in op.__all__ if name != "OPERATIONS"}
    assert set(op.OPERATIONS.values()) == kinds - {op.Operation, op.Recurrence}
    assert all(kind.__name__ == name for name, kind in op.OPERATIONS.items())
