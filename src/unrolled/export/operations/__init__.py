"""Each operation of a program as ONNX operators.

| file | what it is |
|---|---|
| `recurrence.py` | LSTM, GRU and SimpleRNN |
| `dense.py` | products with weights, tables, filters |
| `elementwise.py`, `activations.py` | functions of each element, reductions, normalization |
| `joining.py` | joining, pooling, attention |
| `shapes.py` | changes of axes |
| `base.py` | what every translation gets |
"""

from __future__ import annotations

from collections.abc import Callable

from unrolled.export.operations import dense, elementwise, joining, recurrence, shapes
from unrolled.export.operations.base import Writing
from unrolled.program import operations as op

TRANSLATIONS: dict[type[op.Operation], Callable[[Writing], None]] = {
    op.Activate: elementwise.activation,
    op.Attention: joining.attention,
    op.Average: joining.average,
    op.Cast: elementwise.cast,
    op.Clip: elementwise.clip,
    op.Concatenate: joining.concatenate,
    op.Conv1D: dense.convolution,
    op.Dense: dense.dense,
    op.Dot: joining.dot,
    op.Einsum: joining.einsum,
    op.EinsumDense: dense.einsum_dense,
    op.Elementwise: elementwise.elementwise,
    op.Embedding: dense.embedding,
    op.ExpandDims: shapes.expand_dims,
    op.Flatten: shapes.flatten,
    op.Function: elementwise.function,
    op.GlobalAveragePooling: joining.average_pooling,
    op.GlobalMaxPooling: joining.max_pooling,
    op.GRU: recurrence.recurrence,
    op.LayerNormalization: elementwise.layer_normalization,
    op.LSTM: recurrence.recurrence,
    op.Permute: shapes.permute,
    op.Reduce: elementwise.reduction,
    op.RepeatVector: shapes.repeat_vector,
    op.Reshape: shapes.reshape,
    op.Reverse: shapes.reverse,
    op.Scale: elementwise.scale,
    op.SimpleRNN: recurrence.recurrence,
    op.Slice: shapes.select,
    op.Softmax: elementwise.softmax,
    op.Where: elementwise.where,
    op.ZeroPadding: shapes.zero_padding,
}
