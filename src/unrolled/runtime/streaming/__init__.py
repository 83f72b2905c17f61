"""Runs a causal network one step at a time, with its state as a value.

| file | what it is |
|---|---|
| `step.py` | one operation of a step: what it reads, what it keeps, what it computes |
| `cells.py` | a recurrent layer by one step |
| `pools.py` | pooling over the steps so far: mean, sum, maximum, deviation, attention |
| `rules.py` | which operations need nothing but their own step |
| `compile.py` | from a graph over whole rows to a list of operations of one step |
| `network.py` | `StreamNetwork`: a step and a state to the outputs and the next state |
"""

from unrolled.runtime.streaming.network import StreamNetwork

__all__ = ["StreamNetwork"]
