"""The operations that a program can consist of, each with a readable reference in NumPy."""

from __future__ import annotations

from unrolled.program.operations.attention import Attention
from unrolled.program.operations.base import Operation
from unrolled.program.operations.convolution import Conv1D
from unrolled.program.operations.dense import Dense, EinsumDense, Embedding
from unrolled.program.operations.joining import (
    Average,
    Concatenate,
    Dot,
    Einsum,
    Elementwise,
    Where,
)
from unrolled.program.operations.pooling import GlobalAveragePooling, GlobalMaxPooling
from unrolled.program.operations.recurrence import GRU, LSTM, Recurrence, SimpleRNN
from unrolled.program.operations.shapes import (
    ExpandDims,
    Flatten,
    Permute,
    RepeatVector,
    Reshape,
    Reverse,
    Slice,
    ZeroPadding,
)
from unrolled.program.operations.unary import (
    Activate,
    Cast,
    Clip,
    Function,
    LayerNormalization,
    Reduce,
    Scale,
    Softmax,
)

__all__ = [
    "GRU",
    "LSTM",
    "OPERATIONS",
    "Activate",
    "Attention",
    "Average",
    "Cast",
    "Clip",
    "Concatenate",
    "Conv1D",
    "Dense",
    "Dot",
    "Einsum",
    "EinsumDense",
    "Elementwise",
    "Embedding",
    "ExpandDims",
    "Flatten",
    "Function",
    "GlobalAveragePooling",
    "GlobalMaxPooling",
    "LayerNormalization",
    "Operation",
    "Permute",
    "Recurrence",
    "Reduce",
    "RepeatVector",
    "Reshape",
    "Reverse",
    "Scale",
    "SimpleRNN",
    "Slice",
    "Softmax",
    "Where",
    "ZeroPadding",
]

OPERATIONS: dict[str, type[Operation]] = {
    kind.__name__: kind
    for kind in (
        *(Activate, Attention, Average, Cast, Clip, Concatenate, Conv1D, Dense, Dot, Einsum),
        *(EinsumDense, Elementwise, Embedding, ExpandDims, Flatten, Function),
        *(GlobalAveragePooling, GlobalMaxPooling, GRU, LayerNormalization, LSTM, Permute),
        *(Reduce, RepeatVector, Reshape, Reverse, Scale, SimpleRNN, Slice, Softmax, Where),
        ZeroPadding,
    )
}
