"""Streams: a trained model that reads one step at a time.

| file | what it is |
|---|---|
| `values.py` | one value of a column as the encoders of the model encode it |
| `numbers.py` | the numbers of a step, scaled |
| `times.py` | the time of a step, which must be later than that of the step before |
| `step_encoder.py` | steps, as dicts, to the inputs of the network |
| `step_decoder.py` | the outputs of the network to dicts |
| `step_model.py` | both around the network: steps and a state to outputs and the next state |
| `stream.py`, `keyed.py` | one stream, and many of them by key |
| `saved_state.py` | a state in a file |
| `methods.py` | the methods of `SequenceModel` |
"""
