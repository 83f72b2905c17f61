"""Keras layers that are stock Keras' own in everything but speed.

`support.py` says what runs fast and what runs as stock, and why.
"""

from unrolled.layers.gru import GRU
from unrolled.layers.lstm import LSTM

__all__ = ["GRU", "LSTM"]
