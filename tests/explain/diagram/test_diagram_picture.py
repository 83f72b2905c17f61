"""The object: how it prints, shows and saves, and what it refuses."""

from __future__ import annotations

import pytest

from unrolled.errors import SettingError, ShapeError
from unrolled.explain.diagram import Wiring, diagram

SIZES = {"t": 3, "u": 3, "f": 4, "o": 1, "units": 8}


def test_prints_as_text_and_shows_as_svg():
    picture = diagram(Wiring("aligned", "steps", **SIZES))
    assert str(picture) == picture.text
    assert repr(picture) == "Diagram('aligned · steps · LSTM')"
    assert picture._repr_svg_() == picture.svg
    assert picture.svg.startswith("<svg")


def test_saves_by_the_ending_of_the_name(tmp_path):
    picture = diagram(Wiring("aligned", "steps", **SIZES))
    picture.save(tmp_path / "a.svg")
    picture.save(str(tmp_path / "a.TXT"))
    assert (tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg + "\n"
    assert (tmp_path / "a.TXT").read_text(encoding="utf-8") == picture.text + "\n"


@pytest.mark.parametrize("name", ["a.png", "a", "svg"])
def test_refuses_other_endings_and_writes_nothing(name, tmp_path):
    picture = diagram(Wiring("aligned", "steps", **SIZES))
    with pytest.raises(SettingError) as error:
        picture.save(tmp_path / name)
    assert str(error.value) == (
        f"got the file name {name!r} for a diagram, expected one that ends in .svg (a drawing)"
        " or .txt (text for terminals). Give the file one of these endings."
    )
    assert list(tmp_path.iterdir()) == []


def test_refuses_an_architecture_of_another_shape():
    with pytest.raises(SettingError) as error:
        Wiring("aligned", "tail", **SIZES)
    assert str(error.value) == (
        "got the architecture 'tail' for the shape 'aligned', expected one of 'steps'."
    )


def test_refuses_a_recurrent_network_without_layers():
    with pytest.raises(SettingError, match="got layers=0, expected at least 1 for 'steps'"):
        Wiring("aligned", "steps", **SIZES, layers=0)


def test_refuses_a_tail_longer_than_the_row():
    with pytest.raises(ShapeError, match="got t=3 and u=5, expected t >= u: 'tail' keeps"):
        Wiring("unaligned", "tail", **{**SIZES, "u": 5})


@pytest.mark.parametrize("open_", ["t", "u"])
def test_refuses_segments_of_an_open_size(open_):
    with pytest.raises(ShapeError, match="for 'segments', expected both numbers: segments divide"):
        Wiring("unaligned", "segments", **{**SIZES, "u": 3, open_: None})


def test_needs_no_keras():
    import subprocess
    import sys

    code = "import unrolled.explain.diagram, sys; print({'keras', 'jax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
