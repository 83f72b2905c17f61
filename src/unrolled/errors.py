"""Every error that a user can cause, in one tree.

```
UnrolledError (a ValueError)
├── SettingError      a setting is unknown or out of range
├── ShapeError        sizes do not fit the shape or the architecture
├── DataError         a file, a table, an array or a column cannot be used
├── NotFittedError    a model is used before it is fitted
├── ArtifactError     a saved model cannot be read or written
├── CheckpointError   a checkpoint folder cannot be used, or its training cannot continue
└── MissingExtraError an optional package is not installed
```

Each message says first what is wrong, then what was found and where, and then what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UnrolledError(ValueError):
    """The base class of all errors of this package."""


class SettingError(UnrolledError):
    """A setting is unknown or out of range."""


class ShapeError(UnrolledError):
    """Sizes do not fit the shape or the architecture."""


class DataError(UnrolledError):
    """A file, a table, an array or a column cannot be used."""


class NotFittedError(UnrolledError, AttributeError):
    """A model is used before it is fitted.

    It is also an `AttributeError`, so that `hasattr` is False as scikit-learn expects.
    """


class ArtifactError(UnrolledError):
    """A saved model cannot be read or written."""


class CheckpointError(UnrolledError):
    """A checkpoint folder cannot be used, or its training cannot continue."""


class MissingExtraError(UnrolledError):
    """An optional package is not installed."""


def did_you_mean(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return a hint with the known name that is most similar to an unknown one.

    Args:
        name: The unknown name.
        known: The names that exist.
        cutoff: The smallest similarity that counts, from 0 to 1.

    Returns:
        ` Did you mean 'x'?`, or an empty string if no known name is similar.

    Example:
        >>> did_you_mean("lable", ["text", "label"])
        " Did you mean 'label'?"
    """
    matches = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=cutoff)
    return f" Did you mean '{matches[0]}'?" if matches else ""


def quote_names(names: Iterable[object], limit: int = 8) -> str:
    """Return names in quotes, separated by commas; after `limit` names only their count.

    Example:
        >>> quote_names(["a", "b", "c"], limit=2)
        "'a', 'b' and 1 more"
    """
    quoted = [f"'{name}'" for name in names]
    shown = ", ".join(quoted[:limit])
    return shown if len(quoted) <= limit else f"{shown} and {len(quoted) - limit} more"
