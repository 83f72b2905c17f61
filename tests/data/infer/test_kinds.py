import datetime

import numpy as np
import polars as pl
import pytest

from unrolled.data.formats.from_python import to_series
from unrolled.data.infer.kinds import infer_kind
from unrolled.errors import DataError, SettingError
from unrolled.schema import Column


def infer_column(cells: object, *, stated: str | None = None, output: bool = False) -> Column:
    return infer_kind(to_series("a", cells), stated=stated, output=output)[0]


def refusal(cells: object, **options: object) -> str:
    with pytest.raises(DataError) as caught:
        infer_column(cells, **options)  # type: ignore[arg-type]
    return str(caught.value)


SENTENCES = [f"word{i} and more" for i in range(20)]
REPEATED = [f"room {i} was clean" for i in range(10)] * 9
SOUNDS = [f"a ɑ\u0303 t\u0361ʃ ɛ\u0303ː {chr(97 + i)}ʰ" for i in range(20)]
NAMES = [f"word{i}" for i in range(20)]
STRESSED = [f"HH AH0 {a} OW1 {b}" for a in "BDKLM" for b in ("B", "D", "NG", "Z AH2", "SH T")]
TONES = [f"tʃə {a}˧ ə {b}ʂ ˧˧" for a in "ptkbd" for b in "ptkbd"]
SHORT_WORDS = [f"{'no' if i % 2 else 'yes'} we are in room {i}" for i in range(20)]
PARTS = [f"{a}{b} {b}{a} {a}9{b}x" for a in "bcdfghjklm" for b in "npqrstvwxz"]  # hardly repeated
DATES = [f"2024-0{1 + i // 28}-{1 + i % 28:02d}" for i in range(90)]
DAYS = [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(90)]
SPELLED_DATES = [f"{day.day} {day:%B} {day.year}" for day in DAYS]


