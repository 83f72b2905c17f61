"""Every kind of chained decoder, and how to run one by steps."""

from dataclasses import dataclass

import numpy as np

from unrolled.networks import PREVIOUS, STOP, NetworkSpec, build_bundle
from unrolled.settings import Network

T, F, U, B, H, IDS, OUT = 5, 3, 4, 3, 5, 7, 2  # IDS: tokens that come out; OUT: numbers
LENGTHS = (2, 5, 3)  # input steps of each row


@dataclass(frozen=True)
class Case:
    """A decoder: what it reads, what it says, and how it is made."""

    shape: str
    says: str  # ids, numbers, or numbers that stop
    cell: str = "lstm"
    layers: int = 1
    bidirectional: bool = False
    ragged: bool = False
    attention: bool = True

    def __str__(self):
        made = ("bidirectional " * self.bidirectional, "ragged " * self.ragged)
        made += ("without attention" * (not self.attention),)
        return f"{self.shape} {self.says} {self.cell} {self.layers} {''.join(made)}".strip()

    @property
    def reads(self):
        """Whether there are input steps, and so an encoder and attention."""
        return self.shape == "unaligned"

    @property
    def spec(self):
        return NetworkSpec(
            self.shape,
            u=U,
            values=F,
            heads={"y": IDS if self.says == "ids" else OUT},
            ragged=self.ragged,
            tokens=self.says == "ids",
            stops=self.says == "numbers that stop",
        )

    @property
    def network(self):
        return Network(
            architecture="decoder",
            attention=self.attention,
            cell=self.cell,
            units=H,
            layers=self.layers,
            bidirectional=self.bidirectional if self.reads else None,
        )


SAYS = ("ids", "numbers", "numbers that stop")
CELLS = ("lstm", "gru", "rnn")
CASES = (
    *(Case("one-to-many", says, cell) for says in SAYS for cell in CELLS),
    *(Case("unaligned", says, cell) for says in SAYS for cell in CELLS),
    *(Case("one-to-many", "ids", cell, layers=2) for cell in CELLS),
    *(Case("unaligned", "ids", cell, layers=2) for cell in CELLS),
    *(Case("unaligned", "ids", cell, n, bidirectional=True) for cell in CELLS for n in (1, 2)),
    *(Case("unaligned", says, "lstm", 2, bidirectional=True, ragged=True) for says in SAYS),
    *(Case("unaligned", "ids", cell, ragged=True) for cell in CELLS),
    *(Case("unaligned", says, ragged=True, attention=False) for says in SAYS),
    Case("unaligned", "ids", "gru", 2, bidirectional=True, attention=False),
)


def made(case):
    """Return a decoder's faces with weights that are not small."""
    built = build_bundle(case.spec, case.network)
    rng = np.random.default_rng(0)
    weights = built.model.get_weights()
    built.model.set_weights([rng.normal(size=w.shape, scale=0.6) for w in weights])
    return built


def given(case):
    """Return the inputs of B rows, without `previous`."""
    rng = np.random.default_rng(1)
    if not case.reads:
        return {"x": rng.normal(size=(B, F)).astype("float32")}
    rows = {"x": rng.normal(size=(B, T, F)).astype("float32")}
    if case.ragged:
        rows["mask"] = np.arange(T) < np.array(LENGTHS)[:, None]
    return rows


def before(case, seed=2):
    """Return what was said before each of U steps: ids (b u), or numbers (b u o)."""
    rng = np.random.default_rng(seed)
    if case.says == "ids":
        return rng.integers(1, IDS, size=(B, U)).astype("int32")
    return rng.normal(size=(B, U, OUT)).astype("float32")


def alone(tensors):
    """Return the one array where there is only one, as Keras wants it."""
    return tensors if len(tensors) > 1 else next(iter(tensors.values()))


def forced(built, inputs, previous):
    """Return every output (b u o) by name, fed what is given."""
    said = built.model.predict_on_batch({**inputs, PREVIOUS: previous})
    return said if isinstance(said, dict) else {"y": said}


def stepped(built, inputs, pick, start, steps):
    """Run a decoder a step at a time and return every output (b u o) by name.

    Args:
        built: The decoder's faces.
        inputs: By name, without `previous`.
        pick: From a step's place and outputs to what is fed at the next, (b 1) or (b 1 o).
        start: What is fed at the first step, likewise.
        steps: How many.
    """
    state, previous, found = built.encode.predict_on_batch(alone(inputs)), start, []
    for place in range(steps):
        said = built.step.predict_on_batch({PREVIOUS: previous, **state})
        state = {**state, "states": said.pop("states")}
        found.append(said)
        previous = pick(place, said)
    return {name: np.concatenate([said[name] for said in found], axis=1) for name in found[0]}


def outputs_of(case):
    return {"y", STOP} if case.spec.stops else {"y"}
