"""On torch, fast layers are traced, exported and compiled; the result runs without unrolled."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from layer_cases import BACKEND, PAIRS, array, inputs, masks, twins

if BACKEND != "torch":
    pytest.skip("only on torch", allow_module_level=True)

import torch

cells = pytest.mark.parametrize("cell", PAIRS)


def network(cell):
    """Fast and stock models whose mask depends on the input, and two inputs, one with holes."""
    fast, stock = twins(cell, return_sequences=True)
    x = keras.Input((7, 3))
    mask = keras.layers.Masking()
    models = [keras.Model(x, layer(mask(x))).eval() for layer in (fast, stock)]
    right, holes = (np.where(masks()[m][..., None], inputs(cell)[0], 0) for m in ("right", "holes"))
    return models, torch.tensor(right), torch.tensor(holes)


def agree(run, models, *batches):
    for batch in batches:
        np.testing.assert_allclose(array(run(batch)), array(models[1](batch)), atol=1e-6)


@cells
def test_an_export_has_only_operators_of_torch(cell):
    models, right, holes = network(cell)
    program = torch.export.export(models[0], (right,), strict=False)
    targets = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert any(cell.lower() in target for target in targets)
    assert not any("unrolled" in target for target in targets)
    agree(program.module(), models, right, holes)


@cells
@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_trace_holds_for_other_masks(cell):
    models, right, holes = network(cell)
    agree(torch.jit.trace(models[0], right, check_trace=False), models, right, holes)


@cells
def test_a_number_of_rows_that_is_not_known_runs_as_stock(cell):
    fast, stock = twins(cell)
    x = keras.Input((7, 3))
    models = [keras.Model(x, layer(x)).eval() for layer in (fast, stock)]
    batch = torch.tensor(inputs(cell)[0])
    rows = {0: torch.export.Dim("b")}
    program = torch.export.export(models[0], (batch,), strict=False, dynamic_shapes=((rows,),))
    agree(program.module(), models, batch, batch[:3])


@pytest.mark.slow
def test_compiled_it_is_the_same():
    models, right, holes = network("LSTM")
    compiled = torch.compile(models[0], backend="aot_eager")
    agree(compiled, models, right, holes)
    compiled(right).sum().backward()
    got = [v.value.grad.clone() for v in models[0].trainable_variables]
    models[1](right).sum().backward()
    for one, variable in zip(got, models[1].trainable_variables, strict=True):
        np.testing.assert_allclose(array(one), array(variable.value.grad), rtol=1e-4, atol=1e-5)


@cells
def test_gradients_of_gradients_are_stocks(cell):
    found = []
    for layer in twins(cell):
        x = torch.tensor(inputs(cell)[0], requires_grad=True)
        (slope,) = torch.autograd.grad(layer(x).sum(), x, create_graph=True)
        (curve,) = torch.autograd.grad(slope.square().sum(), x)
        found.append(array(curve))
    np.testing.assert_allclose(*found, rtol=1e-4, atol=1e-6)
