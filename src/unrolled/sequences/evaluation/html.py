"""Scores as HTML for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape


def verdict_and_table(
    verdict: str,
    caption: str,
    metrics: Sequence[str],
    rows: Mapping[str, Sequence[str]],
    notes: Sequence[str] = (),
) -> str:
    """Return a verdict, and under it a table of scores.

    Args:
        verdict: The sentence on top.
        caption: What was scored.
        metrics: The names of the columns.
        rows: By predictor, its scores.
        notes: Sentences under the table.

    Example:
        >>> verdict_and_table("Good.", "y", ["R2"], {"a<b": ["1"]})[:48]
        '<p><strong>Good.</strong></p><table><caption>y</'
    """
    head = "".join(f"<th>{escape(metric)}</th>" for metric in metrics)
    body = "".join(
        f"<tr><th>{escape(predictor)}</th>{''.join(f'<td>{escape(s)}</td>' for s in scores)}</tr>"
        for predictor, scores in rows.items()
    )
    return (
        f"<p><strong>{escape(verdict)}</strong></p>"
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody></table>"
        + "".join(f"<p>{escape(note)}</p>" for note in notes)
    )
