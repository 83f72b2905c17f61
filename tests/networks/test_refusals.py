"""Sizes and settings that no network has are refused, in the same words by every door."""

import pytest

from unrolled import from_sizes
from unrolled.errors import SettingError, ShapeError, UnrolledError
from unrolled.networks import ARCHITECTURES, NetworkSpec, architecture, build, with_defaults
from unrolled.settings import Network
from unrolled.shapes import SHAPES

SHAPE_REFUSALS = [
    ("many-to-one", {"t": 0}, "got t=0, expected a whole number of at least 1."),
    ("many-to-one", {"t": 2.5}, "got t=2.5, expected a whole number of at least 1."),
    ("many-to-one", {"t": "6"}, "got t='6', expected a whole number of at least 1."),
    ("one-to-many", {"u": 0}, "got u=0, expected a whole number of at least 1."),
    ("many-to-one", {"f": -1}, "got f=-1, expected a whole number of at least 1."),
    ("many-to-one", {"f": 0}, "got f=0, expected a whole number of at least 1."),
    ("many-to-one", {"o": 0}, "got o=0 for 'y', expected a whole number of at least 1."),
    (
        "one-to-many",
        {},
        "got no u for the shape one-to-many (b f -> b u o), expected the number of output steps."
        " Give u=...",
    ),
    (
        "unaligned",
        {"t": 6},
        "got no u for the shape unaligned (b t f -> b u o), expected the number of output steps."
        " Give u=...",
    ),
    (
        "aligned",
        {"t": 6, "u": 3},
        "got u=3 for the shape aligned (b t f -> b t o), which has no u of its own. Leave u out,"
        " or take one-to-many or unaligned.",
    ),
    (
        "many-to-one",
        {"t": 6, "u": 6},
        "got u=6 for the shape many-to-one (b t f -> b o), which has no u of its own. Leave u out,"
        " or take one-to-many or unaligned.",
    ),
    (
        "one-to-one",
        {"t": 6},
        "got t=6 for the shape one-to-one (b f -> b o), whose input has no steps. Leave t out, or"
        " take a shape that begins with many.",
    ),
    (
        "one-to-many",
        {"t": 6, "u": 3},
        "got t=6 for the shape one-to-many (b f -> b u o), whose input has no steps. Leave t out,"
        " or take a shape that begins with many.",
    ),
]
BUILD_REFUSALS = [
    (
        "unaligned",
        {"t": 2, "u": 3, "architecture": "tail"},
        "got t=2 and u=3 for the architecture 'tail', which keeps the last u of the t input steps:"
        " expected t >= u, and t known. Give t, or take architecture='repeat'.",
    ),
    (
        "unaligned",
        {"u": 3, "architecture": "tail"},
        "got t=None and u=3 for the architecture 'tail', which keeps the last u of the t input"
        " steps: expected t >= u, and t known. Give t, or take architecture='repeat'.",
    ),
    (
        "many-to-one",
        {"architecture": "poled"},
        "got the architecture 'poled' for the shape many-to-one, expected one of last, pooled."
        " Did you mean 'pooled'?",
    ),
    (
        "one-to-one",
        {"architecture": "tail"},
        "got the architecture 'tail' for the shape one-to-one, expected one of dense.",
    ),
    (
        "one-to-one",
        {"bidirectional": True},
        "got a cell or bidirectional for the architecture 'dense', which has no recurrence. Leave"
        " them out, or make an input of many steps.",
    ),
    (
        "one-to-one",
        {"cell": "gru"},
        "got a cell or bidirectional for the architecture 'dense', which has no recurrence. Leave"
        " them out, or make an input of many steps.",
    ),
    (
        "aligned",
        {"layers": 0},
        "got layers=0 for the architecture 'steps', expected at least 1.",
    ),
    (
        "unaligned",
        {"u": 3, "layers": 0, "architecture": "decoder"},
        "got layers=0 for the architecture 'decoder', expected at least 1.",
    ),
    (
        "one-to-many",
        {"u": 3, "bidirectional": True, "architecture": "decoder"},
        "got bidirectional for the architecture 'decoder' of the shape one-to-many, whose input has"
        " no steps to read both ways. Leave it out.",
    ),
    (
        "one-to-many",
        {"u": 3, "architecture": "decode"},
        "got the architecture 'decode' for the shape one-to-many, expected one of repeat, decoder."
        " Did you mean 'decoder'?",
    ),
    ("aligned", {"units": 0}, "units=0 is not valid for Network: units must be at least 1."),
    ("aligned", {"dropout": 7}, "dropout=7 is not valid for Network: dropout must be less than 1."),
    (
        "aligned",
        {"cell": "transformer"},
        "cell='transformer' is not valid for Network: cell must be 'lstm', 'gru' or 'rnn'.",
    ),
]
by_case = pytest.mark.parametrize(
    ("shape", "given", "text"), SHAPE_REFUSALS + BUILD_REFUSALS, ids=str
)


def ports_of(shape, *, t=None, u=None, f=1, o=1):
    return NetworkSpec(shape, t=t, u=u, values=f, heads={"y": o})


