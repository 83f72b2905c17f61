"""The picture shows this network: its boxes, its arrows, and what each output can see."""

from __future__ import annotations

from collections import Counter

import pytest
from drawn_svg import read

from unrolled.explain.diagram import Wiring, diagram


def wiring(shape, architecture, t=None, u=None, **rest):
    return Wiring(shape, architecture, t=t, u=u, **{"f": 4, "o": 1, "units": 8, **rest})


# boxes by kind, then arrows by kind, counted by hand
COUNTS = {
    "dense, no hidden layer": (
        wiring("one-to-one", "dense", layers=0),
        {"input": 1, "dense": 1, "output": 1},
        {"flow": 2},
    ),
    "dense, three hidden layers": (
        wiring("one-to-one", "dense", layers=3),
        {"input": 1, "state": 3, "dense": 1, "output": 1},
        {"flow": 5},
    ),
    "one-to-many repeat": (
        wiring("one-to-many", "repeat", u=3),
        {"input": 1, "join": 1, "state": 3, "dense": 3, "output": 3},
        {"flow": 1 + 3 + 3 + 3, "state": 2},
    ),
    "last": (
        wiring("many-to-one", "last", t=3),
        {"input": 3, "state": 3, "dense": 1, "output": 1},
        {"flow": 3 + 1 + 1, "state": 2},
    ),
    "last, both directions": (
        wiring("many-to-one", "last", t=3, bidirectional=True),
        {"input": 3, "state": 6, "join": 1, "dense": 1, "output": 1},
        {"flow": 6 + 2 + 1 + 1, "state": 4},
    ),
    "pooled": (
        wiring("many-to-one", "pooled", t=3),
        {"input": 3, "state": 3, "join": 1, "dense": 1, "output": 1},
        {"flow": 3 + 3 + 1 + 1, "state": 2},
    ),
    "steps, long": (
        wiring("aligned", "steps", t=24, u=24),
        {"input": 5, "state": 5, "dense": 5, "output": 5, "gap": 4},
        {"flow": 15, "state": 5},
    ),
    "steps, both directions, two layers": (
        wiring("aligned", "steps", t=3, u=3, bidirectional=True, layers=2),
        {"input": 3, "state": 12, "join": 6, "dense": 3, "output": 3},
        {"flow": 2 * (6 + 6) + 3 + 3, "state": 8},
    ),
    "tail": (
        wiring("unaligned", "tail", t=6, u=3),
        {"input": 6, "state": 6, "dropped": 1, "dense": 3, "output": 3},
        {"flow": 6 + 3 + 3, "state": 5, "dropped": 3},
    ),
    "tail that keeps all": (
        wiring("unaligned", "tail", t=3, u=3),
        {"input": 3, "state": 3, "dense": 3, "output": 3},
        {"flow": 9, "state": 2},
    ),
    "padded": (
        wiring("unaligned", "padded", t=3, u=2),
        {"input": 3, "zero": 2, "state": 5, "dropped": 1, "dense": 2, "output": 2},
        {"flow": 5 + 2 + 2, "state": 4, "dropped": 3},
    ),
    "vector": (
        wiring("unaligned", "vector", t=3, u=5),
        {"input": 3, "state": 3, "dense": 1, "join": 1, "output": 5},
        {"flow": 3 + 1 + 1 + 5, "state": 2},
    ),
    "unaligned repeat, two layers": (
        wiring("unaligned", "repeat", t=3, u=5, layers=2),
        {"input": 3, "state": 6 + 10, "join": 1, "dense": 5, "output": 5},
        {"flow": 3 + 3 + 1 + 5 + 5 + 5 + 5, "state": 2 * 2 + 2 * 4},
    ),
    "one-to-many decoder, two layers, ends by itself": (
        wiring("one-to-many", "decoder", u=3, layers=2, ends="END"),
        {"input": 1, "dense": 1 + 3, "fed": 3, "join": 3, "state": 6, "output": 3, "end": 1},
        {"flow": 1 + 6 + 3 + 3 + 3 + 3 + 1, "state": 2 * (1 + 2), "fed": 2},
    ),
    "unaligned decoder, both directions": (
        wiring("unaligned", "decoder", t=3, u=4, bidirectional=True),
        {"input": 3, "state": 6 + 4, "join": 3 + 1 + 4, "fed": 4, "dense": 4, "output": 4},
        {"flow": 6 + 6 + 3 + 4 + 4 + 4 + 4, "state": 2 * 2 + 1 + 3, "fed": 3, "look": 4},
    ),
    "unaligned decoder, long": (
        wiring("unaligned", "decoder", t=2, u=24),
        {"input": 2, "state": 2 + 3, "join": 1 + 3, "fed": 3, "dense": 3, "output": 3, "gap": 5},
        {"flow": 2 + 2 + 3 + 3 + 3 + 3, "state": 1 + 1 + 3, "fed": 3, "look": 3},
    ),
}


