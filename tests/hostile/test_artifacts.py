"""A saved model that was damaged or made to harm is refused, quickly and in little memory.

A sha256 in the manifest stops no author, so that each change is sealed again with new ones.
"""

import contextlib
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from artifacts import (
    BOTH,
    KINDS,
    LINKED,
    MANIFEST,
    NO_FILE,
    OWN,
    PACKED,
    SAVED,
    SPARSE,
    UNSTATED,
    sealed,
    whole,
    zipped,
)

import unrolled
from unrolled.errors import ArtifactError, UnrolledError

CASES = [(kind, name) for kind in KINDS for name in (*BOTH, *OWN[kind], *LINKED)]
FILES = [
    (kind, path.name) for kind in KINDS for path in sorted((SAVED / f"format-2-{kind}").iterdir())
]
NEW = {"text": ["a good day", "bad"], "size": [1.0, 2.0]}
FLIPS = 8
UNSEALED = (ValueError, LookupError, TypeError, AttributeError, RecursionError)  # says nothing


@pytest.fixture(autouse=True, scope="module")
def loaded():
    """Load a model once, so that what is measured is not Keras'."""
    for kind in KINDS:
        unrolled.load(SAVED / f"format-2-{kind}")


def changed(kind, name, folder):
    """Return a model with one change, sealed where there is something to seal."""
    made = whole(kind, folder)
    {**BOTH, **OWN[kind], **LINKED}[name](made)
    if name not in (*LINKED, *SPARSE, *UNSTATED):
        with contextlib.suppress(*UNSEALED):
            sealed(made)
    elif name in SPARSE and "manifest" not in name:
        _stated(made)
    return made


def _stated(folder):
    """Let the manifest state the sizes of files whose sha256 would take too long."""
    manifest = json.loads((folder / MANIFEST).read_text())
    for name, facts in manifest["files"].items():
        facts["size"] = (folder / name).stat().st_size
    (folder / MANIFEST).write_text(json.dumps(manifest))


def refused(place):
    """Return what is said of a model that is refused."""
    begun = time.process_time()
    with pytest.raises(ArtifactError) as caught:
        unrolled.load(place)
    assert time.process_time() - begun < 10
    said = str(caught.value)
    assert str(place) in said
    assert said.endswith("."), said
    assert "\n" not in said
    assert len(said) < 1000
    return said


def _subject(kind, name):
    """Return the kind of the model and what is changed in it: a manifest, weights, a path, ..."""
    words = name.replace(":", "").split()
    return kind, words[1] if words[0] in ("a", "an", "no", "other", "another", "the") else words[0]


