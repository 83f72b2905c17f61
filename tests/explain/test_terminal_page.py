"""The pages that `unrolled show` prints."""

import pytest

import unrolled
from unrolled.networks import ARCHITECTURES

SIZES = {"f": 4, "o": 1, "units": 8}
STEPS = {
    "one-to-one": {},
    "one-to-many": {"u": 3},
    "many-to-one": {"t": 6},
    "aligned": {"t": 6},
    "unaligned": {"t": 6, "u": 3},
}


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape}-{row.title}")
def test_a_page_for_every_architecture(row):
    sizes = STEPS[row.shape] | SIZES
    page = unrolled.show(row.shape, **row.settings, **sizes)
    lines = page.splitlines()
    assert lines[0].startswith(f"{row.shape} · {row.title} · ")
    assert any(line.startswith("weights  ") for line in lines)
    assert row.guide.split()[0] in page
    assert page.endswith(unrolled.code(row.shape, **row.settings, **sizes).rstrip())
    assert max(map(len, lines)) <= 100


def test_sizes_name_the_open_axes():
    lines = unrolled.show("many-to-one", **SIZES).splitlines()
    assert "input    (b, t, 4)" in lines
    assert "output   (b, 1)" in lines


def test_sizes_name_the_inputs_of_a_decoder():
    lines = unrolled.show("unaligned", architecture="decoder", u=3, **SIZES).splitlines()
    assert "input    x (b, t, 4), previous (b, u, 1)" in lines
    assert "output   (b, u, 1)" in lines


def test_the_glance_lists_every_shape_and_architecture():
    glance = unrolled.glance()
    for shape in unrolled.shapes.SHAPES:
        rows = [row.name for row in ARCHITECTURES if row.shape == shape]
        names = ", ".join(dict.fromkeys(rows))
        assert f"architectures: {names}" in glance
    assert max(map(len, glance.splitlines())) <= 100
