"""Runs of symbols beside their rows."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data import runs
from unrolled.data.batch import Block
from unrolled.data.runs import Runs

rows_of_ids = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=6), min_size=1, max_size=5)


def block(rows):
    return Block.of([np.array(row, np.int32) for row in rows])


def spelled(row, longest):
    """Return the runs that end at each step of a row, one place before it among them."""
    started = [0, *row]
    for end in range(1, len(started)):
        yield [
            tuple(started[end - n + 1 : end + 1]) if n <= end + 1 else None
            for n in range(1, longest + 1)
        ]


@given(rows_of_ids, rows_of_ids, st.sampled_from([31, 900]))
def test_an_id_stands_for_one_run_and_nought_for_what_is_not_known(known, rows, size):
    made = Runs(size=size).fit(block(known))
    longest = 4 if size == 31 else 2
    assert made.longest == longest
    seen = {run for row in known for step in spelled(row, longest) for run in step if run}
    ids = {}
    found = made.encode(block(rows))
    assert found.flat.shape == (sum(map(len, rows)), longest)
    for row, encoded in zip(rows, found.rows(), strict=True):
        for step, each in zip(spelled(row, longest), encoded.tolist(), strict=True):
            for run, i in zip(step, each, strict=True):
                assert (i == 0) == (run not in seen)
                assert i == 0 or ids.setdefault(i, run) == run
    assert made.size == len(seen) + 1


def test_the_most_frequent_runs_are_kept(monkeypatch):
    monkeypatch.setattr(runs, "MOST", 2)
    made = Runs(size=900).fit(block([[1, 2], [1, 2], [3]]))
    counts = Counter(made.encode(block([[1, 2], [3]])).flat.ravel().tolist())
    assert counts[0] == 2  # 3, and what it makes with the place before it
    assert made.size == 5  # as frequent as the second are four


def test_more_symbols_than_a_pair_can_number_are_counted_alone():
    assert Runs(size=2**40).longest == 1


@pytest.mark.parametrize("rows", [[[1, 2, 1]], [[5]]])
def test_runs_go_to_json_and_back(rows):
    made = Runs(size=900).fit(block([[1, 2], [2, 1]]))
    again = Runs.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again.size == made.size
    np.testing.assert_array_equal(again.encode(block(rows)).flat, made.encode(block(rows)).flat)
