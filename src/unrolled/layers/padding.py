"""Which steps of a padded batch are real: a mask, lengths, or both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.errors import ShapeError


@dataclass(frozen=True)
class Padding:
    """The mask and the lengths of one call of a layer.

    Args:
        mask: `b t`, True where a step is real; None if only lengths were given.
        lengths: `b` int32, the steps of each right-padded row; None if a mask was given.
        from_zero: The initial state is known to be zeros.
    """

    mask: Any = None
    lengths: Any = None
    from_zero: bool = False

    def as_mask(self, steps: int) -> Any:
        """Return the mask, `b t`, which is computed from the lengths if there is none."""
        return self.mask if self.lengths is None else mask_from_lengths(self.lengths, steps)


def mask_from_lengths(lengths: Any, steps: int) -> Any:
    """Return a mask that is True at the first `lengths` of `steps` steps, `b t`.

    Args:
        lengths: `b`, integers.
        steps: The padded number of steps, `t`.
    """
    return keras.ops.arange(steps, dtype="int32") < keras.ops.expand_dims(lengths, 1)


def merge_padding(mask: Any, lengths: Any, steps: int, *, from_zero: bool) -> Padding | None:
    """Return the padding by a mask and lengths, or None if neither was given.

    Args:
        mask: `b t`, or a list whose first item is that (Keras' form for many inputs), or None.
        lengths: `b` integers, or None. If there is also a mask, a step must be real by both.
        steps: The padded number of steps, `t`.
        from_zero: The initial state is known to be zeros.

    Raises:
        ShapeError: A length is negative or no whole number, where that is known: in a call outside
            of a compiled function.
    """
    mask = mask[0] if isinstance(mask, list | tuple) else mask
    if lengths is None:
        return None if mask is None else Padding(mask, None, from_zero)
    if _is_known(lengths):
        _check_lengths(np.asarray(keras.ops.convert_to_numpy(lengths)), steps)
    lengths = keras.ops.clip(
        keras.ops.cast(keras.ops.convert_to_tensor(lengths), "int32"), 0, steps
    )
    if mask is None:
        return Padding(None, lengths, from_zero)
    both = keras.ops.logical_and(keras.ops.cast(mask, "bool"), mask_from_lengths(lengths, steps))
    return Padding(both, None, from_zero)


def _is_known(lengths: Any) -> bool:
    """Return whether lengths have values now, and are not the argument of a compiled function."""
    backend = keras.backend.backend()
    if isinstance(lengths, keras.KerasTensor):
        return False
    if backend == "jax":
        import jax

        return not isinstance(lengths, jax.core.Tracer)
    if backend == "torch":
        import torch

        return not (torch.compiler.is_compiling() or torch.jit.is_tracing())
    return hasattr(lengths, "numpy") or not keras.ops.is_tensor(lengths)


def _check_lengths(lengths: Any, steps: int) -> None:
    """Refuse lengths that are not numbers of steps, and name the first row."""
    wrong = ~(np.isfinite(lengths) & (lengths >= 0) & (lengths == np.floor(lengths)))
    if wrong.any():
        row = int(np.flatnonzero(wrong.ravel())[0])
        raise ShapeError(
            f"lengths has {lengths.ravel()[row].item()} in row {row} (the first is row 0). A length"
            f" is the number of real steps of a row, a whole number from 0 to {steps}."
        )
