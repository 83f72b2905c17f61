"""A trained network as a small closed set of operations, which every engine reads.

| file | what it is |
|---|---|
| `operations/` | the operations, each with a readable reference in NumPy |
| `graph.py` | operations in an order that can be run, as JSON and back, with checks of shapes |
| `program.py` | the graphs of a network: the whole, and the parts of a decoder |
| `from_keras.py`, `walk.py` | a program from a `keras.Model` |
| `from_layers.py`, `from_recurrent.py` | how each layer becomes operations |
"""

from unrolled.program.graph import Graph, Node, TensorSpec
from unrolled.program.program import Program

__all__ = ["Graph", "Node", "Program", "TensorSpec"]
