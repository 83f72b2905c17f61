"""Runs a program with NumPy and the compiled kernel: neither Keras nor JAX is imported.

| file | what it is |
|---|---|
| `runner.py` | runs a graph over whole rows |
| `kernel.py` | recurrent layers by the compiled kernel |
| `weights.py` | the arrays of a program: from a file, or those of a `keras.Model` now |
| `blas.py` | how many threads the matrix products of NumPy run on |
| `network.py` | a network at work: its graphs as functions |
| `states.py` | the states and gates of recurrent layers at each step |
| `streaming/` | a causal network that advances by one step |
"""

from unrolled.runtime.network import NetworkRuntime
from unrolled.runtime.runner import Runner

__all__ = ["NetworkRuntime", "Runner"]
