"""Blocks of code whose matrix products run on one thread, in several threads at once."""

from threading import Barrier, Thread

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from unrolled.runtime.blas import single_threaded_products


def threads_of_numpy():
    """Return the numbers of threads of the libraries that NumPy multiplies with."""
    return {
        info["num_threads"]
        for info in threadpool_info()
        if info["user_api"] == "blas" and "numpy" in info["filepath"]
    }


@pytest.fixture
def two_threads():
    """Give the products two threads, also where a machine has one processor."""
    with threadpool_limits(2, user_api="blas"):
        if threads_of_numpy() != {2}:
            pytest.skip("this NumPy does not multiply on several threads")
        yield


@pytest.mark.usefixtures("two_threads")
def test_products_in_a_block_run_on_one_thread():
    x = np.random.default_rng(0).normal(size=(300, 300)).astype("float32")
    expected = x @ x
    with single_threaded_products():
        assert threads_of_numpy() == {1}
        with single_threaded_products():
            np.testing.assert_allclose(x @ x, expected, rtol=1e-5, atol=1e-4)
        assert threads_of_numpy() == {1}
    assert threads_of_numpy() == {2}


@pytest.mark.usefixtures("two_threads")
def test_the_number_of_before_returns_after_an_error():
    with pytest.raises(RuntimeError), single_threaded_products():
        raise RuntimeError
    assert threads_of_numpy() == {2}


@pytest.mark.usefixtures("two_threads")
def test_blocks_of_several_threads_may_end_in_any_order():
    both_in, first_out = Barrier(2), Barrier(2)
    within = []

    def first():
        with single_threaded_products():
            both_in.wait()
        first_out.wait()

    thread = Thread(target=first)
    thread.start()
    with single_threaded_products():
        both_in.wait()
        first_out.wait()
        within.append(threads_of_numpy())
    thread.join()
    assert within == [{1}]
    assert threads_of_numpy() == {2}
