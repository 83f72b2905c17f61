"""A damaged model says which part is wrong: every key of every saved model is taken out."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

import unrolled
from unrolled.errors import ArtifactError
from unrolled.forecasting import serialization as forecasts
from unrolled.saving.checked_json import RefusedError, parse_json, reading
from unrolled.sequences import serialization as sequences

SAVED = Path(__file__).parents[1] / "saved"
MODELS = sorted(path.name for path in SAVED.glob("format-*"))
UNCLEAR = re.compile(r"damaged: \w+(Error|Exception)\b")
VALUES = (None, 3, "x", [], {}, [None])


class ReachedError(BaseException):
    """Everything before the network was read."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Build no network: that takes long, and what was read before is what matters here."""

    def reached(*_, **__):
        raise ReachedError

    monkeypatch.setattr(sequences, "load_network", reached)
    monkeypatch.setattr(forecasts, "load_network", reached)


def places(value, path=()):
    """Return the path of each key, and of the first entry of each list."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from places(inner, (*path, key))
    elif isinstance(value, list) and value:
        yield (*path, 0)
        yield from places(value[0], (*path, 0))


def write(folder, name, content):
    """Write a JSON file, and make the manifest state its sha256."""
    (folder / name).write_text(json.dumps(content), encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if name != "manifest.json" and "files" in manifest:
        raw = (folder / name).read_bytes()
        manifest["files"][name] = {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def changed(content, path, change):
    """Return a copy of some JSON with one place changed."""
    copy = json.loads(json.dumps(content))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return copy


def refusals(folder, change, only=None):
    """Return what is said of each change of each place that is refused, by file and place."""
    said = {}
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        original = {path.name: path.read_bytes() for path in folder.glob("*.json")}
        for path in places(content):
            if path[0] in ("files", "versions") or (only is not None and not only(path)):
                continue
            write(folder, file.name, changed(content, path, change))
            try:
                unrolled.load(folder)
            except ReachedError:
                pass
            except ArtifactError as error:
                said[file.name, path] = str(error)
            for name, raw in original.items():
                (folder / name).write_bytes(raw)
    return said


def remove(inner, key):
    del inner[key]


@pytest.mark.representatives(2)
@pytest.mark.parametrize("name", MODELS)
def test_a_key_that_is_missing_is_named(name, tmp_path):
    folder = Path(shutil.copytree(SAVED / name, tmp_path / "model"))
    said = refusals(folder, remove)
    assert len(said) > 10
    for place, message in said.items():
        assert not UNCLEAR.search(message), (place, message)


@pytest.mark.slow
@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_a_value_of_another_type_is_refused_in_words(name, value, tmp_path):
    folder = Path(shutil.copytree(SAVED / name, tmp_path / "model"))

    def put(inner, key):
        inner[key] = value

    for place, message in refusals(folder, put).items():
        assert not UNCLEAR.search(message), (place, message)


@pytest.mark.parametrize("key", ["schema", "network", "training", "references", "history"])
def test_the_missing_part_of_a_manifest_is_named(key, tmp_path):
    folder = Path(shutil.copytree(SAVED / "format-2-sequences", tmp_path / "model"))
    message = refusals(folder, remove, lambda path: path == (key,))["manifest.json", (key,)]
    assert f"is damaged: manifest.json has no '{key}'. Save it again." in message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": NaN}', "x is not JSON (NaN is not a number of JSON)"),
        ('{"a": [-Infinity]}', "x is not JSON (-Infinity is not a number of JSON)"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "x has the name 'c' twice in one object"),
    ],
)
def test_numbers_that_are_none_and_names_twice_are_refused(text, message):
    with pytest.raises(RefusedError) as caught:
        parse_json(text.encode(), "x")
    assert str(caught.value) == message


def test_a_missing_name_says_where():
    value = parse_json(b'{"a": [{"b": {}}], "c": {}}', "x")
    for inner, message in (
        (value, "x has no 'k'"),
        (value["c"], "'c' of x has no 'k'"),
        (value["a"][0]["b"], "'a.b' of x has no 'k'"),
    ):
        with pytest.raises(RefusedError, match=f"^{message}$"):
            inner["k"]


def test_an_error_while_a_part_is_read_names_the_part():
    with pytest.raises(RefusedError, match=r"^the part does not have the form .*\(TypeError: "):  # noqa: SIM117
        with reading("the part"):
            len(3)
