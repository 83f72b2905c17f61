"""Bad files: one paragraph, status 2, the place named, nothing written, no traceback, no hang.

Whatever cannot be read is refused by every command that needs it. What can be read and not be
trained on is refused by `train`; other commands may have no use for the part that is wrong.
"""

import contextlib
import gzip
import os
import random
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import polars as pl
import pytest
from tables import BAD, LINES, PLAIN, WHOLE, flipped, parquet

import unrolled
from unrolled.cli import main
from unrolled.errors import DataError, UnrolledError

COMMANDS = (
    "train {} --output y --epochs 1",
    "predict model {} -o out.csv",
    "evaluate model {}",
    "forecast {} --target y --horizon 2 --epochs 1 -o out.csv",
    "backtest {} --target y --horizon 2 --epochs 1",
)
READ = COMMANDS[:3]  # what is run of a file that can be read
NEEDED = {"train": None, "predi": "a", "evalu": "ay", "forec": "y", "backt": "y"}  # columns
SECONDS = 60
SEEDS = range(40)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the folder of a model from `a` to `y`."""
    table = {"a": list(range(20)), "y": [i / 2 for i in range(20)]}
    few = unrolled.Training(epochs=1, verbose=False)
    model = unrolled.SequenceModel("a", "y", training=few, network=unrolled.Network(units=4))
    return model.fit(table).save(tmp_path_factory.mktemp("saved") / "model")


@pytest.fixture
def folder(tmp_path, monkeypatch, saved):
    """Return an empty folder that is the current one, with a model at hand."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "model").symlink_to(saved)
    return tmp_path


@pytest.fixture
def run(folder, capsys):
    """Return a function that runs a command and returns its status, output and new files."""

    def late(*_):
        raise TimeoutError

    def called(words):
        capsys.readouterr()
        status, before = 0, set(folder.iterdir())
        signal.signal(signal.SIGALRM, late)
        signal.alarm(SECONDS)
        try:
            main(words)
        except SystemExit as stop:
            status = stop.code
        finally:
            signal.alarm(0)
        output = capsys.readouterr()
        left = set(folder.iterdir()) - before
        return SimpleNamespace(status=status, out=output.out, err=output.err, left=left)

    return called


def refused(result, says):
    """Check that a command refuses a bad file in one paragraph that names the place."""
    assert (result.status, result.left) == (2, set()), result.err
    assert result.err.startswith("error: ")
    assert "Traceback" not in result.err + result.out
    assert len(result.err) < 2000
    assert re.search(says, " ".join(result.err.split())), result.err


def _refusal(case):
    """Return what is wrong with a bad file, as its refusal says."""
    says = BAD[case][2]
    return says.rpartition(": ")[2]


def _can_read(path, needed):
    """Return whether some columns of a file, or all of them, can be read."""
    try:
        unrolled.scan(path).frame(needed)
    except UnrolledError:
        return False
    return True


@pytest.mark.representatives(by=_refusal)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused(case, folder, run):
    name, content, says = BAD[case]
    (folder / name).write_bytes(content)
    if _can_read(folder / name, None):
        wanted, others = READ[:1], READ[1:]
    else:  # a command refuses the file if a column is odd that it needs
        wanted = [words for words in COMMANDS if not _can_read(folder / name, NEEDED[words[:5]])]
        others = [words for words in COMMANDS if words not in wanted]
    for words in wanted:
        refused(run(words.format(name).split()), says)
    for words in others:
        result = run(words.format(name).split())
        assert result.status in (0, 2), result.err
        assert "Traceback" not in result.err + result.out
        assert bool(result.left) == (result.status == 0 and "-o" in words)
        (folder / "out.csv").unlink(missing_ok=True)


def pipe(path):
    os.mkfifo(path)


