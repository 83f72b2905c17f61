"""Bad files: what each holds, and a part of the error message that refuses it.

A file that is refused has words that its message must hold, mostly its place; one that is odd and
simply works has None.
"""

import io
import json
import random
import struct

import polars as pl

ROWS = 20
HEAD = "a,y\n"
PLAIN = HEAD + "".join(f"{i},{i / 2}\n" for i in range(ROWS))
RECORDS = [{"a": i, "y": i / 2} for i in range(ROWS)]
LINES = "".join(json.dumps(row) + "\n" for row in RECORDS)
DIGITS = "1" + "0" * 100_000
DEEP = "[" * 100_000 + "]" * 100_000
UTF8, TEXT = "not UTF-8: there is a byte", "Save it as UTF-8"
QUOTE, ODD = "a quote is opened and never closed", "quote in an odd place"
PARQUET = "not a Parquet file|damaged"


def rows(*more, head=HEAD):
    """Return a good CSV with further lines."""
    return PLAIN.replace(HEAD, head) + "".join(f"{line}\n" for line in more)


def lines(*more):
    """Return good JSON lines with further ones."""
    return LINES + "".join(f"{line}\n" for line in more)


def parquet(frame=None, **options):
    """Return a Parquet file."""
    buffer = io.BytesIO()
    (pl.DataFrame(RECORDS) if frame is None else frame).write_parquet(buffer, **options)
    return buffer.getvalue()


def flipped(raw, seed, bits=3):
    """Return bytes with some bits the other way."""
    generator, damaged = random.Random(seed), bytearray(raw)
    for _ in range(bits):
        damaged[generator.randrange(len(damaged))] ^= 1 << generator.randrange(8)
    return bytes(damaged)


