"""How each layer and function of Keras becomes operations of a program."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from unrolled.backend import keras
from unrolled.program import operations as op
from unrolled.program.from_recurrent import activation_name, bidirectional, recurrence
from unrolled.program.walk import Call

Translation = Callable[[Any, Call], None]


def translate(layer: Any, call: Call) -> None:
    """Add the operations of one call of a layer.

    Raises:
        SettingError: A program has no operation for the layer.
    """
    known = LAYERS if isinstance(layer, keras.Layer) else FUNCTIONS
    if getattr(layer, "compute_dtype", "float32") != "float32":
        raise call.refuse(f"computes in {layer.compute_dtype}")
    for kind in type(layer).__mro__:
        if kind.__name__ in known and kind.__module__.startswith("keras."):
            known[kind.__name__](layer, call)
            return
    raise call.refuse(f"is not among {', '.join(sorted(known))}")


def _dense(layer: Any, call: Call) -> None:
    weights = [layer.kernel, *([layer.bias] if layer.use_bias else [])]
    call.alone(op.Dense(activation_name(layer, call)), call.x, weights=weights)


def _einsum_dense(layer: Any, call: Call) -> None:
    weights = [layer.kernel, *([layer.bias] if layer.bias is not None else [])]
    operation = op.EinsumDense(layer.equation, activation_name(layer, call))
    call.alone(operation, call.x, weights=weights)


def _embedding(layer: Any, call: Call) -> None:
    mask = (
        call.put(op.Elementwise("not_equal"), call.x, 0, part="mask") if layer.mask_zero else None
    )
    call.done(call.put(op.Embedding(), call.x, variables=[layer.embeddings]), mask=mask)


def _masking(layer: Any, call: Call) -> None:
    differs = call.put(op.Elementwise("not_equal"), call.x, layer.mask_value, part="differs")
    mask = call.put(op.Reduce("any", (-1,)), differs, part="mask")
    column = call.put(op.ExpandDims(-1), mask, part="column")
    call.done(call.put(op.Where(), column, call.x, 0.0), mask=mask)


def _same(_: Any, call: Call) -> None:
    """Translate a layer that changes nothing outside training."""
    call.done(call.x, mask=call.mask)


def _require_equal_ranks(call: Call) -> None:
    """Refuse tensors of different numbers of axes, which Keras would extend."""
    if len({len(x.shape) for x in call.tensors}) > 1:
        raise call.refuse("joins tensors of different numbers of axes")


def _merging(operation: op.Operation) -> Translation:
    def translation(_: Any, call: Call) -> None:
        _require_equal_ranks(call)
        if any(call.mask_of(x) is not None for x in call.tensors):
            raise call.refuse("joins tensors that have masks")
        call.alone(operation, *map(call.name, call.tensors))

    return translation


def _average(_: Any, call: Call) -> None:
    """Translate the layer; a step counts if it counts in one of the tensors."""
    _require_equal_ranks(call)
    masks = list(dict.fromkeys(call.mask_of(x) for x in call.tensors))
    mask = None if None in masks else masks[0]
    for other in masks[1:] if mask is not None else ():
        mask = call.put(op.Elementwise("logical_or"), mask, other, part="mask")
    call.done(call.put(op.Average(), *map(call.name, call.tensors)), mask=mask)


def _concatenate(layer: Any, call: Call) -> None:
    """Translate the layer; a step counts if it counts in all tensors, or in the one it is of."""
    of_tensors = [call.mask_of(x) for x in call.tensors]
    masks = list(dict.fromkeys(mask for mask in of_tensors if mask is not None))
    mask = masks[0] if masks else None
    if masks and layer.axis not in (-1, call.rank - 1):
        if None in of_tensors or layer.axis not in (1, 1 - call.rank) or call.rank != 3:
            raise call.refuse("joins the steps of tensors of which only some have masks")
        mask = call.put(op.Concatenate(1), *of_tensors, part="mask")
    else:
        for other in masks[1:]:
            mask = call.put(op.Elementwise("logical_and"), mask, other, part="mask")
    call.done(call.put(op.Concatenate(layer.axis), *map(call.name, call.tensors)), mask=mask)


def _relu(layer: Any, call: Call) -> None:
    if (layer.max_value, layer.negative_slope, layer.threshold) != (None, 0, 0):
        raise call.refuse("has a maximum, a slope or a threshold")
    call.alone(op.Activate("relu"), call.x)


def _function(name: Any) -> Translation:
    return lambda _, call: call.alone(op.Function(name), call.x)


def _reduce(name: Any) -> Translation:
    def translation(layer: Any, call: Call) -> None:
        axis = layer.axis
        axes = tuple(range(1, call.rank)) if axis is None else axis
        axes = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)
        if axis is None or any(a % call.rank == 0 for a in axes):
            raise call.refuse("reduces the batch")
        call.done(call.put(op.Reduce(name, axes, bool(layer.keepdims)), call.x))

    return translation


def _softmax(layer: Any, call: Call) -> None:
    if not isinstance(layer.axis, int):
        raise call.refuse("has several axes")
    mask = call.kwargs.get("mask")
    call.alone(op.Softmax(layer.axis), call.x, call.name(mask))


def _rescaling(layer: Any, call: Call) -> None:
    if not isinstance(layer.scale, (int, float)) or not isinstance(layer.offset, (int, float)):
        raise call.refuse("has a scale for each feature")
    call.alone(op.Scale(float(layer.scale), float(layer.offset)), call.x)


def _layer_normalization(layer: Any, call: Call) -> None:
    axis = layer.axis if isinstance(layer.axis, int) else layer.axis[0]
    if axis not in (-1, call.rank - 1) or not (layer.scale and layer.center):
        raise call.refuse("normalizes another axis than the last, or has no scale or center")
    operation = op.LayerNormalization(layer.epsilon)
    call.alone(operation, call.x, weights=[layer.gamma, layer.beta])


def _reshape(layer: Any, call: Call) -> None:
    call.done(call.put(op.Reshape(tuple(layer.target_shape)), call.x))


def _zero_padding(layer: Any, call: Call) -> None:
    call.done(call.put(op.ZeroPadding(*layer.padding), call.x))


def _cropping(layer: Any, call: Call) -> None:
    before, after = layer.cropping
    whole = (None, None, None, None)
    operation = op.Slice((whole, (before or None, -after if after else None, None, None)))
    call.done(call.put(operation, call.x))


def _get_item(_: Any, call: Call) -> None:
    tensor, index = call.args
    axes: list[tuple[int | None, int | None, int | None, int | None]] = []
    for entry in index if isinstance(index, tuple) else (index,):
        if isinstance(entry, slice):
            axes.append((entry.start, entry.stop, entry.step, None))
        elif isinstance(entry, int):
            axes.append((None, None, None, entry))
        else:
            raise call.refuse(f"selects by {type(entry).__name__}")
    call.done(call.put(op.Slice(tuple(axes)), call.name(tensor)))


def _pooling(operation: op.Operation) -> Translation:
    def translation(layer: Any, call: Call) -> None:
        if layer.keepdims or layer.data_format != "channels_last":
            raise call.refuse("keeps the axis of the steps, or has channels first")
        masked = isinstance(operation, op.GlobalAveragePooling)
        call.done(call.put(operation, call.x, *([call.mask] if masked else [])))

    return translation


def _convolution(layer: Any, call: Call) -> None:
    sizes = [layer.kernel_size, layer.dilation_rate, layer.strides]
    if layer.groups != 1 or layer.data_format != "channels_last":
        raise call.refuse("has groups, or channels first")
    if any(size[:-1] != (1,) * (len(size) - 1) for size in sizes):
        raise call.refuse("has filters that run along two axes")
    operation = op.Conv1D(
        layer.padding, layer.dilation_rate[-1], layer.strides[-1], activation_name(layer, call)
    )
    kernel = layer.kernel
    weights = [kernel, *([layer.bias] if layer.use_bias else [])]
    call.done(call.put(operation, call.x, variables=weights))


def _attention(layer: Any, call: Call) -> None:
    if layer.use_scale or layer.score_mode != "dot" or call.kwargs.get("use_causal_mask"):
        raise call.refuse("has a scale, a causal mask, or another score than the dot product")
    query, value, *key = call.tensors
    stated = call.kwargs.get("mask")
    masks = (
        [call.mask_of(query), call.mask_of(value)]
        if stated is None
        else [call.name(mask) for mask in stated[:2]]
    )
    tensors = [call.name(x) for x in (query, value, *(key or [value]))]
    names = call.walk.put(layer, op.Attention(), [*tensors, *masks], outputs=2)
    call.done(*names[: len(call.node.outputs)], mask=masks[0])


def _dot(layer: Any, call: Call) -> None:
    axes = (layer.axes, layer.axes) if isinstance(layer.axes, int) else tuple(layer.axes)
    if layer.normalize or any(len(x.shape) != 3 for x in call.tensors):
        raise call.refuse("normalizes, or reads tensors without steps")
    call.done(call.put(op.Dot(tuple(a % 3 for a in axes)), *map(call.name, call.tensors)))


def _time_distributed(layer: Any, call: Call) -> None:
    inner = layer.layer
    if type(inner).__name__ not in ("Dense", "Dropout", "Activation"):
        raise call.refuse(f"contains a {type(inner).__name__}")
    translate(inner, call)


def _binary(name: Any) -> Translation:
    return lambda _, call: call.alone(op.Elementwise(name), *map(call.name, call.args))


def _like(layer: Any, call: Call, *, ones: bool) -> None:
    """Translate a tensor of the same truth value everywhere, which Keras makes for masks."""
    if layer.dtype is None or keras.backend.standardize_dtype(layer.dtype) != "bool":
        raise call.refuse("makes numbers")
    false = call.put(op.Elementwise("less"), call.x, call.x)
    call.done(call.put(op.Function("logical_not"), false) if ones else false)


def _convert(layer: Any, call: Call) -> None:
    if layer.dtype is not None or layer.sparse:
        raise call.refuse("changes the type of a tensor")
    call.done(call.x)


def _expand_dims(layer: Any, call: Call) -> None:
    if not isinstance(layer.axis, int):
        raise call.refuse("adds several axes")
    call.done(call.put(op.ExpandDims(layer.axis), call.x))


LAYERS: dict[str, Translation] = {
    "Activation": lambda layer, call: call.alone(op.Activate(activation_name(layer, call)), call.x),
    "Add": _merging(op.Elementwise("add")),
    "Attention": _attention,
    "Average": _average,
    "Bidirectional": bidirectional,
    "Concatenate": _concatenate,
    "Conv1D": _convolution,
    "Conv2D": _convolution,
    "Cropping1D": _cropping,
    "Dense": _dense,
    "Dot": _dot,
    "Dropout": _same,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "Flatten": lambda _, call: call.done(call.put(op.Flatten(), call.x)),
    "GRU": recurrence,
    "GaussianDropout": _same,
    "GaussianNoise": _same,
    "GlobalAveragePooling1D": _pooling(op.GlobalAveragePooling()),
    "GlobalMaxPooling1D": _pooling(op.GlobalMaxPooling()),
    "LSTM": recurrence,
    "LayerNormalization": _layer_normalization,
    "Masking": _masking,
    "Maximum": _merging(op.Elementwise("maximum")),
    "Minimum": _merging(op.Elementwise("minimum")),
    "Multiply": _merging(op.Elementwise("multiply")),
    "Permute": lambda layer, call: call.done(call.put(op.Permute(tuple(layer.dims)), call.x)),
    "ReLU": _relu,
    "RepeatVector": lambda layer, call: call.done(call.put(op.RepeatVector(layer.n), call.x)),
    "Rescaling": _rescaling,
    "Reshape": _reshape,
    "SimpleRNN": recurrence,
    "Softmax": _softmax,
    "SpatialDropout1D": _same,
    "Subtract": _merging(op.Elementwise("subtract")),
    "TimeDistributed": _time_distributed,
    "ZeroPadding1D": _zero_padding,
}
OF_TWO = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Divide": "divide",
    "TrueDivide": "divide",
    "Greater": "greater",
    "Less": "less",
    "Equal": "equal",
    "NotEqual": "not_equal",
    "LogicalAnd": "logical_and",
    "LogicalOr": "logical_or",
    "Logaddexp": "logaddexp",
}
FUNCTIONS: dict[str, Translation] = {
    "Cast": lambda layer, call: call.alone(
        op.Cast(keras.backend.standardize_dtype(layer.dtype)), call.x
    ),
    "Clip": lambda layer, call: call.alone(op.Clip(float(layer.x_min), float(layer.x_max)), call.x),
    "Concatenate": _concatenate,
    "ConvertToTensor": _convert,
    "Einsum": lambda layer, call: call.done(
        call.put(op.Einsum(layer.subscripts), *map(call.name, call.args))
    ),
    "ExpandDims": _expand_dims,
    "GetItem": _get_item,
    "OnesLike": partial(_like, ones=True),
    "Softmax": _softmax,
    "Where": lambda _, call: call.done(call.put(op.Where(), *map(call.name, call.args))),
    "ZerosLike": partial(_like, ones=False),
    **{name: _binary(function) for name, function in OF_TWO.items()},
    **{
        "".join(part.title() for part in name.split("_")): _function(name)
        for name in ("negative", "square", "sqrt", "exp", "log", "absolute", "logical_not")
    },
    **{name.title(): _reduce(name) for name in ("sum", "mean", "max", "min", "any", "all")},
}
