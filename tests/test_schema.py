"""Schema and Column: names, sizes and kinds; JSON both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import SettingError
from unrolled.schema import KIND_FACTS, KINDS, UNITS, Column, Schema, parse_kind
from unrolled.shapes import FACTS, SHAPES

columns = st.builds(
    Column,
    name=st.text(min_size=1, max_size=8),
    kind=st.sampled_from(KINDS),
    unit=st.sampled_from([None, *UNITS]),
    width=st.integers(1, 9),
    length=st.none() | st.integers(1, 9),
    why=st.text(max_size=8),
)


@given(
    schema=st.builds(
        Schema,
        inputs=st.lists(columns, max_size=3).map(tuple),
        outputs=st.lists(columns, max_size=3).map(tuple),
        shape=st.sampled_from(SHAPES),
        reason=st.text(max_size=9),
    )
)
def test_a_schema_goes_to_json_and_back(schema):
    assert Schema.model_validate_json(schema.model_dump_json()) == schema


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_side(kind):
    assert Column(name="a", kind=kind).side == KIND_FACTS[kind].side


def schema_of(*lengths, shape="many-to-one"):
    inputs = tuple(Column(name=f"a{n}", kind="numbers", length=n) for n in lengths)
    facts = Column(name="b", kind="number")
    return Schema(inputs=(*inputs, facts), outputs=(facts,), shape=shape, reason="")


@pytest.mark.parametrize(
    ("lengths", "steps"), [((5,), 5), ((5, 5), 5), ((5, None), None), ((None,), None), ((), None)]
)
def test_steps_in_is_the_length_that_every_input_of_steps_has(lengths, steps):
    assert schema_of(*lengths).steps_in == steps


@pytest.mark.parametrize("shape", SHAPES)
def test_a_schema_has_the_pattern_of_its_shape(shape):
    assert schema_of(shape=shape).pattern == FACTS[shape].pattern


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        *((kind, (kind, None)) for kind in KINDS),
        *((unit, ("text", unit)) for unit in UNITS),
        *((f"text:{unit}", ("text", unit)) for unit in UNITS),
        (" Text:Words ", ("text", "words")),
    ],
)
def test_a_kind_is_stated_with_or_without_its_unit(spelled, meant):
    assert parse_kind(spelled, column="a") == meant


@pytest.mark.parametrize("unit", UNITS)
def test_a_column_is_spelled_as_it_is_stated(unit):
    spelled = Column(name="a", kind="text", unit=unit).kind_name
    assert parse_kind(spelled, column="a") == ("text", unit)


@pytest.mark.parametrize(
    ("kind", "hint"),
    [
        ("numbr", " Did you mean 'number'?"),
        ("text:word", " Did you mean 'text:words'?"),
        ("number:words", " Did you mean 'numbers'?"),
        ("", ""),
    ],
)
def test_an_unknown_kind_is_refused(kind, hint):
    with pytest.raises(SettingError) as caught:
        parse_kind(kind, column="age")
    known = "number, category, labels, date, vector, numbers, tokens, text"
    units = "text:characters, text:words, text:subwords"
    assert str(caught.value) == (
        f"There is no kind {kind!r}, which is stated for column 'age'. The kinds are {known},"
        f" {units}.{hint}"
    )


def test_a_decimal_comma_is_kept_and_a_point_is_not_written():
    column = Column(name="a", kind="number", decimal=",")
    assert Column.from_dict(column.to_dict()) == column
    assert column.to_dict()["decimal"] == ","
    assert "decimal" not in Column(name="a", kind="number").to_dict()


def test_inputs_with_steps_of_their_own_are_saved_by_group():
    columns = tuple(Column(name=name, kind="tokens") for name in ("a", "b"))
    plain = Schema(inputs=columns, outputs=(), shape="many-to-one", reason="")
    assert "length_groups" not in plain.to_dict()
    grouped = plain.model_copy(update={"length_groups": (("b",), ("a",))})
    assert Schema.from_dict(grouped.to_dict()) == grouped
    assert [column.name for group in grouped.input_groups for column in group] == ["b", "a"]
