"""The text files of a saved model: how it is compiled, and a page to read."""

from __future__ import annotations

from typing import Any

from unrolled.settings import Network
from unrolled.training.history import History


def model_page(facts: list[str], built: str, picture: str, use: str, sees: str) -> str:
    """Return a page about a saved model, put together."""
    return "\n".join(
        [
            "# A model trained with unrolled",
            "",
            "```",
            *facts,
            "```",
            "",
            built,
            "",
            "```",
            picture,
            "```",
            "",
            use,
            "",
            "`code.py` is the network in plain Keras. Run it where Keras has an engine",
            "(`KERAS_BACKEND=jax python code.py`); its weights are in `weights.safetensors`:",
            "",
            "```python",
            "from safetensors.numpy import load_file",
            "",
            'weights = load_file("weights.safetensors")',
            "model.set_weights([weights[name] for name in sorted(weights)])",
            "```",
            "",
            sees,
            "",
        ]
    )


def network_sentence(network: Network, model: Any) -> str:
    """Return what the network is, in a sentence."""
    return (
        f"Network: {network.architecture}, {network.layers} x {network.cell} of"
        f" {network.units} units; {model.count_params()} weights."
    )


def best_epoch_sentence(*histories: History) -> str:
    """Return which pass the weights of each network are from."""
    if not histories:
        return "Not trained."
    return " ".join(
        f"Kept from pass {history.best_epoch} of {len(history.loss)}, with a validation loss of"
        f" {history.validation[history.best_epoch - 1]:.4f}."
        for history in histories
    )
