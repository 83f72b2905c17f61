"""Which class a label means, however it is written: `1`, `1.0`, `"1"`, `True` or `" true "`."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.data.block import Array

WORDS_OF_TRUTH = {"true": True, "false": False}
_NUMBER = re.compile(r"[+-]?([0-9]{1,99}\.?[0-9]{0,99}|\.[0-9]{1,99})([eE][+-]?[0-9]{1,2})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,99}")
Form = tuple[str, Hashable]


class LabelIndex:
    """Finds the class of a label among the classes of a column.

    The same label is a number in one file, text in another and a boolean in a third. A label is
    compared in four ways, and the first one that fits a single class decides:

    1. the same value of the same type;
    2. the same text;
    3. the same text without the blanks around it;
    4. the same number (`1`, `1.0`, `"1"`, `"+1.00"`), or the same truth value (`True`, `"true"`).
       Truth values and the numbers 0 and 1 are the same where the classes are nothing but truth
       values, or nothing but 0 and 1.

    Args:
        classes: The labels of the training part, in the order of their ids.

    Example:
        >>> LabelIndex(["no", "1"]).ids(["1", 1.0, " no", "yes", None]).tolist()
        [1, 1, 0, -1, -1]
    """

    def __init__(self, classes: Sequence[Any]) -> None:
        self.classes = classes
        self._by_value = {_typed(label): i for i, label in enumerate(classes)}
        self._by_text = _unambiguous((str(label), i) for i, label in enumerate(classes))
        self._by_plain_text = _unambiguous(
            (str(label).strip(), i) for i, label in enumerate(classes)
        )
        forms = {canonical_form(label) for label in classes}
        truths, bits = {("truth", False), ("truth", True)}, {("number", 0), ("number", 1)}
        self._are_bits = bool(forms) and (forms <= truths or forms == bits)
        self._by_form = _unambiguous((self._form(label), i) for i, label in enumerate(classes))

    def ids(self, labels: Iterable[Any]) -> Array:
        """Return the id of each label's class (n), -1 where it is missing or unknown."""
        known: dict[Hashable, int] = {}
        ids = []
        for label in labels:
            key = _typed(label)
            if key not in known:
                known[key] = self._find(label)
            ids.append(known[key])
        return np.array(ids, dtype=np.int32)

    def as_classes(self, labels: Iterable[Any]) -> Array:
        """Return labels in the form of the classes (n); an unknown label stays as it is."""
        labels = list(labels)
        values = np.empty(len(labels), dtype=object)
        values[:] = [
            label if i < 0 else self.classes[i]
            for label, i in zip(labels, self.ids(labels).tolist(), strict=True)
        ]
        return values

    def _find(self, label: Any) -> int:
        """Return the id of one label, -1 where it is missing or unknown."""
        if (i := self._by_value.get(_typed(label))) is not None:
            return i
        if is_missing(label):
            return -1
        text = str(label)
        for key, ids in (
            (text, self._by_text),
            (text.strip(), self._by_plain_text),
            (self._form(label), self._by_form),
        ):
            if key in ids:
                return ids[key]
        return -1

    def _form(self, label: Any) -> Form:
        """Return the canonical form of a label, with 0 and 1 for truth values where they agree."""
        kind, value = canonical_form(label)
        if self._are_bits and kind == "truth":
            return "number", int(bool(value))
        return kind, value


def canonical_form(label: Any) -> Form:
    """Return what a label means: a truth value, a number, or a text without blanks around it.

    Example:
        >>> canonical_form(" 1.0"), canonical_form(True), canonical_form("yes")
        (('number', 1), ('truth', True), ('text', 'yes'))
    """
    if isinstance(label, bool | np.bool_):
        return "truth", bool(label)
    text = str(label).strip()
    if text.casefold() in WORDS_OF_TRUTH:
        return "truth", WORDS_OF_TRUTH[text.casefold()]
    if _INTEGER.fullmatch(text):
        return "number", int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return "number", int(number) if number.is_integer() else number
    return "text", text


def is_missing(label: Any) -> bool:
    """Return whether a label is missing: None, NaN, NA, or a text of nothing but blanks.

    Example:
        >>> [is_missing(label) for label in (None, float("nan"), " ", 0, False, "no")]
        [True, True, True, False, False, False]
    """
    if label is None or (isinstance(label, str) and not label.strip()):
        return True
    try:
        return not bool(label == label)  # NaN and NaT differ from themselves
    except (TypeError, ValueError):  # pandas.NA has no truth value
        return True


def codes(*columns: Iterable[Any]) -> tuple[list[Array], dict[int, Any]]:
    """Return a number for each different label of several columns, and the label of each number.

    `1`, `"1"` and `True` are different labels here: give the labels in the form of the classes.

    Example:
        >>> codes(["a", "b"], ["b", "b"])
        ([array([0, 1]), array([1, 1])], {0: 'a', 1: 'b'})
    """
    numbers: dict[Hashable, int] = {}
    labels: dict[int, Any] = {}
    coded = []
    for column in columns:
        row = []
        for label in column:
            number = numbers.setdefault(_typed(label), len(numbers))
            labels.setdefault(number, label)
            row.append(number)
        coded.append(np.array(row, dtype=np.int64))
    return coded, labels


def _typed(label: Any) -> Hashable:
    """Return a key for a label in which `1`, `1.0`, `True` and `"1"` differ."""
    if isinstance(label, np.generic):
        label = label.item()
    return type(label).__name__, label


def _unambiguous(pairs: Iterable[tuple[Hashable, int]]) -> Mapping[Hashable, int]:
    """Return the id of each key that belongs to one id alone."""
    ids: dict[Hashable, int] = {}
    shared = set()
    for key, i in pairs:
        if ids.setdefault(key, i) != i:
            shared.add(key)
    return {key: i for key, i in ids.items() if key not in shared}
