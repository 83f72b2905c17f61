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
        f"A diagram cannot be written to a file named {name!r}. Give it a name that ends in .svg"
        " (a drawing) or .txt (text for terminals)."
    )
    assert list(tmp_path.iterdir()) == []


def test_refuses_an_architecture_of_another_shape():
    with pytest.raises(SettingError) as error:
        Wiring("aligned", "tail", **SIZES)
    assert str(error.value) == (
        "The shape aligned has no architecture 'tail'. Its architectures are steps."
    )


def test_refuses_a_recurrent_network_without_layers():
    with pytest.raises(
        SettingError, match="'steps' needs at least 1 recurrent layer, and layers=0"
    ):
        Wiring("aligned", "steps", **SIZES, layers=0)


def test_refuses_a_tail_longer_than_the_row():
    with pytest.raises(ShapeError, match="'tail' keeps the last u of t input steps, and t=3 is"):
        Wiring("unaligned", "tail", **{**SIZES, "u": 5})


@pytest.mark.parametrize("open_", ["t", "u"])
def test_refuses_segments_of_an_open_size(open_):
    with pytest.raises(ShapeError, match="'segments' cuts t and u into segments, and t="):
        Wiring("unaligned", "segments", **{**SIZES, "u": 3, open_: None})


def test_needs_no_keras():
    import subprocess
    import sys

    code = "import unrolled.explain.diagram, sys; print({'keras', 'jax'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
