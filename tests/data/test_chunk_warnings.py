"""Warnings about chunks of a file say where they are, and do not fill the screen."""

import warnings

import pytest

from unrolled.data.chunk_warnings import MAX_SHOWN, ChunkWarnings


def test_warnings_of_a_whole_file_stay_as_they_are() -> None:
    with pytest.warns(UserWarning, match="^empty$"), ChunkWarnings(7).locate(0, 7):
        warnings.warn("empty", stacklevel=1)


def test_warnings_of_chunks_are_located_and_counted() -> None:
    chunks = ChunkWarnings(1000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for k in range(MAX_SHOWN + 3):
            with chunks.locate(10 * k, 10):
                warnings.warn("row 3 is empty", stacklevel=1)
        chunks.close()
    messages = [str(warning.message) for warning in caught]
    assert len(messages) == MAX_SHOWN + 1
    assert messages[1] == "rows 11 to 20, here counted from 1: row 3 is empty"
    assert messages[-1] == "3 further warnings about later rows are not shown."
