"""The five shapes, by their sides and by their names."""

import pytest

from unrolled.errors import SettingError
from unrolled.shapes import AXES, FACTS, SHAPES, shape_between, shape_named


def test_there_are_five_shapes_and_each_has_its_facts():
    assert SHAPES == ("one-to-one", "one-to-many", "many-to-one", "aligned", "unaligned")
    assert tuple(FACTS) == SHAPES


def test_patterns_are_written_in_the_one_alphabet():
    for facts in FACTS.values():
        assert set(facts.pattern.replace("->", " ").split()) <= set(AXES)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_side_of_many_has_a_step_axis(shape):
    given, made = FACTS[shape].pattern.split(" -> ")
    assert (FACTS[shape].inputs == "many") == ("t" in given.split())
    assert (FACTS[shape].outputs == "many") == bool({"t", "u"} & set(made.split()))


@pytest.mark.parametrize(
    ("sides", "same", "shape"),
    [
        (("one", "one"), False, "one-to-one"),
        (("one", "one"), True, "one-to-one"),
        (("one", "many"), True, "one-to-many"),
        (("many", "one"), True, "many-to-one"),
        (("many", "many"), True, "aligned"),
        (("many", "many"), False, "unaligned"),
    ],
)
def test_two_sides_ask_for_one_shape(sides, same, shape):
    assert shape_between(*sides, same_length=same) == shape


def test_there_is_no_third_side():
    with pytest.raises(SettingError) as caught:
        shape_between("few", "many")
    assert str(caught.value) == (
        "The sides of a shape are 'one' or 'many', and 'few' and 'many' were given."
    )


@pytest.mark.parametrize("name", ["many-to-one", "Many_To_One", " many to one "])
def test_a_name_may_be_spelled_freely(name):
    assert shape_named(name) == "many-to-one"


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_named_by_its_name(shape):
    assert shape_named(shape, same_length=True) == shape_named(shape, same_length=False) == shape


def test_many_to_many_is_either_of_two():
    assert shape_named("many-to-many", same_length=True) == "aligned"
    assert shape_named("many-to-many", same_length=False) == "unaligned"


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(SettingError) as caught:
        shape_named("algined")
    assert str(caught.value) == (
        "There is no shape 'algined'. The shapes are one-to-one, one-to-many, many-to-one, aligned"
        " and unaligned; many-to-many is either of the last two. Did you mean 'aligned'?"
    )


def test_a_name_like_none_of_them_gets_no_hint():
    with pytest.raises(SettingError) as caught:
        shape_named("x")
    assert str(caught.value) == (
        "There is no shape 'x'. The shapes are one-to-one, one-to-many, many-to-one, aligned and"
        " unaligned; many-to-many is either of the last two."
    )
