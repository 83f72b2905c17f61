"""Word vectors from a local file, in the text format of word2vec, GloVe and fastText."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError


def read_word_vectors(path: str | Path, words: Collection[str]) -> dict[str, Array]:
    """Return the vectors (e) of those words that a file has.

    A line holds a word and its numbers, separated by spaces. A first line of two integers, the
    count of words and of numbers, is skipped. Only the lines of `words` are kept in memory.

    Args:
        path: The file; it is decompressed if its name ends in `.gz`.
        words: The words to look up, exactly as they are written.

    Raises:
        DataError: The file cannot be read, a line does not have as many numbers as the first,
            or none of the words is in it.
    """
    vectors: dict[str, Array] = {}
    width = 0
    for number, line in _lines(Path(path)):
        if number == 1 and _is_header(line):
            continue
        width = width or len(line.split()) - 1
        word, *numbers = line.rsplit(maxsplit=width) if width else [line]
        if not width or len(numbers) != width or len(line.split()) <= width:
            count = max(0, len(line.split()) - 1)
            wanted = f", but the lines before it have {width}" if width else ""
            raise DataError(
                f"'{Path(path).name}', line {number}: the word is followed by {count}"
                f" numbers{wanted}. Give a text file of word vectors: a word and its numbers on"
                " each line."
            )
        if word.strip() in words and word.strip() not in vectors:
            vectors[word.strip()] = _parse_numbers(numbers, number, path)
    if not vectors:
        raise DataError(
            f"'{Path(path).name}' has no vector for any word of the training part. Give vectors of"
            " its language, or leave `vectors` out."
        )
    return vectors


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty, and its number from 1."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.decode("utf-8", errors="replace").strip()
    except (OSError, EOFError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot read '{path}': {why}. Give a text file of word vectors.") from None


def _is_header(line: str) -> bool:
    """Return whether a line gives the count of words and the count of numbers."""
    parts = line.split()
    return len(parts) == 2 and all(part.isdecimal() for part in parts)


def _parse_numbers(parts: list[str], line: int, path: str | Path) -> Array:
    """Return a line's numbers (e)."""
    try:
        numbers = np.array(parts, dtype="float32")
        finite = np.isfinite(numbers)
        invalid = None if finite.all() else parts[int(np.argmin(finite))]
    except ValueError:
        invalid = next(part for part in parts if not _is_number(part))
    if invalid is not None:
        raise DataError(
            f"'{Path(path).name}', line {line}: {invalid!r} stands among the numbers and is not a"
            " finite number. Correct the line."
        )
    return numbers


def _is_number(part: str) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True
