"""Inside a network: what it attends to, and the states and gates of its recurrent layers.

| file | what it is |
|---|---|
| `step_labels.py` | a name for each step: its word, or its number |
| `attention.py` | attention weights |
| `layer_states.py` | the states and gates of every recurrent layer |
| `states_plot.py` | the picture of the states and gates of a row |
| `methods.py` | the methods of `SequenceModel` |
"""
