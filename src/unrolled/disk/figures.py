"""Pictures as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unrolled.disk import durable
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
        raise _undrawable(path, error, example) from None


def refuse_undrawable(path: str | Path, *, example: str = "picture.png") -> None:
    """Refuse a file that `put` would, before there is a figure.

    Args:
        path: The file.
        example: A name that the error suggests.

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure

    suffix = Path(path).suffix.lower().removeprefix(".")
    known = Figure().canvas.get_supported_filetypes()
    if suffix and suffix not in known:
        raise _undrawable(path, f"the ending '{suffix}' is none of {', '.join(known)}", example)
    if not durable.writable(Path(path)):
        raise _undrawable(path, "it is no file that may be written", example)


def _undrawable(path: str | Path, says: object, example: str) -> DataError:
    """Return the error for a file that cannot be drawn into."""
    return DataError(
        f"cannot draw into '{path}': {says}. Give a file in a folder that exists, such as"
        f" {example}."
    )
