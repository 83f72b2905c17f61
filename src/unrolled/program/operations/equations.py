"""Equations of Einstein sums, as "btf,fo->bto": checked, so that no row reads another."""

from __future__ import annotations

import re

from unrolled.errors import ShapeError

MAX_LENGTH = 40
FORM = re.compile(r"[a-zA-Z.]+(,[a-zA-Z.]+)*->[a-zA-Z.]+")


def check_equation(equation: str, *, tensors: int, weights: int = 0) -> None:
    """Refuse an equation in which the first axis of every tensor is not the batch.

    An ellipsis may stand for the batch and the axes after it, where there is only one tensor.

    Args:
        equation: The equation, with an arrow.
        tensors: The number of tensors, which come first.
        weights: The number of weights, which have no batch.

    Raises:
        ShapeError: It has another form, or joins different rows.
    """
    text = equation.replace(" ", "")
    if len(text) > MAX_LENGTH or not FORM.fullmatch(text):
        raise ShapeError(f"the equation {equation[:MAX_LENGTH]!r} is not of the form 'btf,fo->bto'")
    left, result = text.split("->")
    terms = left.split(",")
    if len(terms) != tensors + weights:
        raise ShapeError(f"the equation {equation!r} is not one of {tensors + weights} arrays")
    batch = "..." if result.startswith("...") and tensors == 1 else result[0]
    with_batch = (*terms[:tensors], result)
    others = [*(term.removeprefix(batch) for term in with_batch), *terms[tensors:]]
    starts = all(term.startswith(batch) for term in with_batch)
    if not starts or any(batch in term or "." in term for term in others):
        raise ShapeError(f"the equation {equation!r} joins rows: only the first axis is the batch")
