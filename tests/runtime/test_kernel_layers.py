"""Recurrent layers of the runtime by the compiled kernel, against the readable reference."""

import itertools
import mmap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from unrolled.errors import ShapeError
from unrolled.kernels.native import library
from unrolled.program.operations import GRU, LSTM
from unrolled.runtime.kernel import KernelLayer, bind_weights, cell_name

pytestmark = pytest.mark.skipif(library() is None, reason="nothing was compiled")

UNITS, FEATURES, STEPS = 19, 12, 30
CELLS = {"lstm": LSTM, "gru": GRU, "gru_reset_before": lambda **kw: GRU(reset_after=False, **kw)}


def weights_of(operation, rng):
    width = operation.gate_count * UNITS
    shapes = [(FEATURES, width), (UNITS, width), operation.bias_shape(UNITS)]
    return [rng.normal(size=shape).astype("f") * np.float32(0.3) for shape in shapes]


def layer_of(operation, weights):
    return KernelLayer(cell_name(operation), operation, weights)


def padding_after(lengths):
    return np.arange(STEPS) < np.array(lengths)[:, None]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("rows", [1, 2, 3, 40])
def test_a_layer_is_its_reference(cell, rows):
    rng = np.random.default_rng(rows)
    x = rng.normal(size=(rows, STEPS, FEATURES)).astype("f")
    lengths = rng.integers(0, STEPS + 1, rows)
    flags = itertools.product([False, True], repeat=4)
    for sequences, reverse, hold, given in flags:
        operation = CELLS[cell](sequences=sequences, states=True, reverse=reverse, hold=hold)
        weights = weights_of(operation, rng)
        states = [rng.normal(size=(rows, UNITS)).astype("f") for _ in range(operation.state_count)]
        layer = layer_of(operation, weights)
        for mask in (None, padding_after(lengths)):
            inputs = [x, mask, *(states if given else [])]
            for got, expected in zip(layer(inputs), operation(inputs, weights), strict=True):
                np.testing.assert_allclose(got, expected, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_a_step_after_a_padded_one_and_other_layouts_of_arrays(cell):
    rng = np.random.default_rng(0)
    operation = CELLS[cell](sequences=True, states=True)
    weights = weights_of(operation, rng)[:2]  # no bias
    layer = layer_of(operation, weights)
    x = rng.normal(size=(STEPS, FEATURES, 3)).transpose(2, 0, 1)  # of 64 bits, not contiguous
    holes = rng.random((3, STEPS)) < 0.5
    fixed = np.ones((3, STEPS), bool)
    fixed.flags.writeable = False
    for mask in (holes, fixed, np.asfortranarray(padding_after([3, 0, 9]))):
        expected = operation([x.astype("f"), mask], weights)
        for got, of_reference in zip(layer([x, mask]), expected, strict=True):
            np.testing.assert_allclose(got, of_reference, rtol=1e-4, atol=2e-6)
    for empty in (x[:0], x[:, :0]):
        of_layer, of_reference = layer([empty, None]), operation([empty, None], weights)
        assert [a.shape for a in of_layer] == [a.shape for a in of_reference]


def test_shapes_that_do_not_fit_are_refused():
    rng = np.random.default_rng(0)
    operation = LSTM()
    kernel, recurrent, bias = weights_of(operation, rng)
    with pytest.raises(ShapeError):
        layer_of(operation, [kernel, recurrent[:, 1:], bias])
    with pytest.raises(ShapeError):
        layer_of(operation, [kernel, recurrent, bias[1:]])
    layer = layer_of(operation, [kernel, recurrent, bias])
    x, state = np.zeros((2, STEPS, FEATURES), "f"), np.zeros((2, UNITS), "f")
    for inputs in (
        [x[..., 1:], None],
        [x, np.ones((2, STEPS - 1), bool)],
        [x, None, state[:1], state],
        [x, None, state],
    ):
        with pytest.raises(ShapeError):
            layer(inputs)


def test_many_threads_have_the_results_of_one():
    rng = np.random.default_rng(0)
    operation = LSTM(sequences=True)
    layer = bind_weights(operation, weights_of(operation, rng))
    batches = [
        [rng.normal(size=(rows, STEPS, FEATURES)).astype("f"), padding_after([STEPS] * rows)]
        for rows in (1, 3, 64, 200) * 8
    ]
    alone = [layer(inputs)[0] for inputs in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda inputs: layer(inputs)[0], batches))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs Linux")
def test_the_packed_weights_are_freed_with_the_layer():
    kernel, recurrent = np.zeros((1, 2048), "f"), np.zeros((512, 2048), "f")  # 4 MiB

    def resident_mib():
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE >> 20

    layer_of(LSTM(), [kernel, recurrent])
    before = resident_mib()
    for _ in range(50):
        layer_of(LSTM(), [kernel, recurrent])
    assert resident_mib() - before < 50
