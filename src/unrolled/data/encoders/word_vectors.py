"""Word vectors from a local file, in the text form of word2vec, GloVe and fastText."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError


def read_word_vectors(path: str | Path, words: Collection[str]) -> dict[str, Array]:
    """Return the vectors (e) of those words that a file has.

    A line holds a word and its numbers, with blanks between; a first line of two whole numbers,
    how many words and how many numbers each, is passed over. Other lines are not kept.

    Args:
        path: The file; one whose name ends in `.gz` is unpacked on the way.
        words: What is looked up, as it is spelled.

    Raises:
        DataError: The file cannot be read, a line does not have as many numbers as the first,
            or no word is in it.
    """
    found: dict[str, Array] = {}
    width = 0
    for number, line in _lines(Path(path)):
        if number == 1 and _is_header(line):
            continue
        width = width or len(line.split()) - 1
        word, *numbers = line.rsplit(maxsplit=width) if width else [line]
        if not width or len(numbers) != width or len(line.split()) <= width:
            got = max(0, len(line.split()) - 1)
            raise DataError(
                f"line {number} of '{Path(path).name}' has {got} numbers after its word, expected"
                f" {width or 'some'}{', as in the lines before' if width else ''}. Give a text"
                " file of word vectors: a word and its numbers on each line."
            )
        if word.strip() in words and word.strip() not in found:
            found[word.strip()] = _numbers(numbers, number, path)
    if not found:
        raise DataError(
            f"got '{Path(path).name}' for vectors, expected a file that has words of the training"
            " part; it has none of them. Give vectors of its language, or leave them out."
        )
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty, and its number from 1."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.decode("utf-8", errors="replace").strip()
    except (OSError, EOFError) as error:
        says = getattr(error, "strerror", None) or str(error)
        raise DataError(
            f"cannot read '{path}': {says}. Give a text file of word vectors."
        ) from None


def _is_header(line: str) -> bool:
    """Return whether a line says how many words there are, and how many numbers each."""
    parts = line.split()
    return len(parts) == 2 and all(part.isdecimal() for part in parts)


def _numbers(parts: list[str], line: int, path: str | Path) -> Array:
    """Return a line's numbers (e)."""
    try:
        found = np.array(parts, dtype="float32")
        bad = None if np.isfinite(found).all() else parts[int(np.argmin(np.isfinite(found)))]
    except ValueError:
        bad = next(part for part in parts if not _is_number(part))
    if bad is not None:
        raise DataError(
            f"line {line} of '{Path(path).name}' has {bad!r} among its numbers, expected finite"
            " numbers. Correct the line."
        )
    return found


def _is_number(part: str) -> bool:
    try:
        float(part)
    except ValueError:
        return False
    return True
