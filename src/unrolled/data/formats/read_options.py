"""How a file is to be read, where its content does not say it or says something else."""

from __future__ import annotations

import codecs
import datetime
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

from unrolled.errors import SettingError, did_you_mean, quote_names

SEPARATOR_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "space": " "}
DECIMALS = (".", ",")


@dataclass(frozen=True)
class ReadOptions:
    """What a person states about a file; None leaves it to be detected.

    Attributes:
        columns: A name for each column of a file without a header line.
        separator: The character between the cells of a delimited file; `tab` is one, too.
        decimal: The decimal mark, `.` or `,`. The other one of the two then separates thousands.
        encoding: The encoding of the text, such as `cp1251` or `utf-16-le`.
        missing: Cells that mean "missing", besides empty ones.
        date_format: How dates are written, such as `%d.%m.%Y`.

    Example:
        >>> ReadOptions(separator="tab", columns=["a", "b"]).separator
        '\\t'
    """

    columns: Sequence[str] | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    missing: Sequence[str] | None = None
    date_format: str | None = None

    def __post_init__(self) -> None:
        for name in ("columns", "missing"):
            value = getattr(self, name)
            if value is not None:
                several = (value,) if isinstance(value, str) else tuple(map(str, value))
                object.__setattr__(self, name, several)
        if self.separator is not None:
            separator = SEPARATOR_NAMES.get(self.separator, self.separator)
            if len(separator) != 1 or separator in '"\r\n' or ord(separator) > 127:
                raise SettingError(
                    f"the separator {self.separator!r} cannot be used. Give one character, such as"
                    " ';' or '|', or the word tab."
                )
            object.__setattr__(self, "separator", separator)
        if self.decimal is not None and self.decimal not in DECIMALS:
            raise SettingError(f"the decimal mark is '.' or ',', and not {self.decimal!r}.")
        if self.decimal is not None and self.decimal == self.separator == ".":
            raise SettingError("the separator and the decimal mark are both '.'. Change one.")
        if self.encoding is not None:
            _check_encoding(self.encoding)
        if self.date_format is not None:
            _check_date_format(self.date_format)

    def stated(self) -> dict[str, Any]:
        """Return the options that are stated, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}

    def refuse_unused(self, used: Collection[str], what: str, is_what: str) -> None:
        """Refuse stated options that do not apply.

        Args:
            used: The names of the options that apply.
            what: The source.
            is_what: What the source is, in words.

        Raises:
            SettingError: An option is stated that has no effect on the source.
        """
        unused = [name for name in self.stated() if name not in used]
        if unused:
            raise SettingError(
                f"{quote_names(unused)} {'has' if len(unused) == 1 else 'have'} no effect on"
                f" {what}, which is {is_what}. Leave {'it' if len(unused) == 1 else 'them'} out."
            )


def _check_encoding(name: str) -> None:
    """Refuse an encoding that Python does not know, or that is none of text."""
    try:
        is_text = codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        known = ["utf-8", "utf-16", "utf-16-le", "cp1252", "latin-1", "cp1251", "cp1250", "gb18030"]
        raise SettingError(
            f"there is no encoding {name!r}. Some that exist are"
            f" {quote_names([*known, 'shift_jis', 'big5', 'euc-kr'], 12)}."
            f"{did_you_mean(name, known)}"
        )


def _check_date_format(form: str) -> None:
    """Refuse a format of dates that says no date."""
    example = datetime.datetime(2024, 12, 31, 13, 45, 30)
    try:
        has_codes = "%" in form and example.strftime(form) != form
    except ValueError:
        has_codes = False
    if not has_codes:
        raise SettingError(
            f"the date format {form!r} says nothing of a date. Write day, month and year as %d, %m"
            " and %Y, such as %d.%m.%Y for 31.12.2024, or %m/%d/%Y %H:%M for 12/31/2024 13:45."
        )