@pytest.mark.parametrize(
    ("cells", "output", "spelled", "width", "length", "why"),
    [
        ([1.5, 2.5], False, "number", 1, None, "a number in each row"),
        ([0, 1] * 5, False, "number", 1, None, "a number in each row"),
        ([0, 1] * 5, True, "category", 1, None, "2 different whole numbers in 10 rows"),
        ([0.0, 1.0] * 5, True, "category", 1, None, "2 different whole numbers in 10 rows"),
        ([0.0, 2.0] * 5, True, "number", 1, None, "a number in each row"),
        ([0.0, 1.0] * 5, False, "number", 1, None, "a number in each row"),
        ([[1, 0], [1, 1]], False, "vector", 2, None, "lists of 2 numbers in every row"),
        ([[1, 0], [1, 1]], True, "labels", 2, None, "lists of 2, each 0 or 1"),
        ([[1, 0], None, [0, 1]], True, "category", 2, None, "one-hot lists of 2, each 0 or 1"),
        (["[1, 0]", "[1, 1]"], True, "labels", 2, None, "text that contains lists, lists of 2"),
        ([0.0, 1.0, None] * 5, True, "category", 1, None, "2 different whole numbers in 15 rows"),
        (list(range(10)), True, "number", 1, None, "a number in each row"),
        (list(range(11)) * 9, True, "number", 1, None, "a number in each row"),
        ([True, False], False, "category", 1, None, "booleans"),
        (["y", "n"] * 9, False, "category", 1, None, "text with 2 different values in 18 rows"),
        (["1", "2"] * 9, True, "category", 1, None, "text with 2 different values in 18 rows"),
        (SENTENCES, False, "text:words", 1, None, "text, 20 different in 20 rows"),
        (NAMES, False, "text:characters", 1, None, "text, 20 different in 20 rows"),
        (REPEATED, False, "text:words", 1, None, "text, 10 different in 90 rows"),
        (REPEATED, True, "category", 1, None, "text with 10 different values in 90 rows"),
        (REPEATED[:9] * 9, False, "category", 1, None, "text with 9 different values in 81 rows"),
        (SENTENCES[:10] * 9, False, "category", 1, None, "text with 10 different values"),
        ([["a"], ["b", "c"]], False, "tokens", 1, None, "lists of strings"),
        ([["a"], ["b"]], False, "tokens", 1, 1, "lists of strings"),
        ([[1, 2], [3, 4]], False, "vector", 2, None, "lists of 2 numbers in every row"),
        ([[1, 2], None], False, "vector", 2, None, "lists of 2 numbers in every row"),
        ([[1, 2], [3]], False, "numbers", 1, None, "lists of numbers of different lengths"),
        ([[[1, 2]], [[3, 4]]], False, "numbers", 2, 1, "lists of 1 step of 2 numbers each"),
        (np.zeros((2, 3)), False, "vector", 3, None, "lists of 3 numbers in every row"),
        (np.zeros((2, 3, 4)), False, "numbers", 4, 3, "lists of 3 steps of 4 numbers each"),
        (
            ["[1, 2]", "[3, 4]"],
            False,
            "vector",
            2,
            None,
            "text that contains lists, lists of 2 numbers in every row",
        ),
        ([f"[word {i}]" for i in range(9)], False, "text:words", 1, None, "text, 9 different"),
        (['["a"]', '["b", "c"]'], False, "tokens", 1, None, "text that contains lists, lists of"),
        (SOUNDS, False, "tokens", 1, 5, "text, single letters separated by spaces"),
        (SOUNDS, True, "tokens", 1, 5, "text, single letters separated by spaces"),
        ([sound.replace(" ", "  ") for sound in SOUNDS], True, "text:words", 1, None, "text, "),
        ([f"{sound} " for sound in SOUNDS], True, "text:words", 1, None, "text, "),
        (SOUNDS[:10] * 9, True, "category", 1, None, "text with 10 different values"),
        (STRESSED, True, "tokens", 1, None, "text, 13 different short symbols separated by"),
        (TONES, True, "tokens", 1, 5, "text, single letters separated by spaces"),
        (SHORT_WORDS, False, "text:words", 1, None, "text, 20 different"),
        (PARTS, True, "text:words", 1, None, "text, 100 different"),
        (DATES, False, "date", 1, None, "dates"),
        ([*DATES, None, ""], False, "date", 1, None, "dates"),
        ([f"{day} 12:30" for day in DATES], False, "date", 1, None, "dates"),
        ([f"{day}T12:30:00+02:00" for day in DATES], False, "date", 1, None, "dates"),
        (DAYS, False, "date", 1, None, "dates"),
        (DATES, True, "text:characters", 1, None, "dates, which are written as text"),
        (DAYS, True, "text:characters", 1, None, "dates, which are written as text"),
        (SPELLED_DATES, False, "text:words", 1, None, "text, 90 different"),
        ([f"{day.day}.{day.month}.{day.year}" for day in DAYS], False, "date", 1, None, "dates"),
        ([f"{day:%m/%d/%Y} 8:00" for day in DAYS], False, "date", 1, None, "dates"),
        ([f"{day:%m/%d/%Y}" for day in DAYS[:12]], False, "text:characters", 1, None, "text, 12"),
        ([f"1.2.{i}" for i in range(90)], False, "text:characters", 1, None, "text, 90"),
        (["2024-02-30", *DATES], False, "text:characters", 1, None, "text, 91 different"),
        ([f"{day} to {day}" for day in DATES], False, "text:words", 1, None, "text, "),
    ],
)
def test_inferred_kinds(
    cells: object, output: bool, spelled: str, width: int, length: int | None, why: str
) -> None:
    column = infer_column(cells, output=output)
    assert (column.kind_name, column.width, column.length) == (spelled, width, length)
    assert column.why.startswith(why)


def test_tokens_know_whether_they_stood_in_a_text() -> None:
    assert infer_column(SOUNDS).spaced
    assert infer_column(["to be", "or"], stated="tokens").spaced
    assert not infer_column(['["to", "be"]', '["or"]']).spaced
    assert not infer_column([["to", "be"], ["or"]], stated="tokens").spaced
    assert not infer_column(["to be", "or"], stated="words").spaced


