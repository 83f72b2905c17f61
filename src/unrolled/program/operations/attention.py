"""Attention: at each step a mean of other steps, weighted by how well they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.activations import softmax
from unrolled.program.operations.base import Arrays, Operation, require_axes
from unrolled.program.operations.unary import MASKED


@dataclass(frozen=True)
class Attention(Operation):
    """Attention with the dot product of query and key as score.

    Inputs: queries (b u h), values (b t v), keys (b t h), a mask of the queries (b u) and one of
    the values (b t); a mask may be None. Outputs: the weighted means (b u v), weights (b u t).
    There may be k times as many queries (b*k u h): k in succession, such as the hypotheses of a
    beam, read the same values.

    Source:
        Luong et al. 2015, section 3.1 (score "dot" on projected keys).
    """

    scale: float = 1.0

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        queries, values, keys, query_mask, value_mask = inputs
        for x in (queries, values, keys):
            require_axes(x, 3)
        for mask, x in ((query_mask, queries), (value_mask, values)):
            if mask is not None and mask.shape != x.shape[:2]:
                raise ShapeError(f"a mask of the shape {mask.shape} does not fit steps {x.shape}")
        rows, steps, units = queries.shape
        copies = rows // max(len(keys), 1)
        queries = queries.reshape(len(keys), copies * steps, units)  # b k*u h
        scores = np.matmul(queries, keys.swapaxes(1, 2)) * np.float32(self.scale)  # b k*u t
        if value_mask is not None:
            scores = np.where(value_mask[:, None], scores, scores - MASKED)
        weights = softmax(scores)
        read = np.matmul(weights, values).reshape(rows, steps, values.shape[2])
        weights = weights.reshape(rows, steps, keys.shape[1])
        if query_mask is not None:
            read = np.where(query_mask[..., None], read, np.float32(0))
        return read, weights
