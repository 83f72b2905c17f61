"""Counts the steps that a loop really runs."""

import pytest


@pytest.fixture
def counted():
    """Return a function that takes a step and returns it with a function that counts its runs."""

    def wrap(step):
        runs = []

        def counting(previous, states, memory):
            runs.append(len(previous))
            return step(previous, states, memory)

        return counting, lambda: len(runs)

    return wrap
