"""Threads, processes and instruction sets all give the same results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import CELLS, assert_close, at_once, problem, recurrence, results, wanted

from unrolled.kernels import ffi

pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
cells = pytest.mark.parametrize("cell", CELLS)
BUSY = (70, 20, 5, 48)  # enough work for three threads


@pytest.fixture
def set_threads():
    yield ffi.set_threads
    ffi.set_threads(0)


@pytest.mark.slow
@cells
def test_every_number_of_threads_gives_the_same_and_is_repeatable(cell, set_threads):
    p = problem(cell, BUSY)
    want = wanted(cell, BUSY)
    for count in (1, 2, 3):
        set_threads(count)
        assert ffi.threads() == count
        first, again = results(recurrence(ffi, cell), p), results(recurrence(ffi, cell), p)
        assert_close(first, want)
        assert_close(again, first, 0)


@cells
def test_the_number_of_threads_may_change_between_forward_and_backward(cell, set_threads):
    p = problem(cell, BUSY)
    want = results(recurrence(ffi, cell), p)
    set_threads(3)
    out, pull = jax.vjp(lambda *args: recurrence(ffi, cell)(*args, p.lengths), *p.args)
    jax.block_until_ready(out)
    set_threads(1)
    grads = pull(tuple(p.out_weights))
    assert_close([np.asarray(g) for g in (*out, *grads)], want)


def test_two_threads_train_at_the_same_time():
    problems = [problem(cell, BUSY, seed=seed) for seed, cell in enumerate(CELLS)]
    want = [results(recurrence(ffi, p.cell), p) for p in problems]
    failures = []

    def train(p, w):
        for _ in range(5):
            try:
                assert_close(results(recurrence(ffi, p.cell), p), w, 0)
            except AssertionError as failure:
                failures.append(failure)

    at_once(train, zip(problems, want, strict=True))
    assert not failures


FORK = """
import os, signal
import jax
jax.config.update("jax_cpu_enable_async_dispatch", False)
import sys; sys.path.insert(0, sys.argv[1])
from recurrence_cases import assert_close, problem
from unrolled.kernels import ffi
import numpy as np
ffi.set_threads(3)
p = problem("lstm", (70, 20, 5, 48))
run = jax.jit(lambda *a: ffi.lstm(*a, p.lengths))
want = [np.asarray(o) for o in run(*p.args)]
child = os.fork()
if child == 0:
    signal.alarm(60)
    assert_close([np.asarray(o) for o in run(*p.args)], want, 0)
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert_close([np.asarray(o) for o in run(*p.args)], want, 0)
print("forked and ran", ffi.threads())
"""


def python(script, *arguments, **environment):
    here = str(Path(__file__).parent)
    command = [sys.executable, "-W", "ignore", "-c", script, here, *arguments]
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_starts_its_own_threads():
    assert "forked and ran 3" in python(FORK)


SETS = """
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from recurrence_cases import CELLS, assert_close, problem, recurrence, results
from unrolled.kernels import ffi
for cell in CELLS:
    for size in ((5, 7, 3, 65), (67, 4, 2, 17)):
        with np.load(f"{sys.argv[2]}/{cell}{size[0]}.npz") as kept:
            assert_close(results(recurrence(ffi, cell), problem(cell, size)), list(kept.values()))
print(ffi.instruction_set())
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Write the results of the reference to files, so that the processes can read them."""
    folder = tmp_path_factory.mktemp("wanted")
    for cell in CELLS:
        for size in ((5, 7, 3, 65), (67, 4, 2, 17)):
            np.savez(folder / f"{cell}{size[0]}.npz", *wanted(cell, size))
    return str(folder)


def needed(name):
    flags = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    lacks = name != "portable" and {"avx512": "avx512f", "avx2": "avx2"}[name] not in flags
    return pytest.param(name, marks=pytest.mark.skipif(lacks, reason=f"no {name} here"))


instruction_sets = pytest.mark.parametrize(
    "name", [needed("avx512"), needed("avx2"), needed("portable")]
)


@pytest.mark.slow
@instruction_sets
def test_each_instruction_set(name, kept):
    assert python(SETS, kept, UNROLLED_ISA=name).strip() == name


ACTIVATIONS = """
import ctypes, sys
import numpy as np
from unrolled.kernels import native
x = np.load(sys.argv[2] + "/x.npy")
for name in ("sigmoid", "tanh"):
    y = np.empty_like(x)
    at = [a.ctypes.data_as(ctypes.c_void_p) for a in (x, y)]
    getattr(native.require_library(), f"unrolled_{name}")(*at, x.size)
    np.save(f"{sys.argv[2]}/{name}.npy", y)
print(native.instruction_set())
"""


@instruction_sets
def test_activations_of_each_instruction_set(name, tmp_path):
    ranges = [np.linspace(-end, end, 40001) for end in (1, 10, 100)]
    x = np.concatenate([*ranges, [np.nan, np.inf, -np.inf]]).astype("f")
    np.save(tmp_path / "x.npy", x)
    assert python(ACTIVATIONS, str(tmp_path), UNROLLED_ISA=name).strip() == name
    for function, exact in (("sigmoid", lambda v: 1 / (1 + np.exp(-v))), ("tanh", np.tanh)):
        y = np.load(tmp_path / f"{function}.npy")
        true = exact(x[:-3].astype("d"))
        errors = np.abs(y[:-3] - true)
        assert np.max(errors) <= 3e-7
        normal = np.abs(true) > np.finfo("f").tiny
        assert np.max(errors[normal] / np.abs(true[normal])) <= 4e-7
        np.testing.assert_array_equal(y[-3:], [np.nan, 1, -1 if function == "tanh" else 0])


def test_an_unknown_instruction_set_is_an_error():
    script = (
        "from unrolled.kernels import ffi\ntry: ffi.available()\nexcept ValueError as e: print(e)"
    )
    told = python(script, UNROLLED_ISA="sse9")
    assert "UNROLLED_ISA names an instruction set" in told


@pytest.mark.slow
def test_the_environment_sets_the_number_of_threads():
    script = "from unrolled.kernels import ffi; print(ffi.threads())"
    assert python(script, UNROLLED_THREADS="3").strip() == "3"
    if hasattr(os, "sched_setaffinity"):
        narrowed = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n" + script
        assert python(narrowed, UNROLLED_THREADS="").strip() == "1"


def test_a_call_does_not_change_its_inputs():
    p = problem("lstm", BUSY)
    before = [np.array(a) for a in p.args]
    results(ffi.lstm, p)
    assert_close([np.asarray(a) for a in p.args], before, 0)
    assert jnp.isfinite(p.args[0]).all()
