"""Counts the steps that a compiled loop really runs."""

import jax
import pytest


@pytest.fixture
def counted():
    """Return a function that takes a step and returns it with a function that counts its runs."""

    def wrap(step):
        runs = []

        def counting(previous, states, memory):
            jax.debug.callback(lambda: runs.append(1))
            return step(previous, states, memory)

        def count():
            jax.effects_barrier()
            return len(runs)

        return counting, count

    return wrap
