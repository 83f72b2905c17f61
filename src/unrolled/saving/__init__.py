"""Saved models: safetensors, readable JSON and text pages, in a folder or one zip file; no pickle.

A manifest describes the model and lists every other file with its size and sha256. That detects
damage, not malice: whoever can write the files can write the manifest. So nothing in a saved model
is ever executed, and everything it says is checked against limits before memory is allocated.

Every part of a model is written and read in one way, which `Serializable` describes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

from unrolled.data.block import Array
from unrolled.saving.checked_json import (
    RefusedError,
    from_untrusted,
    lists_to_tuples,
    optional_dict,
    optional_integer,
    reading,
    short_repr,
)
from unrolled.saving.reader import SavedModel, read_model
from unrolled.saving.tensors import check_array
from unrolled.saving.writer import (
    FORECASTS,
    FORMAT,
    MANIFEST,
    PROGRAM,
    SEQUENCES,
    check_save_place,
    manifest_header,
    write_model,
)

__all__ = [
    "FORECASTS",
    "FORMAT",
    "MANIFEST",
    "PROGRAM",
    "SEQUENCES",
    "RefusedError",
    "SavedModel",
    "Serializable",
    "SerializableWithArrays",
    "check_array",
    "check_save_place",
    "from_untrusted",
    "lists_to_tuples",
    "manifest_header",
    "optional_dict",
    "optional_integer",
    "read_model",
    "reading",
    "short_repr",
    "write_model",
]


class Serializable(Protocol):
    """A part of a model that is saved as JSON: settings, columns, encoders, sizes, history.

    The names in the JSON are written out in each class. They do not follow from the names of
    classes and attributes, which may change while saved models stay as they are.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return everything that `from_dict` needs, as JSON can hold it."""
        ...

    @classmethod
    def from_dict(cls, state: Any, /) -> Self:
        """Return what `to_dict` wrote, once it is checked: anyone may have written the file.

        Raises:
            UnrolledError or RefusedError: `to_dict` could not have written this.
        """
        ...


class SerializableWithArrays(Protocol):
    """A part of a model that also has arrays, such as a baseline; they go into safetensors."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON can hold it."""
        ...

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        ...

    @classmethod
    def from_dict(cls, state: Any, arrays: Mapping[str, Array], /) -> Self:
        """Return what `to_dict` and `arrays` wrote, once it is checked."""
        ...
