"""Keras layers that are stock Keras' own in everything but speed.

`support.py` says what runs fast and what runs as stock, and why.
"""

from unrolled.backend import prefer_jax

prefer_jax()

from unrolled.layers.gru import GRU  # noqa: E402  (the backend must be set before Keras loads)
from unrolled.layers.lstm import LSTM  # noqa: E402

__all__ = ["GRU", "LSTM"]
