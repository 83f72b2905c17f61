"""What notebooks show: tables and lines as HTML, in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table as HTML.

    Args:
        head: The names of the columns.
        rows: The cells of each row.

    Example:
        >>> html_table(["a"], [["1 < 2"]])
        '<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1 &lt; 2</td></tr></tbody></table>'
    """
    body = "".join(_row("td", cells) for cells in rows)
    return f"<table><thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>"


def html_lines(lines: Iterable[str]) -> str:
    """Return lines as HTML paragraphs; empty ones are left out.

    Example:
        >>> html_lines(["a & b", ""])
        '<p>a &amp; b</p>'
    """
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)


def _row(tag: str, cells: Sequence[str]) -> str:
    """Return a row of a table."""
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"
