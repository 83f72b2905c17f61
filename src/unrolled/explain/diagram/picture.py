"""The diagram of a network as an object: `Diagram`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path

from unrolled.disk import durable
from unrolled.errors import DataError, SettingError
from unrolled.explain.diagram.boxes import Scene
from unrolled.explain.diagram.svg import svg
from unrolled.explain.diagram.text import text


@dataclass(frozen=True, repr=False)
class Diagram:
    """The diagram of a network.

    Attributes:
        scene: Its boxes, arrows and words.
    """

    scene: Scene

    @cached_property
    def text(self) -> str:
        """The diagram for a terminal, at most 78 columns wide."""
        return text(self.scene)

    @cached_property
    def svg(self) -> str:
        """The diagram as an SVG document."""
        return svg(self.scene)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the diagram to a file.

        Args:
            path: A file whose name ends in `.svg` or `.txt`.

        Raises:
            SettingError: The name ends in anything else.
            DataError: The file cannot be written.
        """
        path = Path(path)
        form = path.suffix.lower()
        if form not in (".svg", ".txt"):
            raise SettingError(
                f"A diagram cannot be written to a file named {path.name!r}. Give it a name that"
                " ends in .svg (a drawing) or .txt (text for terminals)."
            )
        content = (self.svg if form == ".svg" else self.text) + "\n"
        try:
            durable.replace_file(path, content.encode())
        except OSError as error:
            raise DataError(
                f"'{path}' cannot be written ({error.strerror or error}). Name a file in a folder"
                " that exists and that you may write to."
            ) from None

    def __repr__(self) -> str:
        return f"Diagram({self.scene.title!r})"

    def __str__(self) -> str:
        return self.text

    def _repr_svg_(self) -> str:
        """Return the SVG, which notebooks show."""
        return self.svg
