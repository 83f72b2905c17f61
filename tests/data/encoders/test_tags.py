"""Spans of tags as the shared tasks' script counts them, and the schemes they are written in."""

from itertools import product

import pytest

from unrolled.data.encoders.tags import detect_scheme, may_follow, spans

# what breaks a span in two where the type stays the same: (prefix before, prefix now)
BREAKS = {"BB", "IB", "BS", "IS", *("".join(two) for two in product("ES", "BIES"))}


def brute_force(tags):
    """Return every run of steps of one type that nothing breaks, and that cannot be longer."""
    pairs = [("", "") if tag == "O" else tuple(tag.split("-", 1)) for tag in tags]

    def broken(place):
        if place in (0, len(pairs)):
            return True
        (before, kind), (now, other) = pairs[place - 1], pairs[place]
        return kind != other or not now or not before or before + now in BREAKS

    return [
        (pairs[i][1], i, j)
        for i in range(len(pairs))
        for j in range(i + 1, len(pairs) + 1)
        if pairs[i][0]
        and broken(i)
        and broken(j)
        and not any(broken(place) for place in range(i + 1, j))
    ]


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_spans_of_every_row_there_can_be(steps):
    every = ["O", *(f"{prefix}-{kind}" for prefix, kind in product("BIES", "ab"))]
    for tags in product(every, repeat=steps):
        assert spans(tags) == brute_force(tags)


def test_a_type_may_have_a_hyphen():
    assert spans(["B-time-of-day", "I-time-of-day"]) == [("time-of-day", 0, 2)]


@pytest.mark.parametrize(
    ("rows", "scheme"),
    [
        ([["B-a", "I-a", "B-a", "O"]], ("BIO", [])),
        ([["I-a", "I-a", "B-a", "O"]], ("IOB1", [])),
        ([["I-a", "O"], ["I-b", "I-b"]], ("IOB1", [])),
        ([["B-a", "E-a", "S-a", "O"]], ("BIOES", [])),
        ([["S-a"], None, ["O", "I-a"], ["B-a"]], ("BIOES", [2, 3])),
        ([["B-a"], ["B-a", "I-b"], ["B-b", "I-b"]], ("BIO", [1])),
    ],
)
def test_the_scheme_and_the_rows_that_depart_from_it(rows, scheme):
    assert detect_scheme(rows) == scheme


@pytest.mark.parametrize(
    "rows", [[["O", "O"]], [["DT", "NN"]], [["B", "I", "O"]], [["B-"]], [[""]], [["X-a", "O"]]]
)
def test_other_labels_mark_no_spans(rows):
    assert detect_scheme(rows) is None


@pytest.mark.parametrize("scheme", ["BIO", "IOB1", "BIOES"])
def test_rows_a_scheme_allows_are_those_it_writes(scheme):
    """Of all rows of three steps, just those are allowed that writing their own spans gives."""
    prefixes = "BI" if scheme != "BIOES" else "BIES"
    every = ["O", *(f"{prefix}-{kind}" for prefix, kind in product(prefixes, "ab"))]
    for tags in product(every, repeat=3):
        pairs = zip(("O", *tags), (*tags, "O"), strict=True)
        allowed = all(may_follow(before, now, scheme) for before, now in pairs)
        assert allowed == (list(tags) == written(spans(tags), 3, scheme)), tags


def written(marked, steps, scheme):
    """Return the tags of spans in a scheme."""
    tags = ["O"] * steps
    for place, (kind, start, end) in enumerate(marked):
        tags[start:end] = [f"I-{kind}"] * (end - start)
        beside = place and marked[place - 1][::2] == (kind, start)
        if scheme != "IOB1" or beside:
            tags[start] = f"B-{kind}"
        if scheme == "BIOES":
            tags[end - 1] = f"E-{kind}" if end - start > 1 else f"S-{kind}"
    return tags