@pytest.mark.parametrize(
    ("cells", "stated", "spelled", "width", "length"),
    [
        (["1 2", "3;4", "5,6"], "vector", "vector", 2, None),
        (["1 2", "3"], "numbers", "numbers", 1, None),
        (["[[1, 2], [3, 4]]"], "numbers", "numbers", 2, 2),
        ([[1, 2], [3, 4]], "numbers", "numbers", 1, 2),
        ([[[1, 2]], [[3, 4]]], "vector", "vector", 2, None),
        (["to be", "or"], "tokens", "tokens", 1, None),
        ([1, 2], "category", "category", 1, None),
        (["1", "2.5"], "number", "number", 1, None),
        ([datetime.date(2020, 1, 1)], "category", "category", 1, None),
        (DATES, "category", "category", 1, None),
        (["31.12.2024", "1.1.2025"], "date", "date", 1, None),
        (["May 3, 1979", "June 4, 1980"], "date", "date", 1, None),
        (["to be", "or"], "text", "text:characters", 1, None),
        (["to be"], "subwords", "text:subwords", 1, None),
    ],
)
def test_kinds_stated(
    cells: object, stated: str, spelled: str, width: int, length: int | None
) -> None:
    column = infer_column(cells, stated=stated)
    assert (column.kind_name, column.width, column.length) == (spelled, width, length)
    assert column.why == "stated"


@pytest.mark.parametrize(
    ("cells", "options", "message"),
    [
        (
            [None, float("nan")],
            {},
            "every value of column 'a' is missing. Choose another column, or fill this one.",
        ),
        (
            ["1", "x", "3"],
            {"stated": "number"},
            "column 'a', row 2: 'x' is not a number. Correct it, leave the cell empty if it is"
            " missing, or state 'a:category' or 'a:text'.",
        ),
        (
            ["1", "NA", "3"],
            {},
            "column 'a' mixes numbers and text: row 2 holds 'NA'. Leave a missing cell empty,"
            " correct the row, or state 'a:category' or 'a:text'.",
        ),
        (
            [str(i) for i in range(30)],
            {},
            "column 'a' holds numbers written as text, the first of them '0'. State 'a:number'"
            " if they are quantities, or 'a:category' if they are codes.",
        ),
        (
            [1, 2**64],
            {},
            "column 'a', row 2: the integer 18446744073709551616 is too large; the largest one"
            " is 9223372036854775807. State 'a:category' if it is an identifier, or write it"
            " as a decimal number.",
        ),
        (
            [[1, 2], [3, 2**64]],
            {},
            "column 'a', row 2: the integer 18446744073709551616 is too large; the largest one"
            " is 9223372036854775807. State 'a:category' if it is an identifier, or write it"
            " as a decimal number.",
        ),
        (
            ["", " "],
            {"stated": "vector"},
            "every value of column 'a' is missing. Choose another column, or fill this one.",
        ),
        (
            ["1", "9" * 50],
            {},
            f"column 'a', row 2: the integer {'9' * 50} is too large; the largest one is"
            " 9223372036854775807. State 'a:category' if it is an identifier.",
        ),
        (
            [1.0, float("inf")],
            {},
            "column 'a', row 2: the number is infinite. Correct it, or leave it empty if it is"
            " missing.",
        ),
        (
            [[1, 2], [3], [4, 5]],
            {"stated": "vector"},
            "column 'a', row 2: the list has 1 numbers, but the rows before it have 2. Correct"
            " the row, or state 'a:numbers' if lengths may differ.",
        ),
        (
            [[[1, 2]], [[3, 4], [5]]],
            {},
            "column 'a', row 2: a step has 1 numbers. All steps of a column must have the same"
            " number of values, here 2.",
        ),
        (
            ["1 2", "3 x"],
            {"stated": "numbers"},
            "column 'a', row 2: '3 x' is not a list of numbers such as '[1, 2.5]' or '1 2.5'."
            " Correct it, or state 'a:tokens' or 'a:text'.",
        ),
        (
            [["x"]],
            {"stated": "numbers"},
            "column 'a' holds lists of text and cannot be read as numbers, which needs a list"
            " of numbers, or a list of lists of numbers, in each row. State another kind for"
            " it, or change the column.",
        ),
        (
            [1, 2],
            {"stated": "numbers"},
            "column 'a' holds one number in each row and cannot be read as steps or as a"
            " vector, which need a list of numbers in each row. Did you mean 'a:number'?",
        ),
        (
            [[1]],
            {"stated": "number"},
            "column 'a' holds lists of numbers and cannot be read as number, which needs one"
            " number in each row. State another kind for it, or change the column.",
        ),
        (
            [datetime.time(12)],
            {},
            "column 'a' holds times of day or durations (12:00:00), which no kind fits. Write them"
            " as numbers, such as hours, or state 'a:category'.",
        ),
    ],
)
def test_refusals(cells: object, options: dict[str, str], message: str) -> None:
    assert refusal(cells, **options) == message


