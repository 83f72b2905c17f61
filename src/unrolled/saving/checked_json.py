"""JSON from a stranger: parsed within limits, and held to the types it must have."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

MOST_DEPTH = 64  # lists within lists
MOST_INSIDE = 1 << 20  # lists and objects, which take many times the bytes that spell them
LARGEST = 2**63  # numbers that nothing here could count
T = TypeVar("T")


class RefusedError(ValueError):
    """What a saved model's file holds in place of what was expected, in words."""


def parsed(raw: bytes, name: str) -> Any:
    """Return what JSON says.

    Args:
        raw: The text.
        name: The file, for the error.

    Raises:
        RefusedError: It is no JSON, nested too deeply or too often, or has a number out of range.
    """
    if (count := raw.count(b"[") + raw.count(b"{")) > MOST_INSIDE:
        raise RefusedError(f"{name} has {count} brackets, expected at most {MOST_INSIDE}")
    try:
        found = json.loads(raw.decode("utf-8"), parse_float=_finite, parse_int=_counted)
    except RecursionError:
        raise RefusedError(f"{name} is nested too deeply, expected {MOST_DEPTH} levels") from None
    except ValueError as error:
        raise RefusedError(f"{name} is no JSON ({error})") from None
    level, depth = [found], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise RefusedError(f"{name} is nested too deeply, expected at most {MOST_DEPTH} levels")
        inner = [v.values() if isinstance(v, dict) else v for v in level if _holds(v)]
        level = [value for values in inner for value in values]
    return found


def from_untrusted(kind: type[T], facts: Any, name: str) -> T:
    """Return the dataclass that JSON describes.

    Args:
        kind: The dataclass, with a type for every attribute.
        facts: What JSON said.
        name: What it is called there, for the error.

    Raises:
        RefusedError: An attribute is missing, unknown, or of another type.
    """
    if not isinstance(facts, Mapping):
        raise RefusedError(f"'{name}' is {shown(facts)}, expected names with values")
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    if unknown := [one for one in facts if one not in known]:
        raise RefusedError(f"'{name}' has {shown(unknown[0])}, expected one of {sorted(known)}")
    try:
        found = TypeAdapter(kind).validate_python(dict(facts))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, (name, *first["loc"])))
        raise RefusedError(
            f"'{place}' is {shown(first['input'])}: {first['msg'].lower()}"
        ) from None
    return found


def number(facts: Mapping[str, Any], name: str, *, most: int, least: int = 1) -> int | None:
    """Return a whole number that JSON may leave out.

    Raises:
        RefusedError: It is something else, or out of range.
    """
    found = facts.get(name)
    if found is None:
        return None
    if type(found) is not int or not least <= found <= most:
        raise RefusedError(
            f"'{name}' is {shown(found)}, expected a whole number from {least} to {most}"
        )
    return found


def mapping(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return names with values that JSON may leave out.

    Raises:
        RefusedError: It is something else.
    """
    found = facts.get(name, {})
    if not isinstance(found, dict):
        raise RefusedError(f"'{name}' is {shown(found)}, expected names with values")
    return found


def tuples(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return what JSON describes with tuples in place of its lists."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in state.items()}


def _holds(value: Any) -> bool:
    return isinstance(value, dict | list)


def shown(value: Any) -> str:
    """Return a value as a few words, however large it is."""
    text = reprlib.repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _finite(text: str) -> float:
    """Return a number that is not too large for one."""
    found = float(text)
    if math.isinf(found):
        raise ValueError(f"the number {text[:20]} is out of range")
    return found


def _counted(text: str) -> int:
    """Return a whole number that is not too large to count anything."""
    found = int(text) if len(text) <= 20 else LARGEST + 1
    if abs(found) > LARGEST:
        raise ValueError(f"the number {text[:20]} is out of range")
    return found
