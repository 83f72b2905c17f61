"""A decoder of several inputs: `step` reads the joined memory as `encode` computes it."""

import numpy as np

from unrolled.data.input_groups import InputGroup
from unrolled.networks import NetworkSpec, build_bundle
from unrolled.program import Program
from unrolled.runtime import NetworkRuntime
from unrolled.settings import Network


def test_the_memory_of_two_inputs_has_the_types_that_encode_computes():
    spec = NetworkSpec(
        "unaligned",
        u=3,
        values=1,
        embedded={"w": 5},
        ragged=True,
        tokens=True,
        heads={"y": 4},
        groups=(InputGroup(2, None, 0, ("w",)),),
    )
    bundle = build_bundle(spec, Network(architecture="decoder", units=3))
    network = NetworkRuntime.of_bundle(bundle, ["y"])
    assert network.program.step.inputs["memory.mask"].dtype == "bool"
    shapes = {name: array.shape for name, array in network.weights.arrays().items()}
    Program.from_dict(network.program.to_dict()).check(shapes)
    encoded = network.encode(
        {
            "x": np.ones((2, 3, 1), "float32"),
            "mask": np.array([[True, True, True], [True, False, False]]),
            "w": np.ones((2, 2), "int32"),
            "mask_2": np.array([[True, False], [True, True]]),
        }
    )
    assert encoded["memory.mask"].tolist() == [
        [True, True, True, True, False],
        [True, False, False, True, True],
    ]
