"""What the content of a delimited file settles is detected; what it does not is asked for."""

import contextlib
import datetime
import random
import re
import warnings

import polars as pl
import pytest

from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.read import read, scan
from unrolled.data.formats.read_options import ReadOptions
from unrolled.errors import DataError, SettingError, UnrolledError


@pytest.fixture
def write(tmp_path):
    def put(content, name="a.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return put


def quietly(path, **options):
    """Read a file about which nothing has to be assumed."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return read(path, **options)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a,b\n1,x\n", [(1, "x")]),
        ("a;b\n1;x\n", [(1, "x")]),
        ("a|b\n1|x\n", [(1, "x")]),
        ("a\tb\n1\tx\n", [(1, "x")]),
        ("sep=;\na;b\n1;x,y\n", [(1, "x,y")]),
        ('a;b\n1;"x;y"\n', [(1, "x;y")]),
        ("\n\na,b\n1,x\n", [(1, "x")]),
    ],
)
def test_the_separator_is_detected(write, content, rows):
    assert quietly(write(content)).rows() == rows
    assert quietly(write(content, "a.txt")).rows() == rows


def test_runs_of_blanks_separate_numbers(write):
    with pytest.warns(UserWarning, match="'column-1', 'column-2', 'column-3'"):
        table = read(write("1  0.5 -7  \n 2 1e3  8  \r\n", "a.txt"))
    assert table.rows() == [(1, 0.5, -7), (2, 1000, 8)]
    assert quietly(write("x   y\n1   2\n", "a.dat")).rows(named=True) == [{"x": 1, "y": 2}]
    assert quietly(write("a text\nof two words\n")).columns == ["a text"]


def test_a_header_may_be_longer_than_what_is_looked_at_first(write):
    name = "x" * (1 << 19)
    assert quietly(write(f"{name};y\n1;2\n")).columns == [name, "y"]


def test_two_separators_that_fit_are_refused_with_the_option_that_settles_it(write):
    path = write("a;b,c;d\nx;y,z;w\n")
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == (
        f"'{path}': a comma or a semicolon could stand between the cells. State which: --separator"
        " ',' or --separator ';'."
    )
    assert quietly(path, separator=",").columns == ["a;b", "c;d"]
    assert quietly(path, separator=";").columns == ["a", "b,c", "d"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["100,5", "7"], [100.5, 7.0]),
        (["1.234,5", "12"], [1234.5, 12.0]),
        (["1\u202f234,5", "0,25"], [1234.5, 0.25]),
        (["-,5", "1,5e3"], [-0.5, 1500.0]),
        (["100.5", "7"], [100.5, 7.0]),
        (["0.125", "1.234"], [0.125, 1.234]),
    ],
)
def test_the_decimal_mark_between_semicolons_is_detected(write, cells, expected):
    path = write("x;y\n" + "".join(f"{cell};a\n" for cell in cells))
    assert quietly(path)["x"].to_list() == expected


@pytest.mark.parametrize(
    ("cell", "comma", "point"), [("1,234", 1.234, 1234), ("1.234", 1234, 1.234)]
)
def test_a_mark_of_which_nothing_says_what_it_is_needs_the_option(write, cell, comma, point):
    path = write(f"x;y\n5;a\n{cell};b\n")
    with pytest.raises(DataError, match=r"column 'x', row 2: .*--decimal , or --decimal \."):
        read(path)
    assert quietly(path, decimal=",")["x"].to_list() == [5, comma]
    assert quietly(path, decimal=".")["x"].to_list() == [5, point]
    other = write(f"x;z\n5;0,5\n{cell};1,25\n", "b.csv")  # another column settles it
    assert quietly(other)["x"].to_list() == [5, comma]


def test_a_stated_decimal_mark_reads_quoted_numbers_between_commas(write):
    path = write('a,b\n"15,6","1,200.50"\n7,3\n')
    assert quietly(path).dtypes == [pl.String, pl.String]
    assert quietly(path, decimal=",")["a"].to_list() == [15.6, 7.0]
    assert quietly(path, decimal=".")["b"].to_list() == [1200.5, 3.0]


@pytest.mark.parametrize("mark", ["?", "NA", "N/A", "null", "-"])
def test_marks_among_numbers_are_missing_and_said(write, mark):
    path = write(f"a,b\n1,x\n{mark},{mark}\n3,y\n")
    with pytest.warns(UserWarning, match=re.escape(f"'a', such as '{mark}'")):
        table = read(path)
    assert table.rows() == [(1, "x"), (None, mark), (3, "y")]


def test_stated_marks_are_missing_everywhere(write):
    path = write("a,b\n-999,none\n2,x\n")
    assert quietly(path, missing=["-999", "none"]).rows() == [(None, None), (2, "x")]


@pytest.mark.parametrize(
    ("encoding", "says"),
    [("utf-8", None), ("utf-8-sig", None), ("utf-16", None), ("cp1252", "Windows-1252")],
)
def test_the_encoding_is_detected(write, encoding, says):
    path = write("name,y\ncafé à la crème,1\nthé,2\n".encode(encoding))
    if says is None:
        table = quietly(path)
    else:
        with pytest.warns(UserWarning, match=says):
            table = read(path)
    assert table["name"].to_list() == ["café à la crème", "thé"]


@pytest.mark.parametrize(
    ("encoding", "word"), [("cp1251", "жена"), ("shift-jis", "日本"), ("gb18030", "中文")]
)
def test_other_encodings_are_asked_for(write, encoding, word):
    path = write(f"name,y\n{word},1\n".encode(encoding))
    with pytest.raises(DataError, match=r"is not UTF-8.*\(line 2\).*--encoding"):
        read(path)
    assert quietly(path, encoding=encoding)["name"].to_list() == [word]


def test_damaged_utf8_is_not_taken_for_another_encoding(write):
    with pytest.raises(DataError, match="not UTF-8"):
        read(write("a,b\nété,1\n".encode() + b"\xe9,2\n"))


def test_a_file_of_data_without_a_header_gets_names(write):
    with pytest.warns(UserWarning, match="not with a header line.*'column-1', 'column-2'"):
        assert read(write("1.5,2\n3,4\n")).columns == ["column-1", "column-2"]
    with pytest.warns(UserWarning, match="not with a header line"):
        assert read(write("1949-01,112\n1949-02,118\n")).columns == ["column-1", "column-2"]
    assert quietly(write("2019,2020,2021\n1,2,3\n")).columns == ["2019", "2020", "2021"]


def test_the_first_column_of_a_ucr_file_is_the_label(write):
    rows = "".join(f"{k % 2}\t0.{k}\t{k}.5\tNaN\n" for k in range(1, 9))
    with pytest.warns(UserWarning, match="'label'"):
        table = read(write(rows, "X_TRAIN.tsv"))
    assert table.columns == ["label", "column-2", "column-3", "column-4"]
    assert table["label"].to_list() == [1, 0] * 4


@pytest.mark.parametrize(
    ("content", "columns", "said"),
    [
        ("# made by x, today\n#\na,b\n1,2\n", ["a", "b"], "2 comment lines"),
        ("# a,b\n1,2\n3,4\n", ["a", "b"], None),  # as numpy.savetxt writes
        ("# by x\n# a,b\n1,2\n", ["a", "b"], "1 comment line "),
        ("#id,b\nx,2\n", ["#id", "b"], None),
    ],
)
def test_comment_lines_before_the_header(write, content, columns, said):
    path = write(content)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read(path).columns == columns
    assert [said in str(one.message) for one in caught] == ([True] if said else [])


def test_line_numbers_count_from_the_first_line_of_the_file(write):
    path = write("# by x\n\na,b\n1,2\n3\n")
    with (
        pytest.warns(UserWarning, match="comment line"),
        pytest.raises(DataError, match=r"row 2 \(line 5\)"),
    ):
        read(path)


def test_dates_in_a_stated_format(write):
    path = write("d,e\n1/2/2011,x\n3/4/2011,y\n")
    assert quietly(path, date_format="%d/%m/%Y")["d"].to_list() == [
        datetime.date(2011, 2, 1),
        datetime.date(2011, 4, 3),
    ]


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"separator": "ab"}, "separator 'ab'"),
        ({"separator": '"'}, "separator"),
        ({"decimal": ";"}, "decimal mark"),
        ({"encoding": "utf9"}, "Did you mean 'utf-8'"),
        ({"encoding": "base64"}, "no encoding"),
        ({"date_format": "dmy"}, "says nothing of a date"),
    ],
)
def test_an_option_that_cannot_be_is_refused(option, says):
    with pytest.raises(SettingError, match=says):
        ReadOptions(**option)


def test_an_option_without_effect_is_refused(write):
    with pytest.raises(SettingError, match=r"'separator' has no effect on .*json"):
        read(write('[{"a": 1}]', "a.json"), separator=";")
    with pytest.raises(SettingError, match="'decimal' has no effect"):
        read({"a": [1]}, decimal=",")


def test_quotes_between_tabs_that_are_not_around_cells_are_letters(write):
    text = 'a\tb\n5" pipe\t"Hi" he said\nx\t"y"\n'
    with pytest.warns(UserWarning, match="were read as letters"):
        table = read(write(text, "a.tsv"))
    assert table.rows() == [('5" pipe', '"Hi" he said'), ("x", '"y"')]
    assert quietly(write('a\tb\n"x\ty"\t"say ""hi"""\n', "b.tsv")).rows() == [("x\ty", 'say "hi"')]


CHUNKED = {
    "comma": "x;y\n" + "1;a\n" * 40 + "1.234;b\n" * 40 + "0,5;c\n",
    "marks": "x,y\n" + "1,a\n" * 60 + "?,b\n",
    "comments": "# by x\nx,y\n" + "1,a\n" * 60,
    "blanks": "x  y\n" + "1   0.5 \n" * 60,
    "quotes": "x\ty\n" + '1\ta "b\n' * 61,
    "no header": "1,0.5\n" * 60,
    "latin": ("x,y\n" + "1,a\n" * 60 + "2,café\n").encode("cp1252"),
    "utf-16": ("x;y\n" + "1,5;é\n" * 60).encode("utf-16"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CHUNKED)
def test_a_file_in_chunks_is_detected_as_the_whole(write, case):
    path = write(CHUNKED[case])
    parts = [table.frame() for table in read_chunks(path, size=60).tables()]
    assert len(parts) > 2 or case == "quotes"
    assert pl.concat(parts).equals(read(path))
    written = [table.written(as_text=True) for table in read_chunks(path, size=60).tables()]
    assert pl.concat(written).equals(scan(path).written(as_text=True))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(60))
def test_random_files_are_read_or_refused(write, seed):
    draw = random.Random(seed)
    parts = [
        "a",
        "b",
        "1",
        "2,5",
        "1.234",
        ",",
        ";",
        "\t",
        "|",
        '"',
        "\n",
        "\r\n",
        "#",
        "?",
        "é",
        " ",
    ]
    text = "".join(draw.choices(parts, k=draw.randrange(1, 60)))
    suffix = draw.choice([".csv", ".tsv", ".txt", ".conll", ".conllu", ".ts", ".jsonl"])
    encoding = draw.choice(["utf-8", "utf-16", "cp1252"])
    path = write(text.encode(encoding), f"a{suffix}")
    with contextlib.suppress(UnrolledError):  # and no other error
        assert read(path).height
