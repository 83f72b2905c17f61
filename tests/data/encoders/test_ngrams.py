"""Runs of symbols beside their rows."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.block import RaggedColumn
from unrolled.data.encoders import ngrams
from unrolled.data.encoders.ngrams import NGramEncoder

rows_of_ids = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), min_size=1, max_size=5)


def block(rows):
    return RaggedColumn.from_rows([np.array(row, np.int32) for row in rows])


def spelled(row, longest, *, closed):
    """Return the runs that end at each step of a row, with the places before and after it."""
    whole = [0, *row, 0]

    def ending(end, fewest):
        ngrams = [tuple(whole[max(0, end - n + 1) : end + 1]) for n in range(fewest, longest + 1)]
        return [run if len(run) == n else None for n, run in enumerate(ngrams, fewest)]

    for end in range(1, len(row) + 1):
        beyond = ending(end + 1, 2) if end == len(row) else [None] * (longest - 1)
        yield ending(end, 1) + (beyond if closed else [])


@given(rows_of_ids, rows_of_ids, st.sampled_from([31, 900]))
def test_an_id_stands_for_one_run_and_nought_for_what_is_not_known(known, rows, size):
    encoder = NGramEncoder(size=size).fit(block(known))
    longest, closed = (4, True) if size == 31 else (2, False)
    seen = {
        run for row in known for step in spelled(row, longest, closed=closed) for run in step if run
    }
    ids = {}
    encoded_rows = encoder.encode(block(rows))
    assert encoded_rows.flat.shape == (sum(map(len, rows)), encoder.ids_per_step)
    assert encoder.ids_per_step == (7 if closed else 2)
    for row, encoded in zip(rows, encoded_rows.rows(), strict=True):
        for step, each in zip(spelled(row, longest, closed=closed), encoded.tolist(), strict=True):
            for run, i in zip(step, each, strict=True):
                assert (i == 0) == (run not in seen)
                assert i == 0 or ids.setdefault(i, run) == run
    assert encoder.size == len(seen) + 1


def test_only_the_most_frequent_ngrams_are_known(monkeypatch):
    monkeypatch.setattr(ngrams, "MAX_NGRAMS", 2)
    encoder = NGramEncoder(size=900).fit(block([[1, 2], [1, 2], [3]]))
    counts = Counter(encoder.encode(block([[1, 2], [3]])).flat.ravel().tolist())
    assert counts[0] == 2  # 3, and what it makes with the place before it
    assert encoder.size == 5  # as frequent as the second are four


def test_more_symbols_than_a_pair_can_number_are_counted_alone():
    assert NGramEncoder(size=2**40).ids_per_step == 1


@pytest.mark.parametrize("size", [31, 900])
@pytest.mark.parametrize("rows", [[[1, 2, 1]], [[5]]])
def test_runs_go_to_json_and_back(rows, size):
    encoder = NGramEncoder(size=size).fit(block([[1, 2], [2, 1]]))
    reloaded = NGramEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert reloaded.size == encoder.size
    np.testing.assert_array_equal(
        reloaded.encode(block(rows)).flat, encoder.encode(block(rows)).flat
    )


def test_runs_that_say_nothing_of_the_end_stop_at_it():
    facts = NGramEncoder(size=31).fit(block([[1, 2]])).to_dict()
    del facts["closed"]
    assert NGramEncoder.from_dict(facts).ids_per_step == 4