@pytest.mark.representatives(by=_subject)
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_a_hostile_folder_is_refused(kind, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = changed(kind, name, tmp_path / "model")
    before = sorted(tmp_path.rglob("*"))
    said = refused(made)
    assert any(
        w in said for w in (" is damaged: ", "Install a newer unrolled", "There is no saved model")
    )
    assert sorted(tmp_path.rglob("*")) == before  # nothing ran


@pytest.mark.representatives(by=lambda kind, name: _subject(kind, name)[1])
@pytest.mark.parametrize(
    ("kind", "name"),
    [(k, n) for k, n in CASES if n not in (*LINKED, *SPARSE, *NO_FILE)],
)
def test_a_hostile_zip_is_refused(kind, name, tmp_path):
    made = changed(kind, name, tmp_path / "model")
    refused(zipped(made, tmp_path / "model.zip"))


@pytest.mark.representatives(by=lambda kind, name: name)  # noqa: ARG005
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PACKED)
def test_a_zip_that_is_packed_to_harm_is_refused(kind, name, tmp_path):
    made, place = whole(kind, tmp_path / "model"), tmp_path / "model.zip"
    PACKED[name](made, place)
    refused(place)
    assert not (tmp_path.parent / "elsewhere.txt").exists()


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(("kind", "name"), FILES)
def test_a_damaged_file_is_refused(kind, name, packed, tmp_path):
    made = whole(kind, tmp_path / "model")
    raw = (made / name).read_bytes()
    flipped = bytearray(raw)
    flipped[len(raw) // 3] ^= 4
    for content in (raw[: len(raw) // 2], raw[:-1], b"", raw + b" \n", bytes(flipped)):
        if name == MANIFEST and content in (bytes(flipped), raw + b" \n", raw[:-1]):
            continue  # a manifest of another wording
        (made / name).write_bytes(content)
        refused(zipped(made, tmp_path / "model.zip") if packed else made)


@pytest.mark.representatives(by=lambda kind, name, seed: (kind, name))  # noqa: ARG005
@pytest.mark.parametrize("seed", range(FLIPS))
@pytest.mark.parametrize(("kind", "name"), FILES)
def test_flipped_bits_that_are_sealed_are_refused_or_harmless(kind, name, seed, tmp_path):
    made = whole(kind, tmp_path / "model")
    raw, chosen = bytearray((made / name).read_bytes()), random.Random(f"{name}{seed}")
    for _ in range(1 + seed % 3):
        raw[chosen.randrange(len(raw))] ^= 1 << chosen.randrange(8)
    (made / name).write_bytes(raw)
    with contextlib.suppress(*UNSEALED):
        sealed(made)
    try:
        model = unrolled.load(made)
    except ArtifactError:
        return
    try:
        if kind == "sequences":
            model.predict_proba(NEW)
            rows = {"text": ["good", "bad"] * 5, "size": [0.0] * 10, "label": ["good", "bad"] * 5}
            str(model.evaluate(rows))
        else:
            model.predict(level=[80])
            str(model.backtest())
    except UnrolledError:
        pass  # such as a column of another name


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_model_that_was_packed_anew_loads(kind, tmp_path):
    made = whole(kind, tmp_path / "model")
    sealed(made)
    (made / ".DS_Store").write_bytes(b"of a file manager")
    unrolled.load(made)
    (made / ".DS_Store").unlink()
    unrolled.load(zipped(made, tmp_path / "model.zip", method=8))


MEASURED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import unrolled
from unrolled.errors import ArtifactError
from artifacts import SAVED
unrolled.load(SAVED / "format-2-sequences")
unrolled.load(SAVED / "format-2-forecasts")
def peak_memory():  # KiB of this process; the resource module would include its parent
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

def count(frame, event, argument):
    global calls
    calls += event in ("call", "c_call")

for place in sys.argv[2:]:
    before, calls = peak_memory(), 0
    sys.setprofile(count)
    try:
        unrolled.load(place)
    except ArtifactError:
        sys.setprofile(None)
        print(place, peak_memory() - before >> 10, calls, sep="\\t")
"""
MAX_CALLS = 200_000  # of functions of Python and C, to refuse a model; it takes about 11,000
LARGE = [
    n for n in BOTH if any(w in n for w in ("giga", "tera", "million", "65536", "deep", "10^"))
]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc of Linux")
def test_a_model_that_asks_for_much_gets_little_memory_and_few_calls(tmp_path):
    places = []
    for i, name in enumerate(LARGE):
        for kind in KINDS:
            (tmp_path / f"{i}-{kind}").mkdir()
            places.append(changed(kind, name, tmp_path / f"{i}-{kind}" / "model"))
    for i, name in enumerate(n for n in PACKED if "bomb" in n or "giga" in n):
        (tmp_path / f"z{i}").mkdir()
        places.append(tmp_path / f"z{i}" / "model.zip")
        PACKED[name](whole("sequences", tmp_path / f"z{i}" / "model"), places[-1])
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(Path(__file__).parent), *map(str, places)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == list(map(str, places))
    for place, memory, calls in rows:  # a million outputs are 14 MB of JSON
        assert int(memory) < 400, (place, memory)
        assert int(calls) < MAX_CALLS, (place, calls)
