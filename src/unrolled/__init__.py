"""Recurrent networks for every shape: what goes in, what comes out, and the network between.

The whole public surface is listed here and loaded on first use: importing `unrolled` imports
neither Keras nor JAX.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unrolled.backend import prefer_jax

if TYPE_CHECKING:
    from unrolled import doctor as doctor
    from unrolled import errors as errors
    from unrolled import layers as layers
    from unrolled import shapes as shapes
    from unrolled.acceleration import accelerate as accelerate
    from unrolled.attention import Attention as Attention
    from unrolled.bare import build as build
    from unrolled.bare import code as code
    from unrolled.bare import diagram as diagram
    from unrolled.bare import show as show
    from unrolled.bikes import demo as demo
    from unrolled.data.read import read as read
    from unrolled.data.write import write as write
    from unrolled.evaluation import Evaluation as Evaluation
    from unrolled.explain.page import glance as glance
    from unrolled.forecaster import Forecaster as Forecaster
    from unrolled.loading import load as load
    from unrolled.model import SequenceModel as SequenceModel
    from unrolled.schema import Column as Column
    from unrolled.schema import Schema as Schema
    from unrolled.settings import Decoding as Decoding
    from unrolled.settings import Network as Network
    from unrolled.settings import Text as Text
    from unrolled.settings import Training as Training

_HOME = {
    "Attention": "attention",
    "Column": "schema",
    "Decoding": "settings",
    "Evaluation": "evaluation",
    "Forecaster": "forecaster",
    "Network": "settings",
    "Schema": "schema",
    "SequenceModel": "model",
    "Text": "settings",
    "Training": "settings",
    "accelerate": "acceleration",
    "build": "bare",
    "code": "bare",
    "demo": "bikes",
    "diagram": "bare",
    "doctor": "",
    "errors": "",
    "glance": "explain.page",
    "layers": "",
    "load": "loading",
    "read": "data.read",
    "shapes": "",
    "show": "bare",
    "write": "data.write",
}
__all__ = list(_HOME)

prefer_jax()


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'unrolled' has no attribute {name!r}")
    home = import_module(f"unrolled.{_HOME[name] or name}")
    return getattr(home, name) if _HOME[name] else home


def __dir__() -> list[str]:
    return sorted(__all__)