def test_records_and_unknown_kinds() -> None:
    column = pl.Series("a", [{"x": 1}])
    with pytest.raises(DataError, match="holds records and cannot be read as any kind"):
        infer_kind(column, stated=None, output=False)
    with pytest.raises(SettingError, match="Did you mean 'number'"):
        infer_column([1], stated="numbr")


def test_dates_that_cannot_be() -> None:
    assert refusal(["2024-01-31", "soon"], stated="date") == (
        "column 'a', row 2: 'soon' cannot be read as a date in the form of the other rows. Correct"
        " it, leave the cell empty if it is missing, state how the dates are written"
        " (--date-format, or unrolled.read(..., date_format=...)), or state 'a:text'."
    )
    assert "holds numbers and cannot be read as date" in refusal([1, 2], stated="date")
    with pytest.raises(SettingError) as caught:
        infer_column(DATES, stated="date", output=True)
    assert str(caught.value) == (
        "column 'a' is stated as dates, but it is an output, and dates are inputs only. State"
        " 'a:characters' to have the dates written as text."
    )


def test_dates_in_doubt_are_text_and_this_is_said() -> None:
    assert infer_column([f"{day:%m/%d/%Y}" for day in DAYS[:12]]).why == (
        "text, 12 different in 12 rows, which could be dates: state how they are written"
        " (--date-format)"
    )


def test_times_with_a_zone_are_read_by_its_clock() -> None:
    texts = ["2024-01-31T00:00:00+01:00", "2024-06-30 00:00:00.5+0200", "2024-06-30 12:30Z"]
    values = infer_kind(to_series("a", texts), stated=None, output=False)[1]
    clock = ["2024-01-31T00:00:00", "2024-06-30T00:00:00.5", "2024-06-30T12:30"]
    assert list(values) == [np.datetime64(time, "us") for time in clock]
    zone = pl.Series("a", [datetime.datetime(2024, 6, 30)]).dt.replace_time_zone("Europe/Berlin")
    values = infer_kind(zone, stated=None, output=False)[1]
    assert list(values) == [np.datetime64("2024-06-30", "us")]


def test_dates_are_written_as_text_by_each_cell() -> None:
    times = [datetime.datetime(2024, 1, 31), datetime.datetime(2024, 2, 1, 12, 30), None]
    values = infer_kind(to_series("a", times), stated=None, output=True)[1]
    assert list(values) == ["2024-01-31", "2024-02-01 12:30:00", None]


@pytest.mark.parametrize("cells", [[[1, 2], None], [["a"], None], [[1], [1, 2], None]])
def test_a_list_without_steps_is_a_missing_one(cells: list[object]) -> None:
    empty = [[] if cell is None else cell for cell in cells]
    (one, values), (other, same) = (
        infer_kind(to_series("a", rows), stated=None, output=False) for rows in (cells, empty)
    )
    assert one == other
    assert str(list(values)) == str(list(same))
