"""Source text: values as literals, and long lines broken."""

from __future__ import annotations

import json
from typing import Any

from unrolled.errors import SettingError

WIDTH = 88

Source = str | tuple[str, "list[Source]", str]  # text, or parts between an opening and a closing


def literal(value: Any) -> str:
    """Return a setting as source."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        return _keras_object(value)
    if isinstance(value, (list, tuple)):
        items = ", ".join(literal(v) for v in value)
        return f"({items},)" if len(value) == 1 else f"({items})"
    return repr(value)


def _keras_object(config: dict[str, Any]) -> str:
    """Return an initializer, a regularizer or a constraint as source."""
    module, name = config.get("module") or "", config.get("class_name")
    if not module.startswith("keras."):
        raise SettingError(
            f"A layer has the setting {name!r}, which is not part of Keras, so that the network"
            " cannot be printed as plain Keras. Use an object of Keras instead."
        )
    arguments = ", ".join(f"{key}={literal(value)}" for key, value in config["config"].items())
    return f"{module}.{name}({arguments})"


def quote(text: str) -> str:
    """Return a string in double quotes, or in single ones where that saves an escape."""
    single = text.count('"') > text.count("'")
    return repr(text) if single else json.dumps(text, ensure_ascii=False)


def one_line(source: Source) -> str:
    """Return source on one line."""
    if isinstance(source, str):
        return source
    head, parts, tail = source
    return f"{head}{', '.join(map(one_line, parts))}{tail}"


def break_lines(source: Source, *, indent: int = 0, after: str = "") -> str:
    """Return source on one line, or broken at its parts where it would be too long."""
    space, line = " " * indent, one_line(source) + after
    if isinstance(source, str) or indent + len(line) <= WIDTH:
        return space + line
    head, parts, tail = source
    inner = "\n".join(break_lines(part, indent=indent + 4, after=",") for part in parts)
    return f"{space}{head}\n{inner}\n{space}{tail}{after}"
