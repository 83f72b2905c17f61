"""What the pages of all saved models share: the frame of the README, and sentences on training."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.settings import Network
from unrolled.training.history import History

FRAME = """\
# A model trained with unrolled

```
{facts}
```

{network}

```
{diagram}
```

{usage}

`code.py` is the network in plain Keras. Run it with any backend of Keras
(`KERAS_BACKEND=jax python code.py`). Its weights are in `weights.safetensors`:

```python
from safetensors.numpy import load_file

weights = load_file("weights.safetensors")
model.set_weights([weights[name] for name in sorted(weights)])
```

{encoding}
"""


def model_readme(
    facts: Sequence[str], *, network: str, diagram: str, usage: str, encoding: str
) -> str:
    """Return the README of a saved model.

    Args:
        facts: Lines about the data.
        network: Sentences about the network.
        diagram: Its diagram as text.
        usage: How to predict with the model.
        encoding: What the numbers mean that the network itself reads and returns.
    """
    return FRAME.format(
        facts="\n".join(facts), network=network, diagram=diagram, usage=usage, encoding=encoding
    )


def network_sentence(network: Network, weights: int) -> str:
    """Return the architecture and the size of a network in a sentence."""
    architecture = network.architecture + ("" if network.attention else " without attention")
    return (
        f"Network: {architecture}, {network.layers} x {network.cell} of"
        f" {network.units} units; {weights} weights."
    )


def best_epoch_sentence(*histories: History) -> str:
    """Return the epoch whose weights were kept, for each network."""
    if not histories:
        return "Not trained."
    return " ".join(
        f"The weights are those of epoch {history.best_epoch} of {len(history.loss)}, with a"
        f" validation loss of {history.validation[history.best_epoch - 1]:.4f}."
        for history in histories
    )
