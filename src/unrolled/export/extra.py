"""The optional packages that an export needs, imported when one is made."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from unrolled.errors import MissingExtraError


def require(name: str) -> Any:
    """Return `onnx`, one of its modules, or `onnxruntime`.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise MissingExtraError(
            f"An export needs {name.partition('.')[0]}, which is not installed:"
            " pip install 'unrolled[export]'."
        ) from None
