"""Figures as image files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unrolled.disk import durable
from unrolled.errors import DataError

BLUE, GREY = "#1f6fb4", "#9a9a9a"  # of the pictures: what is predicted, and what it is seen beside


def save_figure(figure: Any, path: str | Path, *, example: str) -> Path:
    """Save a matplotlib figure to a file, whose suffix says the format, and return its path.

    Args:
        figure: The figure.
        path: The file.
        example: A file name that the error suggests.

    Raises:
        DataError: The file cannot be written, or its format is unknown.
    """
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise _cannot_draw(path, error, example) from None
    return Path(path)


def check_figure_path(path: str | Path) -> None:
    """Refuse a file that `save_figure` would refuse, before there is a figure.

    Raises:
        DataError: The file cannot be written, or its format is unknown.
    """
    from matplotlib.figure import Figure

    suffix = Path(path).suffix.lower().removeprefix(".")
    formats = Figure().canvas.get_supported_filetypes()
    if suffix and suffix not in formats:
        reason = f"there is no format '{suffix}', only {', '.join(formats)}"
        raise _cannot_draw(path, reason)
    if not durable.is_writable(Path(path)):
        raise _cannot_draw(path, "no file can be written there")


def _cannot_draw(path: str | Path, reason: object, example: str = "picture.png") -> DataError:
    """Return the error for a file that cannot be drawn into."""
    return DataError(
        f"Cannot draw into '{path}': {reason}. Give a file in a folder that exists, such as"
        f" {example}."
    )
