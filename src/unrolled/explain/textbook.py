"""The scripts of the textbook networks, recorded once, so that printing one needs no Keras.

A textbook network has one direction, no dropout and the fewest layers. `textbook.json` holds, for
each of them, the statements of its script, the axes of its input and output, and the shapes of its
weights, in which sizes are names such as `$t`. `docs/make.py` records it from networks that are
built; a test compares it with built networks of many sizes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from string import Template
from typing import Any

from unrolled.errors import ShapeError
from unrolled.explain.loop import generation_loop_of_numbers
from unrolled.explain.script import Script
from unrolled.explain.source import Source
from unrolled.networks import (
    ARCHITECTURES,
    PREVIOUS,
    Architecture,
    NetworkSpec,
    architecture_of,
    with_defaults,
)
from unrolled.networks.architectures import TEXTBOOK
from unrolled.settings import Network
from unrolled.shapes import FACTS, segment

FILE = Path(__file__).with_name("textbook.json")
# Sizes whose numbers, and sums and products, are all different and occur nowhere else in a script.
RECORDED = {"t": 37 * 53, "u": 37 * 41, "f": 103, "o": 107, "h": 109}
NUMBER = re.compile(r"\b\d+\b")


@dataclass(frozen=True)
class PrintedNetwork:
    """What is printed of a network.

    Attributes:
        script: The script that builds it.
        inputs: The axes of its input, `(b, t, 4)`; those of several by name.
        outputs: The axes of its output.
        weights: The number of its weights.
    """

    script: Script
    inputs: str
    outputs: str
    weights: int


def textbook_settings(spec: NetworkSpec, network: Network) -> Network:
    """Return the settings with the gaps filled by the textbook: the simplest network.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings.
    """
    name = TEXTBOOK[spec.shape] if network.architecture == "auto" else network.architecture
    return with_defaults(
        spec,
        network.model_copy(
            update={"architecture": name, "bidirectional": bool(network.bidirectional)}
        ),
    )


def printed(spec: NetworkSpec, network: Network) -> PrintedNetwork:
    """Return what is printed of a network: a recorded script where there is one, else a new one.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
    """
    return recorded(spec, network) or print_built(spec, network)


def print_built(spec: NetworkSpec, network: Network) -> PrintedNetwork:
    """Return what is printed of a network, which is built with Keras for it."""
    from unrolled.explain.code import script_of
    from unrolled.networks import build

    model = build(spec, network)
    steps = "t" if spec.shape == "aligned" else "u"
    return PrintedNetwork(
        script_of(model, steps=spec.u),
        _axes_by_name(model.input, "t"),
        _axes_by_name(model.output, steps),
        model.count_params(),
    )


def recorded(spec: NetworkSpec, network: Network) -> PrintedNetwork | None:
    """Return what is printed of a textbook network, without Keras; None for any other network."""
    entry = _entries().get(_key(spec, network))
    if entry is None or not _is_textbook(spec, network):
        return None
    sizes = _named_sizes(spec, network)
    statements = [
        (_fill(source, sizes), _fill(comment, sizes)) for source, comment in entry["code"]
    ]
    loop = ""
    if architecture_of(spec.shape, network).autoregressive:
        loop = generation_loop_of_numbers(int(spec.u or 0), sizes["o"])
    weights = sum(prod(int(_fill(size, sizes)) for size in shape) for shape in entry["weights"])
    return PrintedNetwork(
        Script(statements, loop),
        _fill(entry["input"], sizes),
        _fill(entry["output"], sizes),
        weights,
    )


def record() -> str:
    """Return the text of `textbook.json`, from networks that are built with Keras."""
    entries = {
        _key(spec, network): _record(spec, network) for spec, network in _textbook_networks()
    }
    lines = [f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _textbook_networks() -> Iterator[tuple[NetworkSpec, Network]]:
    """Yield every network that is recorded, at the recorded sizes."""
    for row in ARCHITECTURES:
        for cell in ("lstm", "gru", "rnn") if row.recurrent else ("lstm",):
            for spec in _recorded_specs(row):
                network = Network(
                    **row.settings,
                    cell=cell,
                    units=RECORDED["h"],
                    layers=1 if row.recurrent else 0,
                    dropout=0.0,
                )
                yield spec, textbook_settings(spec, network)


def _recorded_specs(row: Architecture) -> Iterator[NetworkSpec]:
    """Yield the sizes to record an architecture at: with a fixed t, and with an open one."""
    u = RECORDED["u"] if row.shape in ("one-to-many", "unaligned") else None
    for t in (RECORDED["t"], None) if FACTS[row.shape].inputs == "many" else (None,):
        spec = NetworkSpec(row.shape, t=t, u=u, values=RECORDED["f"], heads={"y": RECORDED["o"]})
        try:
            row.check(spec)
        except ShapeError:
            continue
        yield spec


def _record(spec: NetworkSpec, network: Network) -> dict[str, Any]:
    """Return the entry of a network, with names in place of its sizes."""
    from unrolled.explain.code import script_of
    from unrolled.networks import build

    model = build(spec, network)
    built = print_built(spec, network)
    names = {str(size): f"${name}" for name, size in _named_sizes(spec, network).items()}
    assert len(names) == len(_named_sizes(spec, network)), "two sizes have the same number"
    return {
        "code": [
            [_replace(source, names), _replace(comment, names)]
            for source, comment in script_of(model).statements
        ],
        "input": _replace(built.inputs, names),
        "output": _replace(built.outputs, names),
        "weights": [[names.get(str(n), str(n)) for n in w.shape] for w in model.weights],
    }


def _named_sizes(spec: NetworkSpec, network: Network) -> dict[str, int]:
    """Return every number that a script can derive from the sizes, by name."""
    f, h, (o, *_) = spec.values, network.units or 0, spec.heads.values()
    sizes = {"f": f, "o": o, "h": h, "h2": 2 * h, "h3": 3 * h, "h4": 4 * h}
    if spec.t is not None:
        sizes["t"] = spec.t
    if spec.u is not None and spec.shape != "aligned":
        sizes |= {"u": spec.u, "uo": spec.u * o}
        if spec.t is not None:
            w = segment(spec.t, spec.u)
            sizes |= {"t_plus_u": spec.t + spec.u, "wf": w * f, "wo": w * o}
            sizes |= {"t_by_w": spec.t // w, "u_by_w": spec.u // w}
    return {name: int(size) for name, size in sizes.items()}


def _is_textbook(spec: NetworkSpec, network: Network) -> bool:
    """Return whether the network is the one that was recorded, apart from its sizes."""
    row = architecture_of(spec.shape, network)
    plain = NetworkSpec(
        spec.shape,
        t=spec.t,
        u=spec.u,
        values=spec.values or 1,
        heads={"y": spec.heads.get("y", 1)},
    )
    return (
        spec == plain
        and network.layers == (1 if row.recurrent else 0)
        and not network.bidirectional
        and not network.dropout
        and network.pooling == "mean"
    )


def _key(spec: NetworkSpec, network: Network) -> str:
    """Return the key of a network in the file."""
    steps = "" if FACTS[spec.shape].inputs == "one" else " open" if spec.t is None else " fixed"
    return f"{spec.shape} {architecture_of(spec.shape, network).title} {network.cell}{steps}"


@cache
def _entries() -> dict[str, Any]:
    """Return the entries of the file."""
    entries: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return entries


def _fill(source: Any, sizes: Mapping[str, int]) -> Any:
    """Return a source with numbers in place of names; lists of JSON become tuples."""
    if isinstance(source, str):
        return Template(source).substitute(sizes)
    head, parts, tail = source
    return (
        _fill(head, sizes),
        [_fill(part, sizes) for part in parts],
        _fill(tail, sizes),
    )


def _replace(source: Source, names: Mapping[str, str]) -> Any:
    """Return a source with names in place of numbers."""
    if isinstance(source, str):
        return NUMBER.sub(lambda number: names.get(number[0], number[0]), source)
    head, parts, tail = source
    return [_replace(head, names), [_replace(part, names) for part in parts], _replace(tail, names)]


def _axes_by_name(tensors: Any, steps: str) -> str:
    """Return a tensor's axes, or those of several by name; an open one has the letter `steps`."""
    if not isinstance(tensors, dict):
        return _axes(tensors.shape, steps)
    letters = {name: "u" if name == PREVIOUS else steps for name in tensors}
    return ", ".join(f"{name} {_axes(tensors[name].shape, k)}" for name, k in letters.items())


def _axes(shape: tuple[int | None, ...], steps: str) -> str:
    """Return a tensor's axes.

    Example:
        >>> _axes((None, None, 4), "t")
        '(b, t, 4)'
    """
    return f"(b, {', '.join(str(n or steps) for n in shape[1:])})"
