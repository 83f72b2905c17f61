"""Small decoders, and their probabilities computed again by the simplest loops."""

import itertools
from dataclasses import dataclass

import numpy as np

START, END = 1, 0


def log_softmax(logits):
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@dataclass(frozen=True)
class Recurrent:
    """An RNN over ids; each row has its own random weights, in its memory."""

    seed: int = 0
    rows: int = 3
    width: int = 4
    units: int = 5
    scale: float = 1.5

    def states(self):
        random = np.random.default_rng([self.seed, 1])
        return {"h": random.normal(size=(self.rows, self.units)).astype("float32")}

    def memory(self):
        random, o, h = np.random.default_rng([self.seed, 2]), self.width, self.units
        shapes = {"embed": (o, h), "turn": (h, h), "out": (h, o)}
        return {
            name: random.normal(0, self.scale, (self.rows, *shape)).astype("float32")
            for name, shape in shapes.items()
        }

    def parts(self):
        return self.states(), self.memory()

    def row(self, index):
        """Return states and memory of one row alone."""
        return tuple(
            {name: x[index : index + 1] for name, x in part.items()} for part in self.parts()
        )

    def following(self, index, ids):
        """Return the log-probabilities (o) of the next id after some ids in one row."""
        weights = {name: x[index].astype(float) for name, x in self.memory().items()}
        h = self.states()["h"][index].astype(float)
        for previous in (START, *ids):
            h = np.tanh(weights["embed"][previous] + h @ weights["turn"])
        return log_softmax(h @ weights["out"])

    def score(self, index, ids):
        """Return the log-probability of ids in one row."""
        return sum(self.following(index, ids[:i])[ids[i]] for i in range(len(ids)))


def recurrent(previous, states, memory):
    """Make one step of `Recurrent`."""
    copies = len(previous) // len(memory["embed"])
    weights = {name: np.repeat(x, copies, axis=0) for name, x in memory.items()}
    embedded = weights["embed"][np.arange(len(previous)), previous]  # n h
    h = np.tanh(embedded + np.einsum("nh,nhk->nk", states["h"], weights["turn"]))
    return np.einsum("nh,nho->no", h, weights["out"]), {"h": h}


def run_loop(loop, model, **options):
    """Return the hypotheses of each row of `Recurrent`."""
    return hypotheses_of(loop(recurrent, *model.parts(), start=START, end=END, **options))


def table(probabilities):
    """Return a step with the probabilities (o o) of each id after each previous one."""
    with np.errstate(divide="ignore"):
        logits = np.log(np.asarray(probabilities, "float32"))

    def step(previous, states, _memory):
        return logits[previous], states

    return step


def rows_only(rows):
    """Return a memory that only gives the number of rows."""
    return {"rows": np.zeros((rows, 1), "float32")}


def all_hypotheses(width, max_steps):
    """Yield every hypothesis that ends within the limit, or is cut there."""
    others = [i for i in range(width) if i != END]
    for length in range(max_steps):
        for ids in itertools.product(others, repeat=length):
            yield (*ids, END)
    yield from itertools.product(others, repeat=max_steps)


def rank(hypotheses, penalty):
    """Return (ids, score) pairs in order: first those that ended, each by score over length."""
    return sorted(hypotheses, key=lambda h: (h[0][-1] != END, -h[1] / len(h[0]) ** penalty))


def decode_greedily(model, index, max_steps):
    """Return the greedy ids of one row."""
    ids = ()
    while len(ids) < max_steps and END not in ids:
        ids = (*ids, int(model.following(index, ids).argmax()))
    return ids


def search(model, index, max_steps, width, penalty):
    """Return all hypotheses of a beam search that never stops early."""
    live, ended = [((), 0.0)], []
    for _ in range(max_steps):
        extended = [
            ((*ids, new), score + gain)
            for ids, score in live
            for new, gain in enumerate(model.following(index, ids))
        ]
        beam = sorted(extended, key=lambda h: -h[1])[:width]
        ended += [h for h in beam if h[0][-1] == END]
        live = [h for h in beam if h[0][-1] != END]
    return rank(ended + live, penalty)


def hypotheses_of(generated):
    """Return the hypotheses of each row: ids including the end mark, score, ended."""
    ids, scores, lengths, ended = generated
    assert ids.dtype == lengths.dtype == "int32"
    assert scores.dtype == "float32"
    assert ids.shape[:2] == scores.shape == lengths.shape == ended.shape
    return [
        [check_hypothesis(*place) for place in zip(*row, strict=True)]
        for row in zip(ids, scores, lengths, ended, strict=True)
    ]


def check_hypothesis(ids, score, length, ended):
    """Check the end mark and the padding after it, and return the ids without padding."""
    cut = ids[: length + int(ended)]
    assert (cut[-1:] == END).all() if ended else END not in cut.tolist()
    assert not ids[len(cut) :].any()
    return tuple(cut.tolist()), float(score), bool(ended)