@by_case
def test_by_sizes_alone(shape, given, text):
    with pytest.raises(UnrolledError) as caught:
        from_sizes.build(shape, **given)
    assert str(caught.value) == text


@by_case
def test_by_ports_and_settings(shape, given, text):
    sizes = {name: value for name, value in given.items() if name in "tufo"}
    settings = {name: value for name, value in given.items() if name not in sizes}
    with pytest.raises(UnrolledError) as caught:
        build(ports_of(shape, **sizes), Network(**settings))
    assert str(caught.value) == text


@pytest.mark.parametrize(("shape", "sizes", "text"), SHAPE_REFUSALS, ids=str)
def test_sizes_are_refused_as_such(shape, sizes, text):
    with pytest.raises(ShapeError) as caught:
        ports_of(shape, **sizes)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        (
            {"heads": {}},
            ShapeError,
            "got no outputs, expected at least one. Give heads={'y': 1}.",
        ),
        (
            {"embedded": {"word": 0}},
            ShapeError,
            "got tokens=0 for 'word', expected a whole number of at least 1.",
        ),
        (
            {"embedded": {"x": 9}},
            SettingError,
            "got an embedded input named 'x', expected a name without '/' that is none of 'x' (the"
            " numbers), 'mask' (the real steps) and 'previous' (what is fed back). Name it"
            " otherwise.",
        ),
        (
            {"embedded": {"km/h": 9}},
            SettingError,
            "got an embedded input named 'km/h', expected a name without '/' that is none of 'x'"
            " (the numbers), 'mask' (the real steps) and 'previous' (what is fed back). Name it"
            " otherwise.",
        ),
        (
            {"embedded": {"previous": 9}},
            SettingError,
            "got an embedded input named 'previous', expected a name without '/' that is none of"
            " 'x' (the numbers), 'mask' (the real steps) and 'previous' (what is fed back). Name it"
            " otherwise.",
        ),
    ],
    ids=str,
)
def test_ports_that_cannot_be_are_refused(given, kind, text):
    with pytest.raises(kind) as caught:
        NetworkSpec("many-to-one", **given)
    assert str(caught.value) == text


@pytest.mark.parametrize("shape", ["one-to-one", "one-to-many"])
def test_an_input_without_steps_has_no_lengths(shape):
    with pytest.raises(ShapeError) as caught:
        NetworkSpec(shape, u=3 if shape == "one-to-many" else None, ragged=True)
    assert str(caught.value).startswith(f"got rows of different lengths for the shape {shape} (")
    assert str(caught.value).endswith(
        "whose input has no steps. Leave ragged out, or take a shape that begins with many."
    )


def test_aligned_may_be_told_its_u_again():
    assert NetworkSpec("aligned", t=6, u=6).u == 6


def test_every_shape_has_a_default_and_no_architecture_twice():
    for shape in SHAPES:
        assert architecture(shape) in ARCHITECTURES
    pairs = [(row.shape, row.name) for row in ARCHITECTURES]
    assert len(set(pairs)) == len(pairs)


def test_settled_fills_every_gap():
    filled = with_defaults(NetworkSpec("aligned"), Network())
    assert (filled.architecture, filled.bidirectional, filled.dropout) == ("steps", True, 0.0)
    assert None not in filled.model_dump().values()


def test_settled_keeps_what_was_said():
    said = Network(architecture="steps", units=3, bidirectional=False, dropout=0.5, cell="gru")
    assert with_defaults(NetworkSpec("aligned"), said) == said


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_a_decoder_has_one_output(shape):
    spec = NetworkSpec(shape, u=3, heads={"y": 1, "z": 2})
    with pytest.raises(SettingError) as caught:
        build(spec, Network(architecture="decoder"))
    assert str(caught.value) == (
        "got 2 outputs for the architecture 'decoder', expected one: it is fed back. Join the"
        " columns into one, or take architecture='repeat'."
    )


@pytest.mark.parametrize(
    ("shape", "name"), [("one-to-many", "repeat"), ("unaligned", "repeat"), ("unaligned", "vector")]
)
def test_what_is_no_decoder_cannot_say_where_its_rows_end(shape, name):
    with pytest.raises(SettingError) as caught:
        build(NetworkSpec(shape, u=3, stops=True), Network(architecture=name))
    assert str(caught.value) == (
        f"got output rows of different lengths for the architecture '{name}', expected as many"
        " steps in every row: nothing would say where they end. Cut or fill the rows, or take"
        " architecture='decoder'."
    )


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_outputs_that_end_by_themselves_ask_for_a_decoder(shape):
    names = {
        kind: with_defaults(
            NetworkSpec(shape, u=3, **{kind: True} if kind else {}), Network()
        ).architecture
        for kind in ("tokens", "stops", "")
    }
    assert names == {"tokens": "decoder", "stops": "decoder", "": "repeat"}


@pytest.mark.parametrize(("shape", "both"), [("one-to-many", False), ("unaligned", True)])
def test_a_decoder_reads_steps_both_ways_unless_told_otherwise(shape, both):
    filled = with_defaults(NetworkSpec(shape, u=3), Network(architecture="decoder"))
    assert filled.bidirectional is both
