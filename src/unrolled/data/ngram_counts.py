"""Count n-grams: runs of n symbols that stand one after another in a row of ids.

An n-gram is written as one integer, its key: a number in the base of the vocabulary's size, whose
last digit is the last symbol.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.data.block import Array, RaggedColumn

FEW_SYMBOLS = 200  # columns with fewer symbols are taken for characters, whose n-grams are longer
MAX_KEY = 2**62


def ngram_keys(column: RaggedColumn, size: int, order: int) -> list[Array]:
    """Return for n = 1 to `order` the key of the n-gram that ends at each step.

    Id 0 stands before each row, so that the first steps have n-grams too.

    Args:
        column: Rows of ids.
        size: The size of the vocabulary.
        order: The length of the longest n-gram.

    Example:
        >>> rows = RaggedColumn.from_rows([np.array([1, 2, 3]), np.array([4])])
        >>> [keys.tolist() for keys in ngram_keys(rows, size=10, order=2)]
        [[1, 2, 3, 4], [1, 12, 23, 4]]
    """
    ids, position = column.flat.astype(np.int64), position_in_row(column)
    keys = [ids]
    for back in range(1, order):
        earlier = np.where(position >= back, np.roll(ids, back), 0)
        keys.append(keys[-1] + earlier * size**back)
    return keys


def position_in_row(column: RaggedColumn) -> Array:
    """Return the position of each step within its row, from 0."""
    lengths: Any = column.lengths
    starts: Array = np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.arange(len(column.flat)) - starts


def find_keys(known: Array, keys: Array) -> Array:
    """Return the index of each key in an array of sorted keys, -1 where it is not among them.

    Example:
        >>> find_keys(np.array([2, 5, 9]), np.array([9, 3, 2])).tolist()
        [2, -1, 0]
    """
    if not len(known):
        return np.full(len(keys), -1)
    index = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[index] == keys, index, -1)


def count_ids(column: RaggedColumn, size: int) -> Any:
    """Return how often each id stands in each row: sparse (n size). Id 0 is not counted.

    Args:
        column: Rows of steps, each with one id (t_i) or several (t_i k).
        size: One more than the largest id.
    """
    from scipy import sparse

    lengths: Any = column.lengths
    ids = column.flat.reshape(len(column.flat), -1)
    rows = np.broadcast_to(np.repeat(np.arange(len(lengths)), lengths)[:, None], ids.shape)
    is_real = ids > 0
    ones = np.ones(int(is_real.sum()), "float32")
    return sparse.csr_matrix((ones, (rows[is_real], ids[is_real])), shape=(len(lengths), size))
