"""Column files of the CoNLL shared tasks, read and written."""

from pathlib import Path

import polars as pl
import pytest

from unrolled.data.formats import conll
from unrolled.data.formats.conll import format_conll
from unrolled.data.formats.content.encoding import decode
from unrolled.data.formats.read import read
from unrolled.data.formats.write import write
from unrolled.errors import DataError, SettingError

NEWS = b"""-DOCSTART- -X- -X- O

EU NNP B-NP B-ORG
rejects VBZ B-VP O

# NN B-NP O

-DOCSTART- -X- -X- O

Peter NNP B-NP B-PER
"""
SENTENCES = pl.DataFrame({"word": [["EU", "rejects"], ["#"]], "tag": [["B-ORG", "O"], ["O"]]})


def parse(data: bytes, **more: object) -> pl.DataFrame:
    return conll.parse(decode(data, what=str(more["what"]))[0], **more)[0]


def test_sentences_of_several_documents() -> None:
    table = parse(NEWS, what="news")
    assert table.columns == ["word", "column-2", "column-3", "tag"]
    assert table["word"].to_list() == [["EU", "rejects"], ["#"], ["Peter"]]
    assert table["tag"].to_list() == [["B-ORG", "O"], ["O"], ["B-PER"]]
    assert table["column-2"].to_list() == [["NNP", "VBZ"], ["NN"], ["NNP"]]


@pytest.mark.parametrize(
    "data",
    [
        b"EU B-ORG\nrejects O\n\n# O\n",
        b"\xef\xbb\xbfEU B-ORG\r\nrejects O\r\n\r\n# O",
        b"\n\nEU   B-ORG \n rejects O\n\n\n \n# O\n\n",
        b"EU\tB-ORG\nrejects\tO\n\n#\tO\n",
        b"EU B-ORG\nrejects\tO\n\n# O\n",
    ],
    ids=["plain", "bom and returns", "blanks", "tabs", "mixed"],
)
def test_one_table_in_many_spellings(data: bytes) -> None:
    assert parse(data, what="data").equals(SENTENCES)


def test_between_tabs_a_token_may_hold_a_blank_and_numbers_stay_text() -> None:
    table = parse(b"10 000\tB-SUM\n\n7\tO\n", what="data")
    assert table.rows() == [(["10 000"], ["B-SUM"]), (["7"], ["O"])]
    assert parse(format_conll(table).encode(), what="data").equals(table)


def test_words_alone_and_names_of_ones_own() -> None:
    assert parse(b"EU\nrejects\n", what="data").columns == ["word"]
    names = ["token", "pos", "chunk", "ner"]
    assert parse(NEWS, what="news", columns=names).columns == names


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b"EU B-ORG\nrejects\n",
            "data, line 2: the line has 1 cells, but the first line has 2. Correct the line; a"
            " blank line stands between sentences.",
        ),
        (
            b"\n \n",
            (
                "data has no sentence. Write one token on each line, and a blank line after each"
                " sentence."
            ),
        ),
        (
            b"-DOCSTART- O\n",
            "data has no sentence. Write one token on each line, and a blank line after each"
            " sentence.",
        ),
    ],
)
def test_what_is_no_such_file(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse(data, what="data")
    assert str(caught.value) == message


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"], ["a", "a"]])
def test_a_name_for_every_column(names: list[str]) -> None:
    with pytest.raises(SettingError) as caught:
        parse(b"EU B-ORG\n", what="data", columns=names)
    many = "1 name was" if len(names) == 1 else f"{len(names)} names were"
    assert str(caught.value) == (
        f"data has 2 columns, but {many} given for them ({', '.join(map(repr, names))}). Give each"
        " column a name of its own."
    )


@pytest.mark.parametrize("suffix", [".conll", ".iob", ".bio"])
def test_what_is_written_reads_back(tmp_path: Path, suffix: str) -> None:
    write(SENTENCES, tmp_path / f"a{suffix}")
    assert (tmp_path / f"a{suffix}").read_text() == "EU B-ORG\nrejects O\n\n# O\n\n"
    assert read(tmp_path / f"a{suffix}").equals(SENTENCES)
    assert read(tmp_path / f"a{suffix}", columns=["a", "b"]).columns == ["a", "b"]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            pl.Series("intent", ["flight", "hotel"]),
            "column 'intent' cannot be written as a .conll file, which needs a list of strings"
            " in every row. Write a .jsonl file, or leave the column out.",
        ),
        (
            pl.Series("intent", [["a"], None]),
            "column 'intent' cannot be written as a .conll file, which needs a list of strings"
            " in every row. Write a .jsonl file, or leave the column out.",
        ),
        (
            pl.Series("intent", [["a"], ["c"]]),
            "row 1: the columns have 2 and 2 and 1 strings, but a .conll file needs as many in"
            " every column. Write a .jsonl file.",
        ),
    ],
)
def test_what_has_no_place_in_such_a_file(tmp_path: Path, column: pl.Series, message: str) -> None:
    with pytest.raises(DataError) as caught:
        write(SENTENCES.with_columns(column), tmp_path / "a.conll")
    assert str(caught.value) == message
    assert not list(tmp_path.iterdir())


UNIVERSAL = """# sent_id = 1
# text = Joe's win
1-2\tJoe's\t_\t_\t_\t_\t_\t_\t_\t_
1\tJoe\tJoe\tPROPN\t_\t_\t3\tnsubj\t_\t_
2\t's\t's\tPART\t_\t_\t1\tcase\t_\t_
2.1\twas\tbe\tAUX\t_\t_\t_\t_\t_\t_
3\t#win\twin\tNOUN\t_\t_\t0\troot\t_\t_

# sent_id = 2
1\tfun\tfun\tADJ\t_\t_\t0\troot\t_\t_
"""


@pytest.mark.parametrize("name", ["a.conllu", "a.conll"])
def test_universal_dependencies(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(UNIVERSAL)
    table = read(tmp_path / name)
    assert table.columns == [f"column-{number}" for number in range(1, 11)]
    assert table["column-2"].to_list() == [["Joe", "'s", "#win"], ["fun"]]
    assert table["column-4"].to_list() == [["PROPN", "PART", "NOUN"], ["ADJ"]]


def test_comments_are_no_tokens_and_tokens_are_no_comments(tmp_path: Path) -> None:
    path = tmp_path / "a.conll"
    path.write_text("#winning NOUN\nfun ADJ\n\nJo PROPN\n# SYM\n\n# SYM\nx X\n")
    assert read(path)["word"].to_list() == [["#winning", "fun"], ["Jo", "#"], ["#", "x"]]
    path.write_text("# id = 7\nJo PROPN\n\n# id = 8\nx X\n")
    assert read(path)["word"].to_list() == [["Jo"], ["x"]]
    path.write_text("# id\nJo PROPN\n\n# id\nx X\n")
    with pytest.warns(UserWarning, match="2 lines such as '# id' were taken for comments"):
        assert read(path)["word"].to_list() == [["Jo"], ["x"]]
