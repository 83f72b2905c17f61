"""Bytes as text: the encoding is detected where the bytes settle it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from unrolled.errors import DataError

BYTE_ORDER_MARKS = (  # the longer ones first: that of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "cp1252"
NEWLINE = b"\n"
BLOCK = 1 << 22
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f\x7f]")
_WORD = re.compile(r"[^\W\d_]+")
_HOW = "Save it as UTF-8, or state its encoding: --encoding NAME, such as cp1252 or cp1251."


@dataclass(frozen=True)
class Encoding:
    """An encoding, and what is assumed about it.

    Attributes:
        name: The name by which Python knows it.
        note: What was assumed, in a sentence; empty if the bytes settle it.
    """

    name: str
    note: str = ""


def decode(data: bytes, *, what: str, encoding: str | None = None) -> tuple[str, str]:
    """Return bytes as text, and a note on what was assumed (empty where nothing was).

    Args:
        data: The bytes of a file.
        what: Its name, for errors.
        encoding: The stated encoding; None detects it.

    Raises:
        DataError: The bytes are no text in the encoding, or in none that they settle; the message
            names the first bad byte and its line.

    Example:
        >>> decode("é".encode("utf-16"), what="a.csv")
        ('é', '')
    """
    detected = Encoding(encoding) if encoding else detect_encoding(data, what=what)
    try:
        return data.decode(detected.name).removeprefix("\ufeff"), detected.note
    except UnicodeDecodeError as error:
        line = data.count(NEWLINE, 0, error.start) + 1
        raise DataError(
            f"{what} is not {detected.name}: there is a byte 0x{data[error.start]:02x} at position"
            f" {error.start} (line {line}). {_HOW}"
        ) from None


def detect_encoding(data: bytes, *, what: str) -> Encoding:
    """Return the encoding of bytes: by their mark, else UTF-8, else Western European.

    Raises:
        DataError: They are no text, damaged UTF-8, or of an encoding that they do not settle.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return Encoding(name)
    if (position := data.find(b"\0")) >= 0:
        raise DataError(
            f"{what}, line {data.count(NEWLINE, 0, position) + 1}: there is a NUL byte at position"
            f" {position}. It is not text, or text in another encoding. {_HOW}"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _western(data, error, what)
    return Encoding("utf-8")


def detect_stream_encoding(file: BinaryIO, *, what: str) -> Encoding:
    """Return the encoding of a file that is larger than memory; see `detect_encoding`.

    One that is neither UTF-8 nor marked is judged by its first block with other letters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    block, start = file.read(BLOCK), 0
    for mark, name in BYTE_ORDER_MARKS:
        if block.startswith(mark):
            return Encoding(name)
    while block:
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            place = what if not start else f"{what}, from byte {start} on"
            return detect_encoding(block[: block.rfind(b"\n") + 1] or block, what=place)
        if b"\0" in block:
            return detect_encoding(block, what=what)
        start += len(block)
        block = file.read(BLOCK)
    return Encoding("utf-8")


def _western(data: bytes, error: UnicodeDecodeError, what: str) -> Encoding:
    """Return Windows-1252 if bytes look like it, which are not UTF-8; refuse others."""
    line = data.count(NEWLINE, 0, error.start) + 1
    refusal = DataError(
        f"{what} is not UTF-8: there is a byte 0x{data[error.start]:02x} at position"
        f" {error.start} (line {line}). {_HOW}"
    )
    if _CONTROL.search(data):
        raise refusal
    lenient = data.decode("utf-8", errors="replace")
    wrong = lenient.count("\ufffd")
    if sum(ord(letter) > 127 for letter in lenient) - wrong >= wrong:  # UTF-8 that is damaged
        raise refusal
    try:
        text = data.decode(WESTERN)
    except UnicodeDecodeError:
        raise refusal from None
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    accents = sum(ord(letter) > 127 for word in words for letter in word)
    if 2 * accents > sum(map(len, words)):  # in Western European words most letters have none
        raise refusal
    note = (
        f"{what} is not UTF-8. It was read as Windows-1252 (Western European), in which line"
        f" {line} has {_example(text)!r}. If that is wrong, state the encoding: --encoding NAME."
    )
    return Encoding(WESTERN, note)


def _example(text: str) -> str:
    """Return the first word with a letter that is not ASCII."""
    found = re.search(r"\S*[^\x00-\x7f]\S*", text)
    return found.group()[:40] if found else ""
