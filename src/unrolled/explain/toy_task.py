"""A small task for each shape, so that the script of a network runs as it is printed."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.networks import NetworkSpec, architecture
from unrolled.settings import Network
from unrolled.shapes import Shape

STEPS = 6  # of the input, where the network leaves their number open
ROWS, LAST = 600, 60  # rows of data, and how many at the end are not trained on

ENGINE = """\
import importlib.util
import os

# Keras needs one of these engines: take the first that is installed.
engines = [e for e in ("jax", "torch", "tensorflow") if importlib.util.find_spec(e)]
os.environ.setdefault("KERAS_BACKEND", engines[0])

import keras
import numpy as np
from keras import layers
"""
DATA = """\
# {task}
keras.utils.set_random_seed(0)
random = np.random.default_rng(0)
weights = random.normal(size=({f}, {o}))  # f o
{lines}
"""
WAVES = """\
start = random.uniform(0, 2 * np.pi, ({rows}, 1, {f}))  # b 1 f
waves = np.sin(0.5 * np.arange({t} + {u})[:, None] + start)  # b t+u f
inputs = waves[:, :{t}].astype("float32")  # b t f
outputs = (waves[:, {t}:] @ weights).astype("float32")  # b u o"""
FACTS = 'inputs = random.normal(size=({rows}, {f})).astype("float32")  # b f'
SEQUENCE = 'inputs = random.normal(size=({rows}, {t}, {f})).astype("float32")  # b t f'
TASKS: dict[Shape, tuple[str, str]] = {  # what the network has to learn, and its data
    "one-to-one": (
        "The output is a weighted sum of the inputs.",
        f"{FACTS}\noutputs = inputs @ weights  # b o",
    ),
    "one-to-many": (
        "The output is a line: it rises to a weighted sum of the inputs.",
        f"{FACTS}\nrise = np.arange(1, {{u}} + 1) / {{u}}  # u\n"
        "outputs = (inputs @ weights)[:, None] * rise[:, None]  # b u o",
    ),
    "many-to-one": (
        "The output is the mean, over all steps, of a weighted sum of the inputs.",
        f"{SEQUENCE}\noutputs = (inputs @ weights).mean(axis=1)  # b o",
    ),
    "aligned": (
        "The output of each step is the sum of all inputs so far, with weights.",
        f"{SEQUENCE}\noutputs = (inputs @ weights).cumsum(axis=1) / {{t}}  # b t o",
    ),
    "unaligned": ("The inputs are waves, and the output is their next steps, mixed.", WAVES),
}
TRAINING = """
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mean_squared_error")
model.fit({inputs}, outputs, epochs=20, validation_split=0.1, verbose=2)
"""
PREVIOUS_OUTPUTS = """
# In training each step reads the true output of the step before it, at first zeros.
previous = np.concatenate([np.zeros_like(outputs[:, :1]), outputs[:, :-1]], axis=1)
"""
PREDICTION = """
# The last rows were not trained on: compare the prediction of one with its true output.
predicted = {predict}
print(predicted[0], outputs[-{last}])
"""


@dataclass(frozen=True)
class ToyTask:
    """The lines around the network of a script that runs as it is.

    Attributes:
        before: The lines before the network: the engine, the imports and the data.
        training: The lines after the network, which compile and fit it.
        after: The last lines, which predict.
    """

    before: str
    training: str
    after: str


def toy_task(spec: NetworkSpec, network: Network) -> ToyTask:
    """Return a task that a network can learn in seconds.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
    """
    (o,) = spec.heads.values()
    sizes = {"rows": ROWS, "t": spec.t or STEPS, "u": spec.u, "f": spec.values, "o": o}
    task, lines = TASKS[spec.shape]
    inputs, predict, previous = "inputs", f"model.predict(inputs[-{LAST}:], verbose=0)", ""
    if architecture(spec.shape, network.architecture).autoregressive:
        inputs = '{"x": inputs, "previous": previous}'
        predict, previous = f'generate({{"x": inputs[-{LAST}:]}})', PREVIOUS_OUTPUTS
    return ToyTask(
        f"{ENGINE}\n{DATA.format(task=task, lines=lines.format(**sizes), **sizes)}",
        previous + TRAINING.format(inputs=inputs),
        PREDICTION.format(predict=predict, last=LAST),
    )
