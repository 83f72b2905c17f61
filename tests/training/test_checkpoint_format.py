"""The names in checkpoint files stay the same, so that older checkpoints can be resumed."""

import json

import numpy as np
import pytest
from safetensors import safe_open
from test_checkpoints import FEW, PowerCut, cut_power, fit_sums

from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.settings import Training
from unrolled.training.run_fingerprint import digest

STATE = ["best", "epoch", "least", "level", "loss", "mark", "order", "step", "validation"]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Return the header and the names of the arrays of a checkpoint in the second epoch."""
    folder = tmp_path_factory.mktemp("run") / "kept"
    with pytest.MonkeyPatch.context() as patch:
        cut_power(patch, 2)
        with pytest.raises(PowerCut):
            fit_sums(FEW.model_copy(update={"checkpoint": folder, "every": 3}))
    with safe_open(folder / "current.safetensors", framework="numpy") as file:
        return json.loads(file.metadata()["unrolled"]), sorted(file.keys())


def test_the_header_of_a_checkpoint(checkpoint):
    header, _ = checkpoint
    assert sorted(header) == ["begun", "facts", "format", "number"]
    assert (header["format"], header["number"]) == (1, 1)
    assert sorted(header["facts"]) == STATE
    assert (header["facts"]["epoch"], header["facts"]["step"]) == (1, 2)
    settings = set(Training().model_dump(mode="json")) - {"verbose"}
    assert set(header["begun"]) == {"rows to learn from", "rows to stop by", "network"} | settings


def test_the_arrays_of_a_checkpoint(checkpoint):
    _, names = checkpoint
    assert {name.split("/")[0] for name in names} == {"best", "metrics", "network", "optimizer"}
    assert {"best/000", "metrics/000", "network/000", "optimizer/000"} <= set(names)


def test_the_digest_of_rows_is_that_of_earlier_versions():
    examples = Examples(
        {"x": RaggedColumn(np.arange(6, dtype="int32").reshape(3, 2), np.array([0, 1, 3]))},
        {"y": RaggedColumn(np.array([1, 0], dtype="int32"))},
        rows=2,
        lengths=np.array([1, 2]),
        ragged=True,
        class_weights={"y": np.array([0.5, 2.0])},
    )
    assert digest(examples) == "ecf1a876be34169b"
