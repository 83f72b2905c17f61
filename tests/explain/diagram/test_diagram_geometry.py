"""Whatever the wiring, the drawing holds together: nothing overlaps, hangs loose or sticks out."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise, product
from xml.etree import ElementTree

import pytest
from drawn_svg import SVG, read
from hypothesis import given, settings
from hypothesis import strategies as some

from unrolled.explain.diagram import Wiring, diagram
from unrolled.explain.diagram.facts import OtherInputs
from unrolled.explain.diagram.words import cells
from unrolled.networks import ARCHITECTURES
from unrolled.shapes import FACTS

STEPS = some.none() | some.integers(1, 8) | some.integers(1, 100_000)


@some.composite
def other_inputs(draw, row) -> tuple[OtherInputs, ...]:
    one_sequence = row.name in ("tail", "padded", "segments")
    if FACTS[row.shape].inputs == "one" or one_sequence:
        return ()
    sizes = some.tuples(STEPS, some.integers(1, 10**6))
    sizes = draw(some.lists(sizes, max_size=2))
    return tuple(OtherInputs(letter, t, f) for letter, (t, f) in zip("vw", sizes, strict=False))


@some.composite
def wirings(draw) -> Wiring:
    row = draw(some.sampled_from(ARCHITECTURES))
    shape, architecture = row.shape, row.name
    t, u = draw(STEPS), draw(STEPS)
    if architecture == "tail" and t is not None and u is not None:
        t, u = max(t, u), min(t, u)
    if architecture == "segments":  # both are known
        t, u = t or 6, u or 3
    return Wiring(
        shape,
        architecture,
        t=t,
        u=t if shape == "aligned" else u,
        f=draw(some.integers(1, 10**6)),
        o=draw(some.integers(1, 1000)),
        units=draw(some.integers(1, 65536)),
        layers=draw(some.integers(0 if architecture == "dense" else 1, 4)),
        cell=draw(some.sampled_from(["lstm", "gru", "rnn"])),
        bidirectional=architecture != "dense" and draw(some.booleans()),
        dropout=draw(some.sampled_from([0.0, 0.2, 1 / 3, 0.000123])),
        inputs=tuple(draw(some.lists(some.text(max_size=40), max_size=12))),
        outputs=tuple(draw(some.lists(some.text(max_size=40), max_size=2))),
        attention=row.attention,
        others=draw(other_inputs(row)),
        ends=draw(some.sampled_from(["", "END", "stop"])) if architecture == "decoder" else "",
    )


@pytest.mark.slow
@given(wirings())
@settings(max_examples=150, deadline=None)
def test_the_drawing_holds_together(wiring):
    picture = diagram(wiring)
    drawn = read(picture.svg)  # every arrow starts and ends on the edge of one box
    assert drawn.overlapping() == []
    _, _, width, height = (float(n) for n in drawn.root.attrib["viewBox"].split())
    for box in drawn.boxes:
        assert 0 < box.left < box.right < width
        assert 0 < box.top < box.bottom < height
    for arrow in drawn.arrows:
        for start, end in pairwise(arrow.points):
            assert start[0] == end[0] or start[1] == end[1]
            assert start != end
            for box in drawn.boxes:
                assert not crosses(start, end, box)
        assert arrow.head == (arrow.target.kind != "gap")
    for one, other in combinations(drawn.arrows, 2):
        if one.target != other.target and one.source != other.source:
            assert not overlap(one, other)
    assert_words_fit(drawn)


def test_a_long_title_has_room_over_a_narrow_picture():
    facts = Wiring(
        "many-to-one", "pooled", t=1, u=None, f=4, o=1, units=8, layers=12, bidirectional=True
    )
    assert_words_fit(read(diagram(facts).svg))


def assert_words_fit(drawn) -> None:
    """Fail if words that start at their x are wider than what is left of the picture."""
    _, _, width, height = (float(n) for n in drawn.root.attrib["viewBox"].split())
    for text in drawn.root.iter(f"{SVG}text"):
        if "class" in text.attrib:
            words = "".join(text.itertext())
            room = cells(words) * float(text.attrib["font-size"]) * 0.53  # a sans-serif letter
            assert float(text.attrib["x"]) + room < width, words
            assert 0 < float(text.attrib["y"]) < height


def crosses(start, end, box) -> bool:
    """Return whether a line runs through the inside of a box."""
    (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(start, end, strict=True))
    return x0 < box.right and box.left < x1 and y0 < box.bottom and box.top < y1


def overlap(one, other) -> bool:
    """Return whether two arrows run along the same line for a while, which hides one of them."""
    for a, b in product(pairwise(one.points), pairwise(other.points)):
        (across, along), *_ = [(k, 1 - k) for k in (0, 1) if a[0][k] == a[1][k]]
        (a0, a1), (b0, b1) = (sorted(point[along] for point in line) for line in (a, b))
        same = {point[across] for point in (*a, *b)}
        if len(same) == 1 and a0 < b1 and b0 < a1:
            return True
    return False


def head_of(arrow) -> str:
    """Return the character of an arrow's head."""
    if arrow.points[-1][1] == arrow.points[-2][1]:
        return "▶" if arrow.end[0] > arrow.start[0] else "◀"
    return "△" if arrow.kind == "dropped" else "▲"


@pytest.mark.slow
@given(wirings())
@settings(max_examples=150, deadline=None)
def test_the_text_says_the_same_within_78_columns(wiring):
    picture = diagram(wiring)
    drawn, lines = read(picture.svg), picture.text.splitlines()
    assert max(cells(line) for line in lines) <= 78
    assert all(line == line.rstrip() for line in lines)
    art = picture.text.split("\n\n")[1]
    heads = Counter(head_of(arrow) for arrow in drawn.arrows if arrow.head)
    assert Counter(c for c in art if c in "▲△▶◀") == heads
    for box in drawn.boxes:
        if box.kind != "gap":
            assert box.label.replace("−", "-") in art


@pytest.mark.slow
@given(wirings())
@settings(max_examples=100, deadline=None)
def test_kept_outputs_stand_above_their_steps(wiring):
    drawn = read(diagram(wiring).svg)
    outputs = [box for box in drawn.boxes if box.kind == "output"]
    into = [arrow for arrow in drawn.arrows if arrow.target.kind == "output"]
    assert len(into) == len(outputs)  # as many kept arrows as outputs shown
    assert {arrow.target for arrow in into} == set(outputs)
    inputs = [box for box in drawn.boxes if box.kind in ("input", "zero")]
    seen = set().union(*(drawn.seen_by(box) for box in outputs))
    assert set(inputs) <= seen or wiring.architecture == "tail"
    assert min(box.bottom for box in outputs) < min(box.top for box in inputs)
    if wiring.shape == "aligned":
        first = [b.left for b in inputs if b.label.startswith("x")]
        assert first == [b.left for b in outputs]


def test_the_svg_stands_alone():
    svg = diagram(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)).svg
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    titles = [root.findtext(f"{SVG}{name}") for name in ("title", "desc")]
    assert titles == [
        "aligned · steps · LSTM",
        "aligned · steps · LSTM. In: 3 steps of 4 values. Out: 3 steps of 1 value."
        " Hidden units: 8. Each input step has its own output.",
    ]
    for outside in ("href", "url(", "<script", "@import", " id="):
        assert outside not in svg
    assert svg.count("http") == 1  # the name of the format
    selectors = root.findtext(f"{SVG}style").split("{", 1)[1].split("}")
    assert all(rule.startswith(".unrolled-") for rule in selectors if rule)