@pytest.mark.parametrize("case", COUNTS)
def test_boxes_and_arrows_are_those_of_the_network(case):
    facts, boxes, arrows = COUNTS[case]
    drawn = read(diagram(facts).svg)
    assert Counter(box.kind for box in drawn.boxes) == boxes
    assert Counter(arrow.kind for arrow in drawn.arrows) == arrows


SEEN = {
    "a step sees itself and what came before": (
        wiring("aligned", "steps", t=3, u=3),
        {"y1": ["x1"], "y2": ["x1", "x2"], "y3": ["x1", "x2", "x3"]},
    ),
    "both directions: every step sees all": (
        wiring("aligned", "steps", t=3, u=3, bidirectional=True),
        {"y1": ["x1", "x2", "x3"], "y2": ["x1", "x2", "x3"], "y3": ["x1", "x2", "x3"]},
    ),
    "a gap lets the state through": (
        wiring("aligned", "steps", t=24, u=24),
        {
            "y1": ["x1"],
            "y2": ["x1", "x2"],
            "y3": ["x1", "x2", "x3"],
            "y23": ["x1", "x2", "x3", "x23"],
            "y24": ["x1", "x2", "x3", "x23", "x24"],
        },
    ),
    "tail: the first output has not read the end": (
        wiring("unaligned", "tail", t=4, u=2),
        {"y1": ["x1", "x2", "x3"], "y2": ["x1", "x2", "x3", "x4"]},
    ),
    "padded: every output has read all": (
        wiring("unaligned", "padded", t=3, u=2),
        {"y1": ["x1", "x2", "x3", "0"], "y2": ["x1", "x2", "x3", "0", "0"]},
    ),
    "vector": (
        wiring("unaligned", "vector", t=2, u=3),
        {"y1": ["x1", "x2"], "y2": ["x1", "x2"], "y3": ["x1", "x2"]},
    ),
    "repeat": (
        wiring("unaligned", "repeat", t=3, u=2),
        {"y1": ["x1", "x2", "x3"], "y2": ["x1", "x2", "x3"]},
    ),
    "last": (wiring("many-to-one", "last", t=2), {"y": ["x1", "x2"]}),
    "pooled": (wiring("many-to-one", "pooled", t=2), {"y": ["x1", "x2"]}),
    "one-to-many": (wiring("one-to-many", "repeat", u=2), {"y1": ["x"], "y2": ["x"]}),
    "decoder: every output has read all": (
        wiring("unaligned", "decoder", t=2, u=3),
        {"y1": ["x1", "x2"], "y2": ["x1", "x2"], "y3": ["x1", "x2"]},
    ),
}


@pytest.mark.parametrize("case", SEEN)
def test_an_output_sees_what_the_network_lets_it_see(case):
    facts, seen = SEEN[case]
    assert read(diagram(facts).svg).inputs_seen() == seen


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_a_decoder_reads_the_output_of_the_step_before(shape):
    drawn = read(diagram(wiring(shape, "decoder", t=2, u=3)).svg)
    assert drawn.labels("fed") == ["start", "y1", "y2"]
    fed = [a for a in drawn.arrows if a.kind == "fed"]
    assert {(a.source.kind, a.source.label, a.target.label) for a in fed} == {
        ("output", "y1", "y1"),
        ("output", "y2", "y2"),
    }
    for output in (box for box in drawn.boxes if box.kind == "output"):
        earlier = {b.label for b in drawn.seen_by(output) if b.kind == "output"}
        assert earlier == {f"y{k}" for k in range(1, int(output.label[1:]))}


def test_each_step_of_a_decoder_attends_to_the_states_of_all_steps():
    drawn = read(diagram(wiring("unaligned", "decoder", t=3, u=2)).svg)
    looks = [a for a in drawn.arrows if a.kind == "look"]
    assert [a.target.label for a in looks] == ["attention"] * 2
    (memory,) = {a.source for a in looks}
    assert sorted(b.label for b in drawn.seen_by(memory) if b.kind == "state") == ["h1", "h2", "h3"]


def test_each_layer_of_a_decoder_starts_from_the_memory():
    picture = diagram(wiring("unaligned", "decoder", t=3, u=2, layers=3))
    assert [line[16:18] for line in picture.text.splitlines() if line[17:18] == "▶"] == [
        *("┌▶", "├▶", "├▶"),
    ]
    drawn = read(picture.svg)
    starts = [a for a in drawn.arrows if a.kind == "state" and a.source.kind == "join"]
    assert [a.target.label for a in starts] == ["s1"] * 3
    assert len({a.target for a in starts}) == 3


