"""LSTM and GRU layers that differ from those of Keras only in their speed.

`fast_path.py` says which calls run fast, which run as stock Keras, and why.
"""

from unrolled.layers.gru import GRU
from unrolled.layers.lstm import LSTM

__all__ = ["GRU", "LSTM"]
