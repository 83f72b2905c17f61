"""A script of plain Keras, as statements that are not yet broken into lines."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.explain.source import Source, break_lines
from unrolled.explain.toy_task import ToyTask


@dataclass(frozen=True)
class Script:
    """A script that builds a network.

    Attributes:
        statements: The source of each statement, and the comment after it.
        loop: The loop that generates with an autoregressive decoder; empty for other networks.
    """

    statements: list[tuple[Source, str]]
    loop: str = ""

    def text(self, training: str = "") -> str:
        """Return the script as Python source.

        Args:
            training: Lines to put after the model, such as its `compile`.
        """
        imports = ["import keras", *(["import numpy as np"] if self.loop else [])]
        head = [*imports, "from keras import layers", ""]
        return "\n".join([*head, *self._lines(), training]).rstrip() + "\n" + self.loop

    def text_with(self, task: ToyTask) -> str:
        """Return the script with a task: it trains the network and predicts with it.

        Args:
            task: Lines to put before and after the network.
        """
        network = "\n".join([task.before, *self._lines(), task.training])
        return network + (f"{self.loop}\n" if self.loop else "") + task.after

    def _lines(self) -> list[str]:
        return [break_lines(source, after=comment) for source, comment in self.statements]
