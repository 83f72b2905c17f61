"""A network by its sizes alone: each door takes the same names and gives the same network."""

import numpy as np
import pytest

from unrolled import bare
from unrolled.errors import SettingError
from unrolled.networks import ARCHITECTURES
from unrolled.networks.table import DEFAULTS
from unrolled.shapes import FACTS, SHAPES


def sizes_of(shape):
    """Return the steps that a shape asks for."""
    steps = {"t": 5} if FACTS[shape].inputs == "many" else {}
    return steps | ({"u": 3} if shape in ("one-to-many", "unaligned") else {})


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.name}")
def test_inputs_and_outputs_follow_the_pattern(row):
    model = bare.build(row.shape, architecture=row.name, f=2, o=4, units=3, **sizes_of(row.shape))
    sizes = {"b": None, "t": 5, "f": 2, "u": 3, "o": 4}
    given, made = FACTS[row.shape].pattern.split(" -> ")
    x = model.input
    if row.name == "decoder":  # any number of steps is fed back
        x, previous, sizes["u"] = x["x"], x["previous"], None
        assert previous.shape == (None, None, 4)
    assert x.shape == tuple(sizes[axis] for axis in given.split())
    assert model.output_shape == tuple(sizes[axis] for axis in made.split())


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.name}")
def test_steps_may_stay_open_where_the_wiring_allows_it(row):
    if FACTS[row.shape].inputs == "one" or row.name == "tail":
        return
    u = sizes_of(row.shape).get("u")
    model = bare.build(row.shape, architecture=row.name, u=u, f=2, o=4, units=3)
    chained = row.name == "decoder"
    assert (model.input["x"] if chained else model.input).shape == (None, None, 2)
    for t in (1, 6):
        steps = {"aligned": (t,), "unaligned": (3,)}.get(row.shape, ())
        x, previous = np.zeros((2, t, 2), "float32"), np.zeros((2, 3, 4), "float32")
        made = model({"x": x, "previous": previous} if chained else x)
        assert made.shape == (2, *steps, 4)


@pytest.mark.parametrize("shape", SHAPES)
def test_auto_takes_the_default_architecture(shape):
    given = {"units": 3, **sizes_of(shape)}
    auto = bare.code(shape, **given)
    assert auto == bare.code(shape, architecture=DEFAULTS[shape], **given)


@pytest.mark.parametrize(
    ("given", "shape"),
    [({"t": 5}, "aligned"), ({"t": 5, "u": 5}, "aligned"), ({"t": 5, "u": 3}, "unaligned")],
)
def test_many_to_many_is_told_apart_by_its_lengths(given, shape):
    assert bare.build("many-to-many", units=3, **given).name == shape


def test_code_is_the_code_of_what_is_built():
    script = bare.code("many-to-one", architecture="last", t=5, f=2, units=3, cell="gru")
    assert "h = layers.GRU(3)(x)  # b 3\n" in script


@pytest.mark.parametrize(("shape", "sizes"), [("one-to-many", {}), ("unaligned", {"t": 5})])
def test_the_code_of_a_decoder_ends_with_the_loop_that_uses_it(shape, sizes):
    script = bare.code(shape, architecture="decoder", u=3, o=2, units=3, **sizes)
    names = {}
    exec(script, names)
    x = np.random.default_rng(0).normal(size=(4, *sizes.values(), 1))
    said = names["generate"]({"x": x})
    assert said.shape == (4, 3, 2)
    late = np.concatenate([np.zeros((4, 1, 2)), said[:, :-1]], axis=1)
    again = names["model"].predict_on_batch({"x": x, "previous": late})
    np.testing.assert_allclose(said, again, rtol=1e-5, atol=1e-6)


def test_numpy_sizes_are_sizes():
    t, u, o = np.int64(5), np.int64(3), np.int64(2)
    script = bare.code("unaligned", architecture="vector", t=t, u=u, o=o, units=3)
    assert script == bare.code("unaligned", architecture="vector", t=5, u=3, o=2, units=3)


@pytest.mark.parametrize("door", [bare.build, bare.code, bare.diagram])
def test_an_unknown_shape_gets_the_nearest(door):
    with pytest.raises(SettingError) as caught:
        door("unalignd", t=3, u=2)
    assert str(caught.value) == (
        "got the shape 'unalignd', expected one of one-to-one, one-to-many, many-to-one, aligned,"
        " unaligned (or many-to-many). Did you mean 'unaligned'?"
    )


@pytest.mark.parametrize("door", [bare.build, bare.code, bare.diagram])
def test_an_unknown_name_gets_the_nearest(door):
    with pytest.raises(SettingError) as caught:
        door("aligned", unit=3)
    assert str(caught.value) == (
        f"{door.__name__}() got an unknown argument 'unit', expected one of shape, architecture,"
        " t, f, u, o, units, layers, bidirectional, dropout, cell. Did you mean 'units'?"
    )
