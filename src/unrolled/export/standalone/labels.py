"""Which label a cell means, however it is written: `1`, `1.0`, `"1"`, `True` or `" true "`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from unrolled.export.standalone.cells import is_missing

_NUMBER = re.compile(r"[+-]?([0-9]{1,99}\.?[0-9]{0,99}|\.[0-9]{1,99})([eE][+-]?[0-9]{1,2})?")


class LabelIndex:
    """Finds the class of a label: by its value, its text, and what it means as number or truth.

    Args:
        classes: The labels of the training part.
    """

    def __init__(self, classes: list[Any]) -> None:
        forms = {form_of(label) for label in classes}
        truths, bits = {("truth", False), ("truth", True)}, {("number", 0), ("number", 1)}
        self.are_bits = bool(forms) and (forms <= truths or forms == bits)
        self.stages: list[tuple[Any, dict[Any, int]]] = []
        for key in (
            lambda label: (type(label).__name__, label),
            str,
            lambda label: str(label).strip(),
            self._form,
        ):
            pairs = ((key(label), place) for place, label in enumerate(classes))
            self.stages.append((key, _unambiguous(pairs)))

    def find(self, label: Any) -> int:
        """Return the place of the class of a label; -1 where it is missing or unknown."""
        if isinstance(label, float) and label.is_integer():
            label = int(label)
        for number, (key, places) in enumerate(self.stages):
            if number == 1 and is_missing(label):
                return -1
            if (place := places.get(key(label))) is not None:
                return place
        return -1

    def _form(self, label: Any) -> Any:
        kind, value = form_of(label)
        return ("number", int(value)) if self.are_bits and kind == "truth" else (kind, value)


def form_of(label: Any) -> Any:
    """Return what a label means: a truth value, a number, or a text without blanks around it."""
    text = str(label).strip()
    if text.casefold() in ("true", "false"):
        return "truth", text.casefold() == "true"
    if _NUMBER.fullmatch(text):
        number = float(text)
        if re.fullmatch(r"[+-]?[0-9]+", text):
            return "number", int(text)
        return "number", int(number) if number.is_integer() else number
    return "text", text


def _unambiguous(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """Return the place of each key that belongs to one place alone."""
    places: dict[Any, int] = {}
    shared = set()
    for key, place in pairs:
        if places.setdefault(key, place) != place:
            shared.add(key)
    return {key: place for key, place in places.items() if key not in shared}