CSV = {
    "nothing": ("", "empty"),
    "a line end": ("\n", "empty"),
    "blank lines": ("\n\r\n\n", "empty"),
    "blanks": ("   \n  \n", "empty"),
    "a BOM alone": (b"\xef\xbb\xbf", "empty"),
    "a header alone": (HEAD, "no rows"),
    "a header without an end": ("a,y", "no rows"),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), "NUL"),
    "Shift JIS": (rows("日本,1").encode("shift-jis"), r"line 22"),
    "half a letter": (rows("é,1").encode()[:-4] + b"\n", r"line 22"),
    "an overlong letter": (rows().encode() + b"\xc0\xaf,1\n", r"line 22"),
    "a lone surrogate": (rows().encode() + b"\xed\xa0\x80,1\n", r"line 22"),
    "a NUL in a cell": (rows("1\0,2"), "NUL"),
    "a NUL in the header": (rows(head="a\0,y\n"), "NUL"),
    "NULs after the end": (rows() + "\0" * 4096, "NUL"),
    "NULs alone": ("\0" * 4096, "NUL"),
    "an open quote at the end": (rows('"1,2'), rf"line 22: {QUOTE}"),
    "an open quote in the middle": (rows('1,"2', "3,4", "5,6"), rf"line 22: {QUOTE}"),
    "an open quote in the header": (rows(head='"a,y\n'), QUOTE),
    "a quote within a cell": (rows('1,2"x"'), "row 21"),
    "words after a quote": (rows('"1"x,2'), ODD),
    "a cell too many": (rows("1,2,3"), r"row 21 \(line 22\): the row has 3 cells"),
    "a cell too few": (rows("1"), r"row 21 \(line 22\): the row has 1 cell"),
    "a thousand cells too many": (rows("1," * 1000), r"row 21 \(line 22\): the row has 1001 cells"),
    "old line ends": (PLAIN.replace("\n", "\r"), "carriage returns alone"),
    "a name twice": (rows(head="y,y\n"), "'y' 2 times"),
    "names of nothing": (rows(head=",\n"), "no column 'y'"),
    "no column y": (rows(head="a,z\n"), "'y'"),
    "a column y with a blank": (rows(head="a, y\n"), "'y'"),
    "a column Y": (rows(head="a,Y\n"), "'y'"),
    "an infinite output": (rows("1,inf"), "row 21"),
    "an output of 1e400": (rows("1,1e400"), "row 21"),
    "an output of -1e400": (rows("1,-1e400"), "row 21"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4, TEXT),
    "a program": (b"\x7fELF" + bytes(200), "NUL"),
    "a zip file": (b"PK\3\4" + bytes(100), "NUL"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + bytes(100), TEXT),
    "Parquet": (parquet(), "Parquet|UTF-8|NUL|cells|quote"),
    "noise": (random.Random(0).randbytes(4096), TEXT),
    "HTML": ("<!DOCTYPE html>\n<html><body>404</body></html>\n", "no column"),
    "JSON": (json.dumps(RECORDS), "no rows|cells|quote|'y'"),
    "JSON lines": (LINES, "'y'|'a'|cells|quote|twice"),
    "a pickle": (b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94(K\1e.", "NUL|UTF-8"),
    "every output missing": (HEAD + "1,\n" * ROWS, "'y'"),
    "every output the same": (HEAD + "".join(f"{i},7\n" for i in range(ROWS)), "'y'"),
    "one row": (HEAD + "1,2\n", "row|steps|'y'"),
    "text in the output": (rows("1,many"), "'y'"),
    "a hundred thousand columns, one row too long": (
        ",".join(f"c{i}" for i in range(100_000)) + "\n" + "1," * 100_000 + "1\n",
        r"row 1 \(line 2\): the row has 100001 cells",
    ),
    "ten thousand names alike": (
        ",".join(["y"] * 10_000) + "\n" + ",".join("1" * 10_000),
        "10000 times",
    ),
    "a megabyte of quotes": ('"' * (1 << 20) + "1", "quote|empty|no rows"),
    "a megabyte of commas": (HEAD + "," * (1 << 20) + "\n", r"row 1 \(line 2\)"),
}
TSV = {
    "nothing": ("", "empty"),
    "a cell too many": (PLAIN.replace(",", "\t") + "1\t2\t3\n", r"row 21 \(line 22\)"),
    "a NUL": (PLAIN.replace(",", "\t") + "\0\t3\n", "NUL"),
}
JSONL = {
    "nothing": ("", "empty"),
    "blank lines": ("\n\n", "no records"),
    "half an object": (lines('{"a": 1, "y"'), "line 21: the text is not JSON"),
    "no quotes": (lines("{a: 1, y: 2}"), "line 21"),
    "single quotes": (lines("{'a': 1, 'y': 2}"), "line 21"),
    "a comma after the last": (lines('{"a": 1, "y": 2,}'), "line 21"),
    "a comma between lines": (LINES.replace("}\n", "},\n"), "line 1"),
    "a list": (lines("[1, 2]"), "line 21: '\\[1, 2\\]' is not an object"),
    "a number": (lines("7"), "line 21"),
    "null": (lines("null"), "line 21"),
    "a text": (lines('"y"'), "line 21"),
    "a key twice": (lines('{"a": 1, "a": 2}'), "line 21: the key 'a' occurs twice"),
    "lists nested deeply": (lines(f'{{"a": {DEEP}, "y": 1}}'), "line 21: .*too deep"),
    "objects nested deeply": (lines('{"a":' * 50_000 + "1" + "}" * 50_000), "line 21: .*too deep"),
    "an infinite output": (lines('{"a": 1, "y": Infinity}'), "21"),
    "an output of 1e400": (lines('{"a": 1, "y": 1e400}'), "21"),
    "an output of 10^5 digits": (lines(f'{{"a": 1, "y": {DIGITS}}}'), "line 21"),
    "an output of 10^39": (lines(f'{{"a": 1, "y": {10**39}}}'), "'y'|21"),
    "an object in a cell": (lines('{"a": {"b": 1}, "y": 2}'), "'a'"),
    "lists of lists of lists": (lines('{"a": [[[1]]], "y": 2}'), "'a'"),
    "a list among numbers": (lines('{"a": [1], "y": 2}'), "'a'"),
    "text among numbers": (lines('{"a": 1, "y": "many"}'), "'y'"),
    "true among numbers": (lines('{"a": 1, "y": true}'), "'y'"),
    "no column y": ('{"a": 1}\n' * ROWS, "'y'"),
    "a lone surrogate": (lines('{"a": "\\ud800", "y": 2}'), "line 21|'a'|row 21"),
    "a lone surrogate in a name": (
        lines('{"\\ud800": 1, "a": 1, "y": 2}'),
        "holds text that is not valid Unicode",
    ),
    "latin-1": (LINES.encode() + '{"a": "é", "y": 1}'.encode("latin-1"), "line 21"),
    "NULs": (LINES + "\0\0\0\n", "line 21"),
    "a control character": (lines('{"a": "\1", "y": 2}'), "line 21"),
    "noise": (random.Random(1).randbytes(2048), TEXT),
    "CSV": (PLAIN, "line 1"),
    "empty objects": ("{}\n" * ROWS, "no records"),
    "old line ends": (LINES.replace("\n", "\r"), "line 1"),
}
JSON = {
    "nothing": ("", "empty"),
    "blanks": ("  \n", "empty"),
    "an object": ('{"a": 1}', "JSON dict. Give a list"),
    "a number": ("7", "JSON int. Give a list"),
    "an empty list": ("[]", "no records"),
    "a list of numbers": ("[1, 2]", "row 1"),
    "half a list": (json.dumps(RECORDS)[:-5], "not JSON"),
    "two lists": ("[][]", "not JSON"),
    "lists nested deeply": (DEEP, "too deep"),
    "JSON lines": (LINES, "not JSON"),
    "10^5 digits": (f'[{{"a": {DIGITS}, "y": 1}}]', "digits"),
    "latin-1": (b'[{"a": "\xe9"}]', UTF8),
    "a null among objects": ('[{"a": 1, "y": 2}, null]', "row 2"),
}
WHOLE = parquet()
PARQUETS = {
    "nothing": (b"", "empty"),
    "CSV": (PLAIN.encode(), PARQUET),
    "its mark alone": (b"PAR1", PARQUET),
    "its marks alone": (b"PAR1PAR1", PARQUET),
    "a quarter": (WHOLE[: len(WHOLE) // 4], PARQUET),
    "half": (WHOLE[: len(WHOLE) // 2], PARQUET),
    "all but a byte": (WHOLE[:-1], PARQUET),
    "the second half": (WHOLE[len(WHOLE) // 2 :], PARQUET),
    "a foot of 2 gigabytes": (WHOLE[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1", PARQUET),
    "a foot of 4 gigabytes": (WHOLE[:-8] + struct.pack("<I", 2**32 - 1) + b"PAR1", PARQUET),
    "a foot of nothing": (WHOLE[:-8] + struct.pack("<I", 0) + b"PAR1", PARQUET),
    "zeros between its marks": (b"PAR1" + bytes(4096) + b"PAR1", PARQUET),
    "noise": (random.Random(2).randbytes(2048), PARQUET),
    "no rows": (parquet(pl.DataFrame({"a": [], "y": []})), "no rows"),
    "no columns": (parquet(pl.DataFrame()), "no rows|no columns|Parquet"),
    "objects in cells": (
        parquet(pl.DataFrame({"a": [{"b": 1}] * ROWS, "y": list(range(ROWS))})),
        "'a'",
    ),
    "bytes in cells": (parquet(pl.DataFrame({"a": [b"x"] * ROWS, "y": list(range(ROWS))})), "'a'"),
    "lengths of time in the output": (
        parquet(pl.DataFrame({"a": range(ROWS)}).with_columns(y=pl.duration(days="a"))),
        "'y'",
    ),
    "an infinite output": (
        parquet(pl.DataFrame({"a": [1.0] * ROWS, "y": [1.0] * 9 + [float("inf")] + [2.0] * 10})),
        "10",
    ),
}
TS = {
    "nothing": ("", "empty"),
    "no data": ("@problemName x\n", "no '@data' line"),
    "no cases": ("@classLabel true a\n@data\n", "no cases"),
    "time stamps": ("@timestamps true\n@data\n(1,2):a\n", "line 1: the series have time stamps"),
    "words for numbers": ("@classLabel true a b\n@data\n1,2:a\nx,2:b\n", r"row 2 \(line 4\)"),
    "channels of two lengths": ("@classLabel true a b\n@data\n1,2:1:a\n", r"row 1 \(line 3\)"),
    "empty values": ("@classLabel true a b\n@data\n1,,2:a\n", r"row 1 \(line 3\)"),
    "a label alone": ("@classLabel true a b\n@data\na\n", r"row 1 \(line 3\)"),
    "latin-1": (b"@classLabel true a b\n@data\n1,2:\xe9\n", "line 3"),
    "CSV": (PLAIN, "no '@data' line"),
    "10^400": ("@classLabel true a b\n@data\n1e400,2:a\n1,2:b\n" * 1, "no column|row 1"),
}
CONLL = {
    "nothing": ("", "empty"),
    "blank lines": ("\n\n\n", "no sentence"),
    "only document marks": ("-DOCSTART- O\n\n", "no sentence"),
    "a cell too few": ("The O\ncat\n\n", "line 2: the line has 1 cells"),
    "a cell too many": ("The O\ncat O O\n\n", "line 2: the line has 3 cells"),
    "noise": (random.Random(3).randbytes(512), TEXT),
    "no tags": ("The\ncat\n\n", "no column"),
}
BAD = {
    f"{kind}: {name}": (
        f"table.{kind}",
        content.encode() if isinstance(content, str) else content,
        says,
    )
    for kind, cases in {
        "csv": CSV,
        "tsv": TSV,
        "jsonl": JSONL,
        "json": JSON,
        "parquet": PARQUETS,
        "ts": TS,
        "conll": CONLL,
    }.items()
    for name, (content, says) in cases.items()
}
