"""Sizes and settings that no network has are refused, in the same words by every door."""

import pytest

from unrolled import from_sizes
from unrolled.errors import SettingError, ShapeError, UnrolledError
from unrolled.networks import ARCHITECTURES, NetworkSpec, architecture, build, with_defaults
from unrolled.settings import Network
from unrolled.shapes import SHAPES

NAME = (
    "An embedded input cannot be named '{}': 'x', 'mask' and 'previous' are inputs that the network"
    " adds, and '/' separates parts of names. Give it another name."
)
WHOLE = "Give a whole number of at least 1."
SHAPE_REFUSALS = [
    ("many-to-one", {"t": 0}, f"t=0 is not a size. {WHOLE}"),
    ("many-to-one", {"t": 2.5}, f"t=2.5 is not a size. {WHOLE}"),
    ("many-to-one", {"t": "6"}, f"t='6' is not a size. {WHOLE}"),
    ("one-to-many", {"u": 0}, f"u=0 is not a size. {WHOLE}"),
    ("many-to-one", {"f": -1}, f"f=-1 is not a size. {WHOLE}"),
    ("many-to-one", {"f": 0}, f"f=0 is not a size. {WHOLE}"),
    ("many-to-one", {"o": 0}, f"o=0 of 'y' is not a size. {WHOLE}"),
    (
        "aligned",
        {"t": 6, "u": 3},
        "The shape aligned (b t f -> b t o) has no u of its own, and u=3 was given. Leave u out, or"
        " use the shape one-to-many or unaligned.",
    ),
    (
        "many-to-one",
        {"t": 6, "u": 6},
        "The shape many-to-one (b t f -> b o) has no u of its own, and u=6 was given. Leave u out,"
        " or use the shape one-to-many or unaligned.",
    ),
    (
        "one-to-one",
        {"t": 6},
        "The shape one-to-one (b f -> b o) has an input without steps, and t=6 was given. Leave t"
        " out, or use a shape that begins with many.",
    ),
    (
        "one-to-many",
        {"t": 6, "u": 3},
        "The shape one-to-many (b f -> b u o) has an input without steps, and t=6 was given. Leave"
        " t out, or use a shape that begins with many.",
    ),
]
SPEC_REFUSALS = [  # where only sizes are given, u has a default
    (
        "one-to-many",
        {},
        "The shape one-to-many (b f -> b u o) needs u, the number of output steps. Give u=...",
    ),
    (
        "unaligned",
        {"t": 6},
        "The shape unaligned (b t f -> b u o) needs u, the number of output steps. Give u=...",
    ),
]
BUILD_REFUSALS = [
    (
        "unaligned",
        {"t": 2, "u": 3, "architecture": "tail"},
        "The architecture 'tail' needs at least as many input steps as output steps, and there are"
        " 2 (t=2) for 3 output steps (u=3). Give a t of at least u, or use architecture='repeat'.",
    ),
    (
        "unaligned",
        {"u": 3, "architecture": "tail"},
        "The architecture 'tail' needs at least as many input steps as output steps, and their"
        " number is open (t=None) for 3 output steps (u=3). Give a t of at least u, or use"
        " architecture='repeat'.",
    ),
    (
        "unaligned",
        {"u": 3, "architecture": "segments"},
        "The architecture 'segments' cuts the input into segments of the same length, and the"
        " number of input steps is open (t=None). Give t, or use architecture='repeat'.",
    ),
    (
        "many-to-one",
        {"architecture": "poled"},
        "The shape many-to-one has no architecture 'poled'. Its architectures are last, pooled."
        " Did you mean 'pooled'?",
    ),
    (
        "one-to-one",
        {"architecture": "tail"},
        "The shape one-to-one has no architecture 'tail'. Its architectures are dense.",
    ),
    (
        "one-to-one",
        {"bidirectional": True},
        "The architecture 'dense' has no recurrent layer, so that cell and bidirectional have no"
        " effect. Leave them out, or use an input of many steps.",
    ),
    (
        "one-to-one",
        {"cell": "gru"},
        "The architecture 'dense' has no recurrent layer, so that cell and bidirectional have no"
        " effect. Leave them out, or use an input of many steps.",
    ),
    (
        "aligned",
        {"layers": 0},
        "The architecture 'steps' needs at least 1 recurrent layer, and layers=0. Leave layers"
        " out.",
    ),
    (
        "unaligned",
        {"u": 3, "layers": 0, "architecture": "decoder"},
        "The architecture 'decoder' needs at least 1 recurrent layer, and layers=0. Leave layers"
        " out.",
    ),
    (
        "one-to-many",
        {"u": 3, "bidirectional": True, "architecture": "decoder"},
        "The architecture 'decoder' of the shape one-to-many reads an input without steps, so that"
        " bidirectional has no effect. Leave it out.",
    ),
    (
        "unaligned",
        {"u": 3, "architecture": "repeat", "attention": False},
        "The architecture 'repeat' of the shape unaligned has no decoder that attends to input"
        " steps, so that attention=False has no effect. Leave it out, or use"
        " architecture='decoder' of the shape unaligned.",
    ),
    (
        "one-to-many",
        {"u": 3, "architecture": "decode"},
        "The shape one-to-many has no architecture 'decode'. Its architectures are repeat, decoder."
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


def spec_of(shape, *, t=None, u=None, f=1, o=1):
    return NetworkSpec(shape, t=t, u=u, values=f, heads={"y": o})


@by_case
def test_by_sizes_alone(shape, given, text):
    with pytest.raises(UnrolledError) as caught:
        from_sizes.build(shape, **given)
    assert str(caught.value) == text


@by_case
def test_by_specification_and_settings(shape, given, text):
    sizes = {name: value for name, value in given.items() if name in "tufo"}
    settings = {name: value for name, value in given.items() if name not in sizes}
    with pytest.raises(UnrolledError) as caught:
        build(spec_of(shape, **sizes), Network(**settings))
    assert str(caught.value) == text


@pytest.mark.parametrize(("shape", "sizes", "text"), SHAPE_REFUSALS + SPEC_REFUSALS, ids=str)
def test_sizes_are_refused_as_such(shape, sizes, text):
    with pytest.raises(ShapeError) as caught:
        spec_of(shape, **sizes)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("given", "kind", "text"),
    [
        (
            {"heads": {}},
            ShapeError,
            "The network has no outputs. Give at least one, as heads={'y': 1}.",
        ),
        (
            {"embedded": {"word": 0}},
            ShapeError,
            f"vocabulary size=0 of 'word' is not a size. {WHOLE}",
        ),
        ({"embedded": {"x": 9}}, SettingError, NAME.format("x")),
        ({"embedded": {"km/h": 9}}, SettingError, NAME.format("km/h")),
        ({"embedded": {"previous": 9}}, SettingError, NAME.format("previous")),
    ],
    ids=str,
)
def test_a_specification_that_cannot_be_is_refused(given, kind, text):
    with pytest.raises(kind) as caught:
        NetworkSpec("many-to-one", **given)
    assert str(caught.value) == text


@pytest.mark.parametrize("shape", ["one-to-one", "one-to-many"])
def test_an_input_without_steps_has_no_lengths(shape):
    with pytest.raises(ShapeError) as caught:
        NetworkSpec(shape, u=3 if shape == "one-to-many" else None, ragged=True)
    assert str(caught.value).startswith(f"The shape {shape} (")
    assert str(caught.value).endswith(
        " has an input without steps, and rows have different lengths. Leave ragged out, or use a"
        " shape that begins with many."
    )


def test_aligned_may_be_given_its_u_again():
    assert NetworkSpec("aligned", t=6, u=6).u == 6


def test_every_shape_has_a_default_and_no_architecture_twice():
    for shape in SHAPES:
        assert architecture(shape) in ARCHITECTURES
    pairs = [(row.shape, row.title) for row in ARCHITECTURES]
    assert len(set(pairs)) == len(pairs)


def test_with_defaults_fills_every_gap():
    filled = with_defaults(NetworkSpec("aligned"), Network())
    assert (filled.architecture, filled.bidirectional, filled.dropout) == ("steps", True, 0.0)
    assert None not in filled.model_dump().values()


def test_with_defaults_keeps_given_settings():
    given = Network(architecture="steps", units=3, bidirectional=False, dropout=0.5, cell="gru")
    assert with_defaults(NetworkSpec("aligned"), given) == given


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_a_decoder_has_one_output(shape):
    spec = NetworkSpec(shape, u=3, heads={"y": 1, "z": 2})
    with pytest.raises(SettingError) as caught:
        build(spec, Network(architecture="decoder"))
    assert str(caught.value) == (
        "The architecture 'decoder' feeds its output back and can have only one output, and there"
        " are 2. Join the columns into one, or use architecture='repeat'."
    )


@pytest.mark.parametrize(
    ("shape", "name"), [("one-to-many", "repeat"), ("unaligned", "repeat"), ("unaligned", "vector")]
)
def test_only_a_decoder_has_rows_of_different_lengths(shape, name):
    with pytest.raises(SettingError) as caught:
        build(NetworkSpec(shape, u=3, stops=True), Network(architecture=name))
    assert str(caught.value) == (
        f"The architecture '{name}' produces the same number of steps for every row, and the output"
        " rows have different lengths. Cut or pad the rows, or use architecture='decoder'."
    )


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_outputs_that_end_by_themselves_need_a_decoder(shape):
    names = {
        kind: with_defaults(
            NetworkSpec(shape, u=3, **{kind: True} if kind else {}), Network()
        ).architecture
        for kind in ("tokens", "stops", "")
    }
    assert names == {"tokens": "decoder", "stops": "decoder", "": "repeat"}


@pytest.mark.parametrize(("shape", "both"), [("one-to-many", False), ("unaligned", True)])
def test_a_decoder_reads_steps_both_ways_by_default(shape, both):
    filled = with_defaults(NetworkSpec(shape, u=3), Network(architecture="decoder"))
    assert filled.bidirectional is both
