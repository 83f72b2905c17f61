"""Networks of every wiring, cell, direction, number of layers, pooling and kind of column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from unrolled.data.input_groups import InputGroup
from unrolled.networks import ARCHITECTURES, NetworkSpec, build_bundle
from unrolled.settings import Network

T, U, F, IDS = 8, 4, 3, 9
UNITS = 6


@dataclass(frozen=True)
class NetworkCase:
    """One network, and how many rows and steps it runs on."""

    title: str
    spec: NetworkSpec
    settings: dict = field(default_factory=dict)
    seeds: tuple = (None,)

    def bundle(self):
        """Return its Keras models, with weights that are not small."""
        bundle = build_bundle(self.spec, Network(units=UNITS, **self.settings), seeds=self.seeds)
        rng = np.random.default_rng(1)
        for v in bundle.model.weights:
            scale = 0.3 if len(v.shape) < 2 else 0.7 / np.sqrt(v.shape[-2])
            v.assign(rng.normal(0, scale, v.shape))
        return bundle

    def inputs(self, graph, rows, steps):
        """Return arrays for a graph; rows of ragged inputs have lengths from 1 to `steps`."""
        rng = np.random.default_rng(steps)
        arrays, lengths = {}, rng.integers(1, steps + 1, rows)
        lengths[0] = steps
        for name, spec in graph.inputs.items():
            shape = (rows, *(steps if n is None else n for n in spec.shape[1:]))
            if spec.dtype == "bool":
                arrays[name] = np.arange(shape[1]) < lengths[:, None]
            elif spec.dtype == "int32":
                arrays[name] = rng.integers(1, 7, shape).astype("int32")
            else:
                arrays[name] = rng.normal(size=shape).astype("float32")
        return arrays


def network_cases():
    """Yield every case."""
    for row in ARCHITECTURES:
        many = row.shape not in ("one-to-one", "one-to-many")
        u = U if row.shape in ("one-to-many", "unaligned") else None
        fixed = NetworkSpec(row.shape, t=T if many else None, values=F, u=u)
        ragged = replace(fixed, t=None, ragged=True) if many else fixed
        reads_lengths = many and row.name not in ("tail", "padded", "segments")
        name = f"{row.shape} {row.title}"
        if not row.recurrent:
            yield NetworkCase(name, fixed, row.settings)
            yield NetworkCase(f"{name} ensemble", fixed, row.settings, (1, 2))
            continue
        for cell in ("lstm", "gru", "rnn"):
            for layers in (1, 2):
                settings = {**row.settings, "cell": cell, "layers": layers}
                title = f"{name} {cell} {layers}"
                yield NetworkCase(title, fixed, settings)
                for both in (True, False) if reads_lengths else ():
                    directed = settings | {"bidirectional": both}
                    yield NetworkCase(f"{title} ragged {both}", ragged, directed)
        for pooling in ("mean", "max", "last", "attention") if row.pools else ():
            for spec in (fixed, ragged):
                settings = {**row.settings, "pooling": pooling}
                yield NetworkCase(f"{pooling} ragged={spec.ragged}", spec, settings)
        yield NetworkCase(f"{name} ensemble", fixed, row.settings, (1, 2))
        if reads_lengths:
            words = NetworkSpec(
                row.shape,
                ragged=True,
                embedded={"w": 20},
                characters={"wc": (10, 5)},
                u=u,
                tokens=row.autoregressive,
                heads={"y": IDS},
            )
            yield NetworkCase(f"{name} words", words, row.settings)
            yield NetworkCase(f"{name} words ensemble", words, row.settings, (1, 2))
        if row.autoregressive:
            stops = replace(ragged, stops=True)
            yield NetworkCase(f"{name} numbers that stop", stops, row.settings)
    yield from _with_columns()


def _with_columns():
    """Yield networks of further kinds of columns."""
    ragged = NetworkSpec("many-to-one", ragged=True, values=2, heads={"y": 3}, labels=("y",))
    linear = replace(ragged, embedded={"w": 20}, ngrams={"wn": (40, 6)}, linear_numbers=True)
    yield NetworkCase("linear branch", linear)
    yield NetworkCase("linear branch ensemble", linear, {}, (1, 2))
    patterns = replace(ragged, linear_numbers=True, minirocket=True)
    yield NetworkCase("minirocket", replace(patterns, t=20, ragged=False))
    yield NetworkCase("minirocket ragged", patterns)
    yield NetworkCase(
        "aligned with an output of the row",
        NetworkSpec("aligned", ragged=True, values=2, heads={"y": 3, "z": 2}, pooled=("z",)),
    )
    yield NetworkCase(
        "word vectors",
        NetworkSpec("aligned", ragged=True, embedded={"w": 20}, vectors={"w": 50}, heads={"y": 3}),
    )
    groups = (InputGroup(2, None, 0, ("w",)),)
    spec = replace(ragged, labels=(), embedded={"w": 20}, groups=groups)
    for name in ("last", "pooled"):
        yield NetworkCase(f"groups of inputs, {name}", spec, {"architecture": name})
