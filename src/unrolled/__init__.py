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
    from unrolled.data.formats.read import read as read
    from unrolled.data.formats.read import scan as scan
    from unrolled.data.formats.write import write as write
    from unrolled.demos.bike_sharing import demo as demo
    from unrolled.explain.terminal_page import glance as glance
    from unrolled.export.keras_model import export_keras as export_keras
    from unrolled.forecasting.forecaster import Forecaster as Forecaster
    from unrolled.from_sizes import build as build
    from unrolled.from_sizes import code as code
    from unrolled.from_sizes import diagram as diagram
    from unrolled.from_sizes import show as show
    from unrolled.layers.acceleration import accelerate as accelerate
    from unrolled.loading import load as load
    from unrolled.schema import Column as Column
    from unrolled.schema import Schema as Schema
    from unrolled.sequences.evaluation import Evaluation as Evaluation
    from unrolled.sequences.inside.attention import Attention as Attention
    from unrolled.sequences.inside.layer_states import States as States
    from unrolled.sequences.model import SequenceModel as SequenceModel
    from unrolled.settings import Decoding as Decoding
    from unrolled.settings import Network as Network
    from unrolled.settings import Text as Text
    from unrolled.settings import Training as Training

_HOME = {
    "Attention": "sequences.inside.attention",
    "Column": "schema",
    "Decoding": "settings",
    "Evaluation": "sequences.evaluation",
    "Forecaster": "forecasting.forecaster",
    "Network": "settings",
    "Schema": "schema",
    "SequenceModel": "sequences.model",
    "States": "sequences.inside.layer_states",
    "Text": "settings",
    "Training": "settings",
    "accelerate": "layers.acceleration",
    "build": "from_sizes",
    "code": "from_sizes",
    "demo": "demos.bike_sharing",
    "diagram": "from_sizes",
    "doctor": "",
    "errors": "",
    "export_keras": "export.keras_model",
    "glance": "explain.terminal_page",
    "layers": "",
    "load": "loading",
    "read": "data.formats.read",
    "scan": "data.formats.read",
    "shapes": "",
    "show": "from_sizes",
    "write": "data.formats.write",
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
