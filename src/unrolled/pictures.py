"""Pictures as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unrolled.errors import DataError


def put(figure: Any, path: str | Path, *, example: str) -> None:
    """Write a matplotlib figure into a file, whose suffix says the format.

    Args:
        figure: The figure.
        path: The file.
        example: A name that the error suggests.

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot draw into '{path}': {error}. Give a file in a folder that exists, such as"
            f" {example}."
        ) from None
