"""JSON from untrusted files: parsed within limits, and checked for the types that it must have."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

MAX_DEPTH = 64  # of lists within lists
MAX_BRACKETS = 1 << 20  # each list and object takes many times the memory of its text
MAX_INTEGER = 2**63
T = TypeVar("T")


class RefusedError(ValueError):
    """A file of a saved model has a content that it cannot have; says which, in words."""


def parse_json(raw: bytes, name: str) -> Any:
    """Return the value of a JSON text.

    Args:
        raw: The text.
        name: The file, for the error.

    Raises:
        RefusedError: It is not JSON, is nested too deeply or too often, or has a number that is
            out of range.
    """
    if (count := raw.count(b"[") + raw.count(b"{")) > MAX_BRACKETS:
        raise RefusedError(f"{name} has {count} brackets, and at most {MAX_BRACKETS} are allowed")
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=_parse_float, parse_int=_parse_int)
    except RecursionError:
        raise RefusedError(f"{name} is nested more than {MAX_DEPTH} levels deep") from None
    except ValueError as error:
        raise RefusedError(f"{name} is not JSON ({error})") from None
    _check_depth(value, name)
    return value


def _check_depth(value: Any, name: str) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise RefusedError(f"{name} is nested more than {MAX_DEPTH} levels deep")
        nested = [v.values() if isinstance(v, dict) else v for v in level if _is_container(v)]
        level = [inner for values in nested for inner in values]


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
        return TypeAdapter(cls).validate_python(dict(state))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise RefusedError(
            f"'{place}' is {short_repr(first['input'])}: {first['msg'].lower()}"
        ) from None


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


def _parse_int(text: str) -> int:
    """Return an integer, unless it is larger than any count can be."""
    number = int(text) if len(text) <= 20 else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        raise ValueError(f"the number {text[:20]} is out of range")
    return number
