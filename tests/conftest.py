"""Tests run on JAX unless `KERAS_BACKEND` says otherwise; real data is used where it is at hand.

`make test` runs the tests that are not marked `slow`. A test with very many cases is marked
`representatives(count)` or `representatives(by=function)`: some of its cases run in `make test`
(so many, evenly spaced; or the first of each value that the function returns for the parameters),
and all of them in `make test-all`.
"""

from __future__ import annotations

import gc
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from unrolled.backend import prefer_jax

prefer_jax()

collect_ignore = ["saved", "fuzz"]  # models of every format; what `make fuzz` runs
hypothesis.settings.register_profile("patient", deadline=None, max_examples=50)
hypothesis.settings.load_profile("patient")

_modules = count(1)
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow the cases of a test that do not represent it."""
    cases: dict[str, list[Any]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("representatives"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for group in cases.values():
        for item in set(group) - _representatives(group):
            item.add_marker(pytest.mark.slow)


def _representatives(group: list[Any]) -> set[Any]:
    """Return the cases of one test that run in `make test`."""
    marker = group[0].get_closest_marker("representatives")
    if "by" in marker.kwargs:
        first: dict[Any, Any] = {}
        for item in group:
            first.setdefault(marker.kwargs["by"](**item.callspec.params), item)
        return set(first.values())
    (number,) = marker.args
    number = min(number, len(group))
    return {group[round(i * (len(group) - 1) / max(number - 1, 1))] for i in range(number)}


@pytest.fixture(scope="module", autouse=True)
def _free_compiled_programs() -> Iterator[None]:
    """After every eighth module forget what JAX compiled: it would be several GiB by the end."""
    yield
    if next(_modules) % 8 == 0 and "jax" in sys.modules and "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
        sys.modules["jax"].clear_caches()
        gc.collect()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the real data in ../shared/data is not here")
    return SHARED