PLACES = {
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a pipe": (pipe, "not a regular file"),
    "a device that never ends": (lambda path: path.symlink_to("/dev/zero"), "not a regular file"),
    "a device that is empty": (lambda path: path.symlink_to("/dev/null"), "not a regular file"),
    "a link to nothing": (lambda path: path.symlink_to("nowhere"), "there is no file"),
    "a link to itself": (lambda path: path.symlink_to(path.name), "there is no file"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_file_is_refused(case, folder, run):
    make, says = PLACES[case]
    make(folder / "table.csv")
    for words in COMMANDS:
        refused(run(words.format("table.csv").split()), says)


def test_a_file_without_the_right_to_read_is_refused(folder, run):
    (folder / "table.csv").write_text(PLAIN)
    (folder / "table.csv").chmod(0)
    if os.access(folder / "table.csv", os.R_OK):
        pytest.skip("root may read every file")
    refused(run(COMMANDS[0].format("table.csv").split()), "cannot be read")


NAMES = {
    "a Windows path": "C:\\data\\table.csv",
    "a name of 5000 letters": "x" * 5000 + ".csv",
    "a path of 100 000 letters": "x/" * 50_000 + "table.csv",
    "a name with a NUL": "ta\0ble.csv",
    "right to left": "جدول.csv",
    "no ending": "table",
    "only an ending": ".csv",
    "an address": "https://example.com/table.csv",
    "a wild card": "*.csv",
    "a home": "~/table.csv",
}


@pytest.mark.parametrize("case", NAMES)
def test_a_name_of_nothing_is_refused(case, run):
    for words in COMMANDS:
        arguments = [NAMES[case] if word == "{}" else word for word in words.split()]
        refused(
            run(arguments),
            "there is no file|not a regular file|expected a name ending in|embedded null byte",
        )


def wide(count):
    """Return a CSV of very many columns."""
    head = ",".join([*(f"c{i}" for i in range(count - 1)), "y"])
    return f"{head}\n" + "".join(",".join(["1"] * (count - 1) + [str(i)]) + "\n" for i in range(3))


FINE = {
    "a BOM": ("csv", "\ufeff" + PLAIN, 20),
    "Windows line ends": ("csv", PLAIN.replace("\n", "\r\n"), 20),
    "mixed line ends": ("csv", PLAIN.replace("5\n", "5\r\n"), 20),
    "no line end at the end": ("csv", PLAIN.rstrip("\n"), 20),
    "blank lines between": ("csv", PLAIN.replace("\n", "\n\n"), 20),
    "every cell in quotes": ("csv", '"a","y"\n' + '"1","2"\n' * 3, 3),
    "UTF-16": ("csv", PLAIN.encode("utf-16"), 20),
    "UTF-16 the other way": ("csv", b"\xfe\xff" + PLAIN.encode("utf-16-be"), 20),
    "UTF-32": ("csv", PLAIN.encode("utf-32"), 20),
    "latin-1": ("csv", (PLAIN + "café,1\n").encode("latin-1"), 21),
    "cp1252": ("csv", (PLAIN + "“a”,1\n").encode("cp1252"), 21),
    "another separator": ("csv", PLAIN.replace(",", ";"), 20),
    "tabs for commas": ("csv", PLAIN.replace(",", "\t"), 20),
    "commas for tabs": ("tsv", PLAIN, 20),
    "latin-1 between tabs": ("tsv", PLAIN.replace(",", "\t").encode() + b"caf\xe9\t1\n", 21),
    "an open quote between tabs": ("tsv", PLAIN.replace(",", "\t") + '"1\t2\n', 21),
    "no header": ("csv", "1,2\n3,4\n5,6\n", 3),
    "gzip": ("csv", gzip.compress(PLAIN.encode(), mtime=0), 20),
    "a line end in a cell": ("csv", 'a,y\n"x\ny",1\n"z",2\n', 2),
    "a megabyte in a cell": ("csv", f"a,y\n{'x' * (1 << 20)},1\nz,2\n", 2),
    "10^5 digits": ("csv", f"a,y\n1{'0' * 100_000},1\n2,2\n", 2),
    "-0, 1e-400 and NaN": ("csv", "a,y\n-0,1\n1e-400,2\nnan,3\n", 3),
    "blanks around": ("csv", "a,y\n 1 , 2 \n 3 , 4 \n", 2),
    "names of other scripts": ("csv", "价格,мера,y\n1,2,3\n4,5,6\n", 2),
    "right to left": ("csv", "السعر,y\nكتاب,1\nقلم,2\n", 2),
    "marks that turn the reading": ("csv", "\u202ea\u202c,y\n\u2066x\u2069,1\nz,2\n", 2),
    "names that only accents part": ("csv", "e\u0301,\u00e9,y\n1,2,3\n4,5,6\n", 2),
    "pictures": ("csv", "🙂,y\n👩‍👩‍👧,1\n🇨🇦,2\n", 2),
    "names like code": ("csv", '"__import__(""os"")",{{y}},$(ls)\n1,2,3\n4,5,6\n', 2),
    "a formula": ("csv", "a,y\n=1+1,1\n@SUM(A1),2\n", 2),
    "a name of a megabyte": ("csv", f"{'x' * (1 << 20)},y\n1,2\n3,4\n", 2),
    "an empty name": ("csv", ",y\n1,2\n3,4\n", 2),
    "ten thousand columns": ("csv", wide(10_000), 3),
    "JSON with blanks": ("jsonl", LINES.replace("\n", " \r\n\n"), 20),
    "keys that come and go": ("jsonl", '{"a": 1}\n{"y": 2}\n', 2),
    "numbers of every size": ("jsonl", '{"a": 1e308}\n{"a": -1E-308}\n{"a": 0.0}\n', 3),
    "escapes": ("jsonl", '{"a": "\\u0041\\ud83d\\ude42\\n"}\n{"a": "\\""}\n', 2),
    "UTF-16 in JSON lines": ("jsonl", LINES.encode("utf-16"), 20),
    "latin-1 in columns": ("conll", b"caf\xe9 O\n", 1),
    "UTF-16 in columns": ("conll", "The O\n".encode("utf-16"), 1),
    "Parquet of nulls": ("parquet", parquet(pl.DataFrame({"a": [None] * 3, "y": [1, 2, 3]})), 3),
    "Parquet, deflated": ("parquet", parquet(compression="gzip"), 20),
    "text after the data": ("ts", "@data\n# words\n1,2\n\n3,4\n", 2),
    "missing values": ("ts", "@data\n?,NaN\n3,4\n", 2),
    "tabs and blanks": ("conll", "New York\tB\nRome\tB\n\n", 1),
    "Windows line ends in columns": ("conll", "Rome B\r\n\r\nParis B\r\n", 2),
}


@pytest.mark.representatives(10)
@pytest.mark.parametrize("case", FINE)
def test_an_odd_file_is_read(case, folder):
    kind, content, rows = FINE[case]
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / f"table.{kind}").write_bytes(raw)
    assert unrolled.read(folder / f"table.{kind}").height == rows


SEEN = {
    "csv": PLAIN.encode(),
    "tsv": PLAIN.replace(",", "\t").encode(),
    "jsonl": LINES.encode(),
    "json": b'[{"a": 1, "y": [2, 3]}, {"a": 4}]',
    "parquet": WHOLE,
    "ts": b"@classLabel true a b\n@data\n1,2:3,4:a\n5,6:7,8:b\n",
    "conll": b"The O\ncat B-x\n\nA O\n\n",
}


@pytest.mark.representatives(by=lambda kind, seed: (kind, seed % 4))
@pytest.mark.parametrize("kind", SEEN)
@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_and_cut_files_are_read_or_refused(kind, seed, folder):
    raw = flipped(SEEN[kind], seed, bits=1 + seed % 4)
    cut = random.Random(seed).randrange(1, len(raw)) if seed % 4 == 0 else len(raw)
    (folder / f"table.{kind}").write_bytes(raw[:cut])
    with contextlib.suppress(DataError):
        unrolled.read(folder / f"table.{kind}")


OUTSIDE = ["csv: half a letter", "parquet: half"]


@pytest.mark.representatives(1)
@pytest.mark.parametrize("case", OUTSIDE)
def test_the_program_itself_ends_with_2(case, folder):
    name, content, says = BAD[case]
    (folder / name).write_bytes(content)
    before = set(folder.iterdir())
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from unrolled.cli import main; main()",
            "train",
            name,
            "--output",
            "y",
        ],
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    result = SimpleNamespace(
        status=done.returncode,
        out=done.stdout,
        err=done.stderr,
        left=set(folder.iterdir()) - before,
    )
    refused(result, says)
