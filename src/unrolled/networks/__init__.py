"""Networks: from a specification and settings to a plain `keras.Model`.

The registry of architectures is loaded at once; what builds networks is loaded when it is used, so
that a command which only prints does not wait for NumPy and Keras.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unrolled.data.special_ids import PREVIOUS, STOP
from unrolled.networks.architectures import (
    ARCHITECTURES,
    Architecture,
    architecture,
    architecture_of,
    architectures_of,
    names_of,
)
from unrolled.networks.bundle import ModelBundle, SavedBundle
from unrolled.networks.defaults import with_defaults
from unrolled.networks.spec import NetworkSpec, round_up_vocabulary, unwrap_single

if TYPE_CHECKING:
    from unrolled.networks.model_builder import build, build_bundle, set_initial_embeddings
    from unrolled.networks.saved import load_network

__all__ = [
    "ARCHITECTURES",
    "PREVIOUS",
    "STOP",
    "Architecture",
    "ModelBundle",
    "NetworkSpec",
    "SavedBundle",
    "architecture",
    "architecture_of",
    "architectures_of",
    "build",
    "build_bundle",
    "load_network",
    "names_of",
    "round_up_vocabulary",
    "set_initial_embeddings",
    "unwrap_single",
    "with_defaults",
]
_LOADED_LATE = {
    "build": "model_builder",
    "build_bundle": "model_builder",
    "load_network": "saved",
    "set_initial_embeddings": "model_builder",
}


def __getattr__(name: str) -> Any:
    if name not in _LOADED_LATE:
        raise AttributeError(f"module 'unrolled.networks' has no attribute {name!r}")
    return getattr(import_module(f"unrolled.networks.{_LOADED_LATE[name]}"), name)
