"""Every error a user can cause, in one tree.

```
UnrolledError (a ValueError)
├── SettingError      an unknown name or a value out of range
├── ShapeError        sizes that do not fit the shape or the architecture
├── DataError         a file, a table, an array or a column that cannot be used
├── NotFittedError    a model asked to work before `fit`
├── ArtifactError     a folder that is not a saved model, or cannot become one
├── CheckpointError   a folder whose training cannot go on, or that cannot be used for one
└── MissingExtraError a feature whose optional package is not installed
```

Each message says what was got, what was expected, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UnrolledError(ValueError):
    """The root of the tree."""


class SettingError(UnrolledError):
    """An unknown name or a value out of range."""


class ShapeError(UnrolledError):
    """Sizes that do not fit the shape or the architecture."""


class DataError(UnrolledError):
    """A file, a table, an array or a column that cannot be used."""


class NotFittedError(UnrolledError, AttributeError):
    """A model asked to work before `fit`; `hasattr` is then False, as scikit-learn expects."""


class ArtifactError(UnrolledError):
    """A folder that is not a saved model, or cannot become one."""


class CheckpointError(UnrolledError):
    """A folder whose training cannot go on, or that cannot be used for one."""


class MissingExtraError(UnrolledError):
    """A feature whose optional package is not installed."""


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a hint naming what `name` most likely meant.

    Args:
        name: What was given.
        known: The names that exist.
        cutoff: How alike they must be, from 0 to 1.

    Returns:
        ` Did you mean 'x'?`, or an empty string when nothing is near.

    Example:
        >>> did_you_mean("lable", ["text", "label"])
        " Did you mean 'label'?"
    """
    found = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=cutoff)
    return f" Did you mean '{found[0]}'?" if found else ""


def quote_names(names: Iterable[object], limit: int = 8) -> str:
    """Return names as a readable list, cut after `limit`.

    Example:
        >>> quote_names(["a", "b", "c"], limit=2)
        "'a', 'b' and 1 more"
    """
    every = [f"'{name}'" for name in names]
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit} more"
