"""A network by its sizes alone: each door takes the same names and gives the same network."""

import numpy as np
import pytest

from unrolled import from_sizes
from unrolled.errors import SettingError
from unrolled.networks import ARCHITECTURES, PREVIOUS
from unrolled.networks.architectures import TEXTBOOK
from unrolled.shapes import FACTS, SHAPES


def sizes_of(shape):
    """Return the steps that a shape asks for."""
    steps = {"t": 5} if FACTS[shape].inputs == "many" else {}
    return steps | ({"u": 3} if shape in ("one-to-many", "unaligned") else {})


def shapes_of(model):
    """Return the shapes of the input x, and of a decoder's further input."""
    if not isinstance(model.input, dict):
        return model.input_shape, None
    assert set(model.input) == {"x", PREVIOUS}
    return model.input["x"].shape, model.input[PREVIOUS].shape


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.title}")
def test_inputs_and_outputs_follow_the_pattern(row):
    model = from_sizes.build(row.shape, **row.settings, f=2, o=4, units=3, **sizes_of(row.shape))
    sizes = {"b": None, "t": 5, "f": 2, "u": 3, "o": 4}
    given, made = FACTS[row.shape].pattern.split(" -> ")
    x, previous = shapes_of(model)
    assert x == tuple(sizes[axis] for axis in given.split())
    if row.name == "decoder":  # any number of steps, fed back
        assert previous == model.output_shape == (None, None, 4)
    else:
        assert previous is None
        assert model.output_shape == tuple(sizes[axis] for axis in made.split())


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.title}")
def test_steps_may_stay_open_where_the_wiring_allows_it(row):
    if FACTS[row.shape].inputs == "one" or row.name in ("tail", "segments"):
        return
    u = sizes_of(row.shape).get("u")
    model = from_sizes.build(row.shape, **row.settings, u=u, f=2, o=4, units=3)
    x, previous = shapes_of(model)
    assert x == (None, None, 2)
    for t in (1, 6):
        steps = {"aligned": (t,), "unaligned": (3,)}.get(row.shape, ())
        given = np.zeros((2, t, 2), "float32")
        if previous:
            given = {"x": given, PREVIOUS: np.zeros((2, 3, 4), "float32")}
        assert model(given).shape == (2, *steps, 4)


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.title}")
def test_every_wiring_has_default_sizes(row):
    assert "keras.Model(" in from_sizes.code(row.shape, **row.settings)
    sizes = {"u": 3} if row.shape in ("one-to-many", "unaligned") else {}
    sizes |= {"t": 6} if row.name in ("tail", "segments") else {}
    assert from_sizes.show(row.shape, **row.settings) == from_sizes.show(
        row.shape, **row.settings, **sizes
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_auto_takes_the_simplest_architecture(shape):
    given = {"units": 3, **sizes_of(shape)}
    auto = from_sizes.code(shape, **given)
    assert auto == from_sizes.code(shape, architecture=TEXTBOOK[shape], **given)


@pytest.mark.parametrize(
    ("given", "shape"),
    [({"t": 5}, "aligned"), ({"t": 5, "u": 5}, "aligned"), ({"t": 5, "u": 3}, "unaligned")],
)
def test_many_to_many_is_told_apart_by_its_lengths(given, shape):
    assert from_sizes.build("many-to-many", units=3, **given).name == shape


def test_code_is_the_code_of_what_is_built():
    script = from_sizes.code("many-to-one", architecture="last", t=5, f=2, units=3, cell="gru")
    assert "h = layers.GRU(3)(x)  # b 3\n" in script


def test_numpy_sizes_are_sizes():
    t, u, o = np.int64(5), np.int64(3), np.int64(2)
    script = from_sizes.code("unaligned", architecture="vector", t=t, u=u, o=o, units=3)
    assert script == from_sizes.code("unaligned", architecture="vector", t=5, u=3, o=2, units=3)


@pytest.mark.parametrize("door", [from_sizes.build, from_sizes.code, from_sizes.diagram])
def test_an_unknown_shape_gets_the_nearest(door):
    with pytest.raises(SettingError) as caught:
        door("unalignd", t=3, u=2)
    assert str(caught.value) == (
        "There is no shape 'unalignd'. The shapes are one-to-one, one-to-many, many-to-one, aligned"
        " and unaligned; many-to-many is either of the last two. Did you mean 'unaligned'?"
    )


@pytest.mark.parametrize("door", [from_sizes.build, from_sizes.code, from_sizes.diagram])
def test_an_unknown_name_gets_the_nearest(door):
    with pytest.raises(SettingError) as caught:
        door("aligned", unit=3)
    own = ", train" if door is from_sizes.code else ""
    assert str(caught.value) == (
        f"{door.__name__}() has no argument 'unit'. Its arguments are shape, architecture, t, f, u,"
        f" o, units, layers, bidirectional, dropout, cell, attention{own}. Did you mean 'units'?"
    )
