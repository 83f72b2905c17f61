"""Networks: from a specification and settings to a plain `keras.Model`."""

from unrolled.data.batches import PREVIOUS, STOP
from unrolled.networks.architectures import (
    ARCHITECTURES,
    Architecture,
    architecture,
    architectures_of,
)
from unrolled.networks.bundle import ModelBundle
from unrolled.networks.defaults import with_defaults
from unrolled.networks.embedding_init import set_initial_embeddings
from unrolled.networks.model_builder import build, build_bundle
from unrolled.networks.spec import NetworkSpec, round_up_vocabulary, unwrap_single

__all__ = [
    "ARCHITECTURES",
    "PREVIOUS",
    "STOP",
    "Architecture",
    "ModelBundle",
    "NetworkSpec",
    "architecture",
    "architectures_of",
    "build",
    "build_bundle",
    "round_up_vocabulary",
    "set_initial_embeddings",
    "unwrap_single",
    "with_defaults",
]