@pytest.mark.parametrize(
    ("ends", "says"),
    [
        ("END", "A row ends with the step whose output is END."),
        ("stop", "A row ends with the step whose additional output, stop, is above 0."),
    ],
)
def test_where_a_row_ends_is_marked_after_its_last_output(ends, says):
    picture = diagram(wiring("one-to-many", "decoder", u=3, ends=ends))
    drawn = read(picture.svg)
    (mark,) = (box for box in drawn.boxes if box.kind == "end")
    assert mark.label == ends
    assert [a.source.label for a in drawn.arrows if a.target == mark] == ["y3"]
    assert says in " ".join(picture.text.split())


def test_last_states_of_both_directions_are_taken_at_opposite_ends():
    drawn = read(diagram(wiring("many-to-one", "last", t=3, bidirectional=True)).svg)
    (concat,) = (box for box in drawn.boxes if box.kind == "join")
    ends = [arrow.source.label for arrow in drawn.arrows if arrow.target == concat]
    assert sorted(ends) == ["h1", "h3"]
    state = [arrow for arrow in drawn.arrows if arrow.kind == "state"]
    assert sum(arrow.end[0] > arrow.start[0] for arrow in state) == 2  # forward, to the right
    assert sum(arrow.end[0] < arrow.start[0] for arrow in state) == 2  # backward, to the left


def test_only_the_first_last_layer_below_gives_every_step_to_the_next():
    drawn = read(diagram(wiring("many-to-one", "last", t=3, layers=2)).svg)
    between = [a for a in drawn.arrows if a.source.kind == a.target.kind == "state"]
    assert sum(arrow.kind == "flow" for arrow in between) == 3
    (head,) = (arrow.source for arrow in drawn.arrows if arrow.target.kind == "dense")
    assert head.label == "h3"


@pytest.mark.parametrize(
    ("facts", "states", "outputs"),
    [
        (wiring("unaligned", "tail", u=3), "h1 h2 … ht−3 ht−2 ht−1 ht", "y1 y2 y3"),
        (wiring("unaligned", "tail", t=24, u=5), "h1 h2 … h19 h20 … h24", "y1 … y5"),
        (wiring("unaligned", "padded", u=24), "h1 h2 … ht ht+1 … ht+24", "y1 … y24"),
        (wiring("unaligned", "padded", t=2), "h1 h2 h3 … hu+2", "y1 … yu"),
        (wiring("aligned", "steps"), "h1 h2 h3 … ht−1 ht", "y1 y2 y3 … yt−1 yt"),
        (wiring("aligned", "steps", t=1, u=1), "h1", "y1"),
        (wiring("one-to-many", "decoder"), "h1 h2 … hu", "y1 y2 … yu"),
    ],
)
def test_steps_carry_their_numbers(facts, states, outputs):
    drawn = read(diagram(facts).svg)
    rows = {box.top for box in drawn.boxes if box.kind == "state"}
    row = sorted((b for b in drawn.boxes if b.top in rows), key=lambda b: b.left)
    assert " ".join(box.label for box in row) == states
    above = {box.top for box in drawn.boxes if box.kind == "output"}
    row = sorted((b for b in drawn.boxes if b.top in above), key=lambda b: b.left)
    assert " ".join(box.label for box in row) == outputs


@pytest.mark.parametrize("form", ["text", "svg"])
def test_every_size_is_written(form):
    facts = wiring("unaligned", "repeat", t=17, u=19, f=23, o=29, units=31, dropout=0.37)
    drawn = getattr(diagram(facts), form)
    for size in ("t = 17", "u = 19", "f = 23", "o = 29", "LSTM h = 31", "dropout 0.37"):
        assert size in drawn
    assert "b t f -&gt; b u o" in drawn or "b t f -> b u o" in drawn
    both = wiring("many-to-one", "pooled", t=None, bidirectional=True, cell="gru", layers=2)
    drawn = getattr(diagram(both), form)
    for size in ("t varies", "GRU 1 →", "GRU 2 ←", "2h = 16"):
        assert size in drawn
    assert "dropout" not in drawn


def test_columns_are_named_and_many_are_cut():
    names = tuple(f"column {k}" for k in range(40))
    drawn = diagram(wiring("one-to-one", "dense", inputs=names, outputs=("<rent & tax>",)))
    assert drawn.text.splitlines()[-2:] == [
        "x: column 0, column 1, column 2, column 3, column 4 and 35 more",
        "y: <rent & tax>",
    ]
    assert "y: <rent & tax>" in "".join(read(drawn.svg).root.itertext())
