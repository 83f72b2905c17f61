"""JSON from untrusted files: parsed within limits, and checked for the types that it must have."""

from __future__ import annotations

import json
import math
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache, partial
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from unrolled.errors import UnrolledError

MAX_DEPTH = 64  # of lists within lists
MAX_BRACKETS = 1 << 20  # each list and object takes many times the memory of its text
MAX_INTEGER = 2**63
T = TypeVar("T")


class RefusedError(ValueError):
    """A file of a saved model has a content that it cannot have; says which, in words."""


class JsonObject(dict[str, Any]):
    """An object of a JSON text. To read a name that it lacks is an error that says where.

    Attributes:
        file: The file.
        parent: The object that it stands in; None for the outermost one.
        key: The name under which it stands there, itself or in a list.

    Example:
        >>> parse_json(b'{"schema": {"inputs": [{}]}}', "manifest.json")["schema"]["outputs"]
        Traceback (most recent call last):
        unrolled.saving.checked_json.RefusedError: 'schema' of manifest.json has no 'outputs'
    """

    __slots__ = ("file", "key", "parent")
    file: str
    parent: JsonObject | None
    key: str

    @property
    def place(self) -> str:
        """Where it stands, in words."""
        keys: list[str] = []
        here = self
        while here.parent is not None:
            keys.insert(0, here.key)
            here = here.parent
        return f"{short_repr('.'.join(keys))} of {self.file}" if keys else self.file

    def __missing__(self, key: object) -> Any:
        raise RefusedError(f"{self.place} has no {short_repr(key)}")


@contextmanager
def reading(part: str) -> Iterator[None]:
    """Name the part of a saved model that is damaged, where an error does not name it itself.

    Args:
        part: The part and its file.

    Raises:
        RefusedError: The block raised an error that is not about saved models.
    """
    try:
        yield
    except (RefusedError, UnrolledError, OSError):
        raise
    except Exception as error:  # whatever a damaged file may cause in our code
        message = (str(error).splitlines() or [""])[0][:200]
        raise RefusedError(
            f"{part} does not have the form of a saved model ({type(error).__name__}: {message})"
        ) from None


def parse_json(raw: bytes, name: str) -> Any:
    """Return the value of a JSON text, whose objects are `JsonObject`s.

    Args:
        raw: The text.
        name: The file, for the error.

    Raises:
        RefusedError: It is not JSON, is nested too deeply or too often, has a name twice in one
            object, or has a number that is out of range or no number.
    """
    if (count := raw.count(b"[") + raw.count(b"{")) > MAX_BRACKETS:
        raise RefusedError(f"{name} has {count} brackets, and at most {MAX_BRACKETS} are allowed")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=partial(_json_object, name),
            parse_float=_parse_float,
            parse_int=_parse_int,
            parse_constant=_refuse_constant,
        )
    except RefusedError:
        raise
    except RecursionError:
        raise RefusedError(f"{name} is nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as error:
        raise RefusedError(f"{name} is not JSON ({error})") from None
    _set_places(value, name)
    return value


def _json_object(file: str, pairs: list[tuple[str, Any]]) -> JsonObject:
    """Return an object of a JSON text, whose place in the text is not known yet."""
    value = JsonObject(pairs)
    if len(value) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise RefusedError(f"{file} has the name {short_repr(twice)} twice in one object")
    value.file, value.parent, value.key = file, None, ""
    return value


def _set_places(value: Any, name: str) -> None:
    """Let each object know where it stands, and refuse a text that is nested too deeply."""
    level: list[tuple[Any, JsonObject | None, str]] = [(value, None, "")]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise RefusedError(f"{name} is nested more than {MAX_DEPTH} levels deep")
        below: list[tuple[Any, JsonObject | None, str]] = []
        for here, parent, key in level:
            if isinstance(here, JsonObject):
                here.parent, here.key = parent, key
                below += [(v, here, k) for k, v in here.items() if _is_container(v)]
            elif isinstance(here, list):
                below += [(v, parent, key) for v in here if _is_container(v)]
        level = below


def from_untrusted(cls: type[T], state: Any, name: str) -> T:
    """Return the dataclass that JSON describes.

    Args:
        cls: The dataclass, with a type for every attribute.
        state: The value from the JSON.
        name: Its name in the JSON, for the error.

    Raises:
        RefusedError: An attribute is missing, unknown, or of another type.
    """
    if not isinstance(state, Mapping):
        raise RefusedError(f"'{name}' is {short_repr(state)}, and must be an object with names")
    known = {field.name for field in fields(cls)}  # type: ignore[arg-type]
    if unknown := [key for key in state if key not in known]:
        raise RefusedError(
            f"'{name}' has the unknown name {short_repr(unknown[0])}; its names are"
            f" {', '.join(sorted(known))}"
        )
    try:
        kind: Any = cls
        checked: T = _adapter(kind).validate_python(dict(state))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise RefusedError(
            f"'{place}' is {short_repr(first['input'])}: {first['msg'].lower()}"
        ) from None
    return checked


@cache
def _adapter(cls: type[Any]) -> TypeAdapter[Any]:
    """Return what checks a dataclass; to make it takes a thousand times as long as to use it."""
    return TypeAdapter(cls)


def optional_integer(
    state: Mapping[str, Any], name: str, *, maximum: int, minimum: int = 1
) -> int | None:
    """Return an integer that may be missing from the JSON.

    Raises:
        RefusedError: It is something else, or out of range.
    """
    value = state.get(name)
    if value is None:
        return None
    if type(value) is not int or not minimum <= value <= maximum:
        raise RefusedError(
            f"'{name}' is {short_repr(value)}, and must be a whole number from {minimum} to"
            f" {maximum}"
        )
    return value


def optional_dict(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object that may be missing from the JSON.

    Raises:
        RefusedError: It is something else.
    """
    value = state.get(name, {})
    if not isinstance(value, dict):
        raise RefusedError(f"'{name}' is {short_repr(value)}, and must be an object with names")
    return value


def lists_to_tuples(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of the JSON with tuples in place of its lists."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in state.items()}


def short_repr(value: Any) -> str:
    """Return a value as a few words, however large it is."""
    text = reprlib.repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _is_container(value: Any) -> bool:
    return isinstance(value, dict | list)


def _parse_float(text: str) -> float:
    """Return a number, unless it is so large that a float cannot hold it."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is out of range")
    return number


def _refuse_constant(text: str) -> float:
    """Refuse `NaN` and `Infinity`, which Python would read."""
    raise ValueError(f"{text} is not a number of JSON")


def _parse_int(text: str) -> int:
    """Return an integer, unless it is larger than any count can be."""
    number = int(text) if len(text) <= 20 else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"the number {text[:20]} is out of range")
    return number
