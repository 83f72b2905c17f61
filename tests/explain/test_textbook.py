"""The recorded scripts of textbook networks are those of the networks that are built."""

import subprocess
import sys

import pytest

from unrolled.explain import textbook
from unrolled.networks import ARCHITECTURES, NetworkSpec, architecture
from unrolled.settings import Network
from unrolled.shapes import FACTS

SIZES = [  # t, f, u, o, h
    (6, 4, 3, 1, 64),
    (1, 1, 1, 1, 1),
    (96, 7, 48, 2, 128),
    (7, 10, 5, 12, 3),
    (12, 1000000, 12, 1, 2),  # long lines are broken
    (200000, 123456, 100000, 3, 5),
]
KEYS = [
    (row, cell, is_open)
    for row in ARCHITECTURES
    for cell in (("lstm", "gru", "rnn") if row.recurrent else ("lstm",))
    for is_open in ((False, True) if FACTS[row.shape].inputs == "many" else (False,))
    if not (is_open and row.name in ("tail", "segments"))
]


def network_of(row, cell, is_open, sizes):
    t, f, u, o, h = sizes
    spec = NetworkSpec(
        row.shape,
        t=t if FACTS[row.shape].inputs == "many" and not is_open else None,
        u=u if row.shape in ("one-to-many", "unaligned") else None,
        values=f,
        heads={"y": o},
    )
    layers = 1 if row.recurrent else 0
    network = Network(**row.settings, cell=cell, units=h, layers=layers, dropout=0.0)
    return spec, textbook.textbook_settings(spec, network)


@pytest.mark.representatives(12)
@pytest.mark.parametrize(
    ("row", "cell", "is_open"),
    KEYS,
    ids=lambda value: f"{value.shape} {value.name}" if hasattr(value, "shape") else str(value),
)
def test_a_recorded_script_is_that_of_the_network_which_is_built(row, cell, is_open):
    for sizes in SIZES if cell == "lstm" else SIZES[:2]:
        spec, network = network_of(row, cell, is_open, sizes)
        ready, built = textbook.recorded(spec, network), textbook.print_built(spec, network)
        assert ready is not None
        assert ready.script.text() == built.script.text()
        assert (ready.inputs, ready.outputs, ready.weights) == (
            built.inputs,
            built.outputs,
            built.weights,
        )


@pytest.mark.parametrize(
    "unusual",
    [
        {"bidirectional": True},
        {"layers": 2},
        {"dropout": 0.1},
        {"architecture": "pooled", "pooling": "max"},
    ],
    ids=str,
)
def test_any_other_network_is_built(unusual):
    spec = NetworkSpec("many-to-one", t=6, values=4)
    network = Network(**{"architecture": "last", "units": 8, "dropout": 0.0, **unusual})
    network = textbook.textbook_settings(spec, network)
    assert textbook.recorded(spec, network) is None
    assert textbook.printed(spec, network).script.text().startswith("import keras\n")


@pytest.mark.parametrize(
    "spec",
    [
        NetworkSpec("many-to-one", values=4, ragged=True),
        NetworkSpec("many-to-one", values=4, heads={"y": 1, "z": 2}),
        NetworkSpec("many-to-one", values=0, embedded={"word": 9}),
        NetworkSpec("unaligned", u=3, heads={"y": 9}, tokens=True),
    ],
    ids=["ragged", "two outputs", "embedded", "tokens"],
)
def test_other_inputs_and_outputs_are_built(spec):
    name = architecture(spec.shape, "decoder" if spec.tokens else "auto").name
    network = Network(architecture=name, units=8, dropout=0.0)
    network = textbook.textbook_settings(spec, network)
    assert textbook.recorded(spec, network) is None


def test_the_textbook_networks_are_printed_without_keras():
    script = (
        "import sys, unrolled.cli\n"
        "unrolled.cli.main(['show', 'unaligned', '--architecture', 'decoder'])\n"
        "loaded = ('keras', 'jax', 'numpy', 'polars', 'sklearn', 'scipy', 'pandas', 'matplotlib')\n"
        "print([name for name in loaded if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
