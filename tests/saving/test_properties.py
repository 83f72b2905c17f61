"""Any arrays, JSON and encoders come back as they were written, and no bytes do harm."""

import contextlib
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from unrolled.data.encoders.encoder import encoder_from_dict, make_encoder
from unrolled.errors import ArtifactError
from unrolled.saving import SEQUENCES, manifest_header, read_model, write_model
from unrolled.saving.checked_json import RefusedError, parse_json
from unrolled.saving.container import FileReader
from unrolled.saving.tensors import encode_tensors, read_header, read_tensors
from unrolled.schema import Column

KINDS = st.sampled_from(["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8"])
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
ARRAYS = st.dictionaries(
    WORDS.filter(lambda name: name != "__metadata__"),
    KINDS.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, min_side=0))),
    max_size=4,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1) | WORDS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
FLOATS = st.floats(-1e300, 1e300) | st.just(math.nan)


class Bytes:
    """A file in memory."""

    def __init__(self, raw):
        self.raw = raw

    def read(self, count):
        chunk, self.raw = self.raw[:count], self.raw[count:]
        return chunk


def file_reader(raw):
    return FileReader("some.safetensors", len(raw), Bytes(raw))


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert (array.dtype, array.shape) == (other[name].dtype, other[name].shape)
        np.testing.assert_array_equal(array, other[name])


@pytest.mark.parametrize("name", ["model", "model.zip"])
@given(tensors=ARRAYS, value=JSON, text=WORDS)
@settings(deadline=None, max_examples=30)
def test_what_is_written_is_read(tmp_path_factory, name, tensors, value, text):
    files = {
        "weights.safetensors": tensors,
        "more.json": {"value": value},
        "README.md": text,
        "manifest.json": manifest_header(SEQUENCES),
    }
    place = write_model(tmp_path_factory.mktemp("in") / name, files)

    def check(saved):
        assert_same(tensors, saved.read_arrays("weights.safetensors"))
        assert saved.read_json("more.json") == {"value": value}
        assert saved.read_bytes("README.md") == text.encode()
        return saved.manifest["kind"]

    assert read_model(place, {SEQUENCES: check}) == SEQUENCES


@given(tensors=ARRAYS, transposed=st.booleans())
@settings(deadline=None)
def test_arrays_in_any_memory_order_come_back(tensors, transposed):
    tensors = {name: a.T if transposed else a for name, a in tensors.items()}
    file = file_reader(encode_tensors(tensors))
    assert_same(tensors, read_tensors(file, read_header(file)))


@pytest.mark.slow
@given(
    tensors=ARRAYS.filter(bool),
    place=st.integers(0, 400),
    bit=st.integers(0, 7),
    cut=st.integers(0, 9),
)
@settings(deadline=None, max_examples=300)
def test_damaged_arrays_are_refused_or_as_large_as_their_file(tensors, place, bit, cut):
    raw = bytearray(encode_tensors(tensors))
    raw[place % len(raw)] ^= 1 << bit
    raw = bytes(raw[: len(raw) - cut])
    try:
        file = file_reader(raw)
        arrays_read = read_tensors(file, read_header(file))
    except RefusedError:
        return
    assert sum(a.nbytes for a in arrays_read.values()) <= len(raw)


@given(st.binary(max_size=300) | WORDS.map(str.encode))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_json_or_refused(raw):
    with contextlib.suppress(RefusedError):
        parse_json(raw, "some.json")


@given(manifest=JSON)
@settings(deadline=None, max_examples=100)
def test_any_manifest_is_refused(tmp_path_factory, manifest):
    folder = tmp_path_factory.mktemp("in")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ArtifactError):
        read_model(folder, {SEQUENCES: lambda saved: saved.read_json("more.json")})


def through_json(encoder):
    """Return an encoder that was written to JSON and read again."""
    return encoder_from_dict(json.loads(json.dumps(encoder.to_dict())))


LABELS = st.lists(WORDS | st.integers(-(2**60), 2**60) | st.booleans(), min_size=1, max_size=30)


@given(values=LABELS, output=st.booleans())
@settings(deadline=None)
def test_labels_come_back(values, output):
    encoder = make_encoder(Column(name="a", kind="category"), output=output).fit(values)
    np.testing.assert_array_equal(through_json(encoder).encode(values), encoder.encode(values))
    if output:
        assert (
            through_json(encoder).decode(encoder.encode(values)).tolist()
            == encoder.decode(encoder.encode(values)).tolist()
        )


@given(
    rows=st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=9),
    end=st.booleans(),
)
@settings(deadline=None)
def test_tokens_come_back(rows, end):
    column = Column(name="a", kind="tokens")
    encoder = make_encoder(column, output=True, end=end).fit(rows)
    assert through_json(encoder).decode(encoder.encode(rows)) == rows


@given(
    texts=st.lists(WORDS.filter(str.strip), min_size=1, max_size=9),
    unit=st.sampled_from(["characters", "words", "subwords"]),
)
@settings(deadline=None)
def test_texts_come_back(texts, unit):
    encoder = make_encoder(Column(name="a", kind="text", unit=unit), output=True).fit(texts)
    one, other = (each.encode(texts) for each in (encoder, through_json(encoder)))
    assert [row.tolist() for row in one] == [row.tolist() for row in other]


@given(
    values=arrays.arrays("f8", st.tuples(st.integers(1, 9), st.just(2)), elements=FLOATS),
    output=st.booleans(),
)
@settings(deadline=None)
def test_numbers_come_back(values, output):
    encoder = make_encoder(Column(name="a", kind="vector", width=2), output=output).fit(values)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(through_json(encoder).encode(values), encoder.encode(values))
