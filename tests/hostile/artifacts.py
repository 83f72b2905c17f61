"""Saved models made to harm: each a change to a whole one, sealed again as its author would."""

import hashlib
import json
import os
import pickle
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

SAVED = Path(__file__).parents[1] / "saved"
KINDS = ("sequences", "forecasts")
MANIFEST, WEIGHTS = "manifest.json", "weights.safetensors"
TERA = 1 << 40


def whole(kind, folder):
    """Copy a whole model."""
    newest = max(int(path.name.split("-")[1]) for path in SAVED.glob("format-*"))
    return Path(shutil.copytree(SAVED / f"format-{newest}-{kind}", folder))


def sealed(folder):
    """Make the manifest's sizes and sha256 those of the files, as an author can."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name in manifest["files"]:
        if (folder / name).is_file():
            raw = (folder / name).read_bytes()
            facts = {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
            manifest["files"][name] = facts
    (folder / MANIFEST).write_text(json.dumps(manifest))


def zipped(folder, place, method=zipfile.ZIP_STORED):
    """Pack a folder into a zip file."""
    with zipfile.ZipFile(place, "w", method) as made:
        for path in sorted(folder.iterdir()):
            made.write(path, path.name)
    return place


def at(name, *path, value):
    """Return what puts a value at a place of a JSON file, given as text to be of any size."""

    def change(folder):
        facts = json.loads((folder / name).read_text())
        inner = facts
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = "@here"
        text = json.dumps(facts).replace('"@here"', value)
        (folder / name).write_text(text)

    return change


def without(name, *path):
    """Return what takes a value out of a JSON file."""

    def change(folder):
        facts = json.loads((folder / name).read_text())
        inner = facts
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        (folder / name).write_text(json.dumps(facts))

    return change


def content(name, raw):
    """Return what puts bytes in place of a file."""
    return lambda folder: (folder / name).write_bytes(raw)


def named(name):
    """Return what lets the manifest name a file that is elsewhere."""

    def change(folder):
        manifest = json.loads((folder / MANIFEST).read_text())
        manifest["files"][name] = {"size": 3, "sha256": "0" * 64}
        (folder / MANIFEST).write_text(json.dumps(manifest))

    return change


def moved(name, make):
    """Return what puts something that is no file in place of one."""

    def change(folder):
        (folder / name).rename(folder.parent / "elsewhere")
        make(folder / name, folder.parent / "elsewhere")

    return change


def sparse(name, size):
    """Return what puts a file of zeros that takes no room in place of one."""

    def change(folder):
        with (folder / name).open("wb") as file:
            file.truncate(size)

    return change


def array(file, name, change):
    """Return what puts another array in place of one."""

    def put(folder):
        arrays = load((folder / file).read_bytes())
        arrays[name] = np.ascontiguousarray(change(arrays[name]))
        (folder / file).write_bytes(save(arrays))

    return put


def tensors(header, data=b"", length=None):
    """Return a safetensors file by the text of its header."""
    raw = header.encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def one(dtype="F32", shape=(2,), offsets=(0, 8)):
    """Return the header of one array."""
    return json.dumps({"0000/w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}})


DEEP = "[" * 100_000 + "]" * 100_000
DIGITS = "1" + "0" * 100_000
HEADERS = {
    "a header of a terabyte": tensors("{}", length=TERA),
    "a header longer than the file": tensors("{}", length=50),
    "a header of 2^64 bytes": b"\xff" * 8 + b"{}",
    "a header that is no JSON": tensors("{'a': 1}"),
    "a header that is a list": tensors("[]"),
    "a header nested deeply": tensors(DEEP),
    "an array of a terabyte": tensors(one(shape=(TERA // 4,), offsets=(0, TERA)), b"\0" * 8),
    "an array beyond the end": tensors(one(shape=(4,), offsets=(0, 16)), b"\0" * 8),
    "an array before the start": tensors(one(offsets=(-8, 0)), b"\0" * 8),
    "an array turned round": tensors(one(offsets=(8, 0)), b"\0" * 8),
    "a shape whose product is 2^64": tensors(one(shape=(1 << 32, 1 << 32), offsets=(0, 0))),
    "a shape below zero": tensors(one(shape=(-1, -2)), b"\0" * 8),
    "a shape of fractions": tensors(one(shape=(1.5,)), b"\0" * 8),
    "a shape of many axes": tensors(one(shape=(1,) * 100 + (2,)), b"\0" * 8),
    "an unknown type": tensors(one(dtype="F99"), b"\0" * 8),
    "a type that is a list": tensors(
        '{"0000/w": {"dtype": [], "shape": [], "data_offsets": [0,0]}}'
    ),
    "arrays one over another": tensors(
        json.dumps(
            {
                k: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
                for k in ("0000/a", "0001/b")
            }
        ),
        b"\0" * 8,
    ),
    "bytes that no array has": tensors(one(), b"\0" * 16),
    "no arrays": tensors("{}"),
    "names that are no places": tensors(one().replace("0000", "first"), b"\0" * 8),
    "a pickle": pickle.dumps({"0000/w": [0.0] * 100}),
    "a pickle that runs something": b"cos\nsystem\n(S'touch executed'\ntR.",
    "nothing": b"",
    "NaN": None,  # made of the real weights below
}


def not_numbers(folder):
    """Fill the weights with NaN."""
    raw = bytearray((folder / WEIGHTS).read_bytes())
    start = 8 + int.from_bytes(raw[:8], "little")
    raw[start:] = b"\xff" * (len(raw) - start)
    (folder / WEIGHTS).write_bytes(raw)


def fewer(folder):
    """Leave the first weights out."""
    raw = (folder / WEIGHTS).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    facts = json.loads(raw[8 : 8 + length])
    facts.pop("__metadata__", None)
    first = min(facts, key=lambda name: facts[name]["data_offsets"][0])
    size = facts.pop(first)["data_offsets"][1]
    for one_ in facts.values():
        one_["data_offsets"] = [place - size for place in one_["data_offsets"]]
    header = json.dumps(facts)
    (folder / WEIGHTS).write_bytes(tensors(header, raw[8 + length + size :]))


BOTH = {
    **{
        f"weights: {name}": content(WEIGHTS, raw)
        for name, raw in HEADERS.items()
        if raw is not None
    },
    **{
        f"references: {name}": content("references.safetensors", HEADERS[name])
        for name in ("a header of a terabyte", "an array of a terabyte", "a pickle", "nothing")
    },
    "weights: NaN": not_numbers,
    "weights: fewer": fewer,
    "a manifest that is nothing": content(MANIFEST, b""),
    "a manifest that is a list": content(MANIFEST, b"[]"),
    "a manifest that is a number": content(MANIFEST, b"7"),
    "a manifest nested deeply": content(MANIFEST, DEEP.encode()),
    "a manifest of objects nested deeply": content(MANIFEST, b'{"a":' * 50_000 + b"}" * 50_000),
    "a manifest of twenty million objects": content(MANIFEST, b"[" + b"{}," * (20 << 20) + b"1]"),
    "a manifest in UTF-16": content(MANIFEST, '{"format": 2}'.encode("utf-16")),
    "a manifest with NULs": content(MANIFEST, b"\0" * 100),
    "a format below 1": at(MANIFEST, "format", value="0"),
    "a format that is a text": at(MANIFEST, "format", value='"2"'),
    "a format that is true": at(MANIFEST, "format", value="true"),
    "a format of 10^5 digits": at(MANIFEST, "format", value=DIGITS),
    "a format of 1e400": at(MANIFEST, "format", value="1e400"),
    "a format twice": lambda folder: (folder / MANIFEST).write_text(
        (folder / MANIFEST).read_text().replace("{", '{"format": 2,', 1)
    ),
    "a newer format": at(MANIFEST, "format", value="3000"),
    "an unknown kind": at(MANIFEST, "kind", value='"os.system"'),
    "a kind that is a list": at(MANIFEST, "kind", value="[1]"),
    "no files": without(MANIFEST, "files"),
    "files that are a list": at(MANIFEST, "files", value="[]"),
    "files without facts": at(MANIFEST, "files", WEIGHTS, value="null"),
    "files that name nothing": at(MANIFEST, "files", value="{}"),
    "a path upwards": named("../elsewhere.txt"),
    "a path upwards on Windows": named("..\\elsewhere.txt"),
    "an absolute path": named("/etc/passwd"),
    "a drive": named("C:\\Windows\\win.ini"),
    "a path with NUL": named("a\0b"),
    "an empty name": named(""),
    "the folder itself": named("."),
    "a hidden file": named(".bashrc"),
    "a file that is not there": named("missing.json"),
    "unknown sizes": at(MANIFEST, "ports", "extra", value="1"),
    "sizes that are a text": at(MANIFEST, "ports", value='"wide"'),
    "an unknown shape": at(MANIFEST, "ports", "shape", value='"one-to-none"'),
    "another shape": at(MANIFEST, "ports", "shape", value='"one-to-one"'),
    "no values": at(MANIFEST, "ports", "values", value="0"),
    "values of 1e400": at(MANIFEST, "ports", "values", value="1e400"),
    "values below zero": at(MANIFEST, "ports", "values", value="-5"),
    "values of a terabyte": at(MANIFEST, "ports", "values", value=str(TERA)),
    "values of 10^5 digits": at(MANIFEST, "ports", "values", value=DIGITS),
    "values that are NaN": at(MANIFEST, "ports", "values", value="NaN"),
    "outputs of a terabyte": at(MANIFEST, "ports", "heads", value=f'{{"y": {TERA}}}'),
    "many outputs": at(
        MANIFEST, "ports", "heads", value=json.dumps({f"y{i}": 1 for i in range(10**5)})
    ),
    "other outputs": at(MANIFEST, "ports", "heads", value='{"z": 1}'),
    "an unknown architecture": at(MANIFEST, "network", "architecture", value='"Lambda"'),
    "another architecture": at(MANIFEST, "network", "architecture", value='"decoder"'),
    "an unknown cell": at(MANIFEST, "network", "cell", value='"__import__"'),
    "an unknown setting": at(MANIFEST, "network", "activation", value='"exec"'),
    "units of 65536": at(MANIFEST, "network", "units", value="65536"),
    "units of 1e400": at(MANIFEST, "network", "units", value="1e400"),
    "units of 10^5 digits": at(MANIFEST, "network", "units", value=DIGITS),
    "other units": at(MANIFEST, "network", "units", value="4"),
    "64 layers": at(MANIFEST, "network", "layers", value="64"),
    "a million layers": at(MANIFEST, "network", "layers", value="1000000"),
    "no training": at(MANIFEST, "training", value='"none"'),
    "epochs below zero": at(MANIFEST, "training", "epochs", value="-1"),
    "a folder for checkpoints": at(MANIFEST, "training", "checkpoint", value='"elsewhere"'),
    "data that are a list": at(MANIFEST, "data", value="[1]"),
    "outputs of labels that are none": at(MANIFEST, "ports", "labels", value='["x"]'),
    "outputs for the whole row": at(MANIFEST, "ports", "pooled", value='["label"]'),
    "outputs that end themselves": at(MANIFEST, "ports", "stops", value="true"),
    "outputs that are tokens": at(MANIFEST, "ports", "tokens", value="true"),
    "a history that is a number": at(MANIFEST, "history", value="5"),
    "weights that are a folder": moved(WEIGHTS, lambda place, _: place.mkdir()),
    "weights that are a pipe": moved(WEIGHTS, lambda place, _: os.mkfifo(place)),
    "a sparse manifest of a terabyte": sparse(MANIFEST, TERA),
    "sparse weights of 2 gigabytes": sparse(WEIGHTS, 2 << 30),
    "sparse weights of a terabyte": sparse(WEIGHTS, TERA),
    "a sparse page of a terabyte": sparse("README.md", TERA),
}
LINKED = {  # which a zip file follows, or cannot hold
    "a link out of the folder": moved(WEIGHTS, lambda place, to: place.symlink_to(to)),
    "a link to a device": moved("README.md", lambda place, _: place.symlink_to("/dev/zero")),
    "a link to itself": moved(WEIGHTS, lambda place, _: place.symlink_to(place.name)),
    "a manifest that is a link": moved(MANIFEST, lambda place, to: place.symlink_to(to)),
}
ENCODERS, REFERENCES = "encoders.json", "references.safetensors"
SEQUENCES = {
    "no encoders": content(ENCODERS, b"{}"),
    "encoders nested deeply": content(ENCODERS, DEEP.encode()),
    "encoders that are a list": content(ENCODERS, b"[]"),
    "an unknown encoder": at(ENCODERS, "text", "encoder", value='"pickle"'),
    "an encoder that is a list": at(ENCODERS, "text", "encoder", value="[]"),
    "an encoder of another kind": at(ENCODERS, "text", "encoder", value='"scaler"'),
    "an encoder of another column": at(ENCODERS, "text", "column", "name", value='"size"'),
    "an encoder of the other side": at(ENCODERS, "size", "output", value="true"),
    "words that are numbers": at(ENCODERS, "text", "known", value="[1, 2]"),
    "words twice": at(ENCODERS, "text", "known", value='["a", "a"]'),
    "more words than are embedded": at(
        ENCODERS, "text", "known", value=json.dumps([str(i) for i in range(99)])
    ),
    "a spelling of 10^9 letters": at(
        ENCODERS, "text", "spelling", value='{"known": ["a"], "longest": 1000000000}'
    ),
    "a spelling that is a list": at(ENCODERS, "text", "spelling", value="[1]"),
    "runs of no base": at(ENCODERS, "text", "runs", value='{"base": "x", "known": [[]]}'),
    "runs of too few lengths": at(ENCODERS, "text", "runs", value='{"base": 9, "known": [[1]]}'),
    "runs that fall": at(
        ENCODERS, "text", "runs", value='{"base": 9, "known": [[2, 1], [], [], []]}'
    ),
    "characters that the network has not": at(
        ENCODERS, "text", "spelling", value='{"known": ["a"], "longest": 4}'
    ),
    "lowered that is a text": at(ENCODERS, "text", "lowered", value='"no"'),
    "an unknown setting of text": at(MANIFEST, "text", value='{"shell": 1}'),
    "characters of 10^18 in the network": at(
        MANIFEST, "ports", "spelled", value=f'{{"text_c": [{10**18}, 4]}}'
    ),
    "vectors of 10^18 numbers": at(MANIFEST, "ports", "vectors", value=f'{{"text": {10**18}}}'),
    "a linear path of another size": at(
        MANIFEST, "ports", "counted", value='{"text_n": [1000000000000, 2]}'
    ),
    "a tokenizer that is none": at(ENCODERS, "text", "subwords", value='{"model": 1}'),
    "a label that is NaN": at(ENCODERS, "label", "classes", value='["bad", NaN]'),
    "a label that is infinite": at(ENCODERS, "label", "classes", value='["bad", Infinity]'),
    "fewer labels": at(ENCODERS, "label", "classes", value='["bad"]'),
    "no labels": at(ENCODERS, "label", "classes", value="[]"),
    "labels that are lists": at(ENCODERS, "label", "classes", value="[[], []]"),
    "a mean of 1e400": at(ENCODERS, "size", "mean", value="[1e400]"),
    "a mean that is NaN": at(ENCODERS, "size", "mean", value="[NaN]"),
    "two means": at(ENCODERS, "size", "mean", value="[1, 2]"),
    "no spread": at(ENCODERS, "size", "std", value="[0]"),
    "marks beyond the width": at(ENCODERS, "size", "marked", value="[1000000000]"),
    "no schema": without(MANIFEST, "schema"),
    "a schema of an unknown kind": at(MANIFEST, "schema", "inputs", 0, "kind", value='"code"'),
    "a column twice": at(MANIFEST, "schema", "inputs", 1, "name", value='"text"'),
    "another column": at(MANIFEST, "schema", "inputs", 1, "name", value='"weight"'),
    "another width": at(MANIFEST, "schema", "inputs", 1, "width", value="100000000"),
    "another shape of the schema": at(MANIFEST, "schema", "shape", value='"aligned"'),
    "steps of 10^18": at(MANIFEST, "steps_in", value=str(10**18)),
    "steps that are a text": at(MANIFEST, "steps_out", value='"many"'),
    "a vocabulary of 10^9": at(MANIFEST, "ports", "embedded", "text", value=str(10**9)),
    "64 networks": at(MANIFEST, "training", "seeds", value="64"),
    "a temperature of 0": at(MANIFEST, "temperatures", value='{"label": 0}'),
    "a temperature of nobody": at(MANIFEST, "temperatures", value='{"other": 1}'),
    "an unknown reference": at(MANIFEST, "references", 0, "kind", value='"shell"'),
    "a best pass that was none": at(MANIFEST, "history", 0, "best_epoch", value="1000000"),
    "a file of vectors": at(MANIFEST, "text", value='{"vectors": "/etc/passwd"}'),
    "no references": at(MANIFEST, "references", value="[]"),
    "a reference that is the network": at(MANIFEST, "references", 0, "name", value='"network"'),
    "a reference without features": at(MANIFEST, "references", 1, "features", value="null"),
    "a reference with other runs": at(
        MANIFEST, "references", 1, "features", "grams", value='{"text": ["3"]}'
    ),
    "a reference of steps": at(MANIFEST, "references", 0, "steps", value='{"label": 3}'),
    "a reference of fewer features": array(REFERENCES, "1/label/weights", lambda a: a[1:]),
    "a reference of more classes": array(REFERENCES, "0/label/bias", lambda a: np.tile(a, 2)),
    "a reference that is NaN": array(REFERENCES, "1/label/weights", lambda a: a * np.nan),
    "a reference of texts": array(REFERENCES, "0/label/bias", lambda a: a.astype("u1")),
    "references that are a number": at(MANIFEST, "references", value="1"),
}
SERIES, ARRAYS = "series.json", "series.safetensors"
FORECASTS = {
    "no series": content(SERIES, b"{}"),
    "series nested deeply": content(SERIES, DEEP.encode()),
    "series that are a pickle": content(ARRAYS, pickle.dumps([1])),
    "ids of a type that is a function": at(SERIES, "ids", "type", value='["read_csv"]'),
    "ids of a type that is a module": at(SERIES, "ids", "type", value='["os"]'),
    "ids that are no numbers": at(SERIES, "ids", value='{"type": ["Int64"], "values": ["x"]}'),
    "two ids for one series": at(SERIES, "ids", "values", value='["a", "b"]'),
    "an unknown unit of time": at(SERIES, "timeline", "unit", value='"eons"'),
    "steps of no length": at(SERIES, "timeline", "every", value="0"),
    "steps of 10^18 seconds": at(SERIES, "timeline", "every", value=str(10**18)),
    "an anchor that is a number": at(SERIES, "timeline", "anchor", value="1"),
    "an anchor that is none": at(SERIES, "timeline", "anchor", value='"yesterday"'),
    "times of an unknown type": at(SERIES, "timeline", "dtype", value='["scan_csv"]'),
    "another clock": at(SERIES, "timeline", "clock", value='"Mars/Olympus"'),
    "constants of nobody": at(SERIES, "static", value='{"region": [1]}'),
    "a lookback of 10^18": at(MANIFEST, "plan", "lookback", value=str(10**18)),
    "another lookback": at(MANIFEST, "plan", "lookback", value="5"),
    "a horizon that is none": at(MANIFEST, "plan", "horizon", value="null"),
    "another horizon": at(MANIFEST, "plan", "horizon", value="3"),
    "an unknown transform": at(MANIFEST, "transform", value='"eval"'),
    "unknown channels": at(MANIFEST, "channels", value='"all"'),
    "another target": at(MANIFEST, "layout", "targets", value='["y", "z"]'),
    "no target": at(MANIFEST, "layout", "targets", value="[]"),
    "a column known beforehand": at(MANIFEST, "layout", "future", value='["q"]'),
    "a season of 10^18": at(MANIFEST, "season", value=str(10**18)),
    "marks that change the width": at(MANIFEST, "plan", "marked", value="true"),
    "an unknown calendar": at(MANIFEST, "plan", "calendar", value='["eons"]'),
    "a calendar that the network has not": at(
        MANIFEST, "plan", "calendar", value='["week", "year"]'
    ),
    "a calendar that is a number": at(MANIFEST, "plan", "calendar", value="7"),
    "a best pass that was none": at(MANIFEST, "history", "best_epoch", value="0"),
    "a linear map of other windows": array(REFERENCES, "ridge", lambda a: a[1:]),
    "a linear map that is NaN": array(REFERENCES, "ridge", lambda a: a * np.nan),
    "spreads of 0": array(ARRAYS, "scales", lambda a: a * 0),
    "spreads below 0": array(ARRAYS, "scales", lambda a: -np.abs(a)),
    "scales without end": array(ARRAYS, "scales", lambda a: a + np.inf),
    "steps held out before the first": array(ARRAYS, "held", lambda a: a - 1000),
    "steps held out after the last": array(ARRAYS, "held", lambda a: a + 1000),
    "a folder for checkpoints in the settings": at(
        "settings.json", "training", value='{"checkpoint": "elsewhere"}'
    ),
    "a setting of nobody": at("settings.json", "shell", value='"true"'),
    "a setting of 10^18 steps": at("settings.json", "horizon", value=str(10**18)),
    "a network that is none": at("settings.json", "network", value='{"units": -1}'),
}
OWN = {"sequences": SEQUENCES, "forecasts": FORECASTS}
UNSTATED = ("files without facts", "a format twice")
SPARSE = tuple(name for name in BOTH if "sparse" in name)
NO_FILE = ("weights that are a folder", "weights that are a pipe")


def members(*extra):
    """Return what packs a model with further members."""

    def pack(folder, place):
        zipped(folder, place)
        with zipfile.ZipFile(place, "a") as made:
            for name, raw in extra:
                made.writestr(name, raw)

    return pack


def bomb(name, size):
    """Return what packs a model with one file of zeros, deflated."""

    def pack(folder, place):
        (folder / name).write_bytes(b"\0" * size)
        if name != MANIFEST:
            sealed(folder)
        zipped(folder, place, zipfile.ZIP_DEFLATED)

    return pack


def patched(before, after):
    """Return what packs a model, and then changes bytes of the zip file."""

    def pack(folder, place):
        raw = zipped(folder, place).read_bytes()
        assert before in raw
        place.write_bytes(raw.replace(before, after))

    return pack


def linked(folder, place):
    """Pack a model whose page is a link, as `zip --symlinks` stores it."""
    page = zipfile.ZipInfo("page.txt")
    page.external_attr = 0o120777 << 16
    zipped(folder, place)
    with zipfile.ZipFile(place, "a") as made:
        made.writestr(page, "/etc/passwd")


def tail(change):
    """Return what packs a model, and then changes the last record of the zip file."""

    def pack(folder, place):
        raw = bytearray(zipped(folder, place).read_bytes())
        place.write_bytes(change(raw))

    return pack


def lying(raw):
    """Say that the list of files has two gigabytes."""
    raw[-10:-6] = struct.pack("<I", 2 << 30)
    return raw


def overstated(folder, place):
    """Say that a stored file unpacks to a hundred times its bytes."""
    raw = bytearray(zipped(folder, place).read_bytes())
    listed = raw.rindex(b"PK\1\2")
    (size,) = struct.unpack("<I", raw[listed + 24 : listed + 28])
    raw[listed + 24 : listed + 28] = struct.pack("<I", size * 100)
    place.write_bytes(raw)


PACKED = {
    "a path upwards": members(("../../elsewhere.txt", b"x")),
    "an absolute path": members(("/tmp/elsewhere.txt", b"x")),
    "a folder": members(("inner/", b"")),
    "a file in a folder": members(("inner/weights.safetensors", b"x")),
    "a name with NUL": patched(b"README.md", b"README\0md"),
    "a name with a backslash": patched(b"README.md", b"..\\EADMEm"),
    "a file twice": patched(b"README.md", b"code.py12"[:9].replace(b"code.py12", b"READMF.md")),
    "a thousand files": members(*((f"f{i}.txt", b"") for i in range(1000))),
    "a manifest that is a bomb": bomb(MANIFEST, 50 << 20),
    "weights that are a bomb": bomb(WEIGHTS, 50 << 20),
    "a page that is a bomb": bomb("README.md", 50 << 20),
    "a link": linked,
    "an unknown packing": lambda folder, place: zipped(folder, place, zipfile.ZIP_LZMA),
    "another unknown packing": lambda folder, place: zipped(folder, place, zipfile.ZIP_BZIP2),
    "a list of two gigabytes": tail(lying),
    "a cut end": tail(lambda raw: raw[:-40]),
    "half of it": tail(lambda raw: raw[: len(raw) // 2]),
    "its second half": tail(lambda raw: raw[len(raw) // 2 :]),
    "words after its end": tail(lambda raw: raw + b"words"),
    "a comment": tail(lambda raw: raw[:-2] + b"\5\0words"),
    "sizes that are not true": overstated,
    "no manifest": lambda folder, place: ((folder / MANIFEST).unlink(), zipped(folder, place)),
    "a text": lambda _, place: place.write_text("not a zip file"),
    "nothing": lambda _, place: place.write_bytes(b""),
    "only an end": lambda _, place: place.write_bytes(b"PK\5\6" + b"\0" * 18),
}
