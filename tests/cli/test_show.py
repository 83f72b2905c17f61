"""`unrolled show`, as whole lines."""

import pytest

import unrolled as package

GLANCE = """\
one-to-one    one-to-many    many-to-one    aligned        unaligned

    ■           ■  ■  ■            ■        ■  ■  ■              ■  ■  ■
    ↑           ↑  ↑  ↑            ↑        ↑  ↑  ↑              ↑  ↑  ↑
    ●           ●→ ●→ ●      ●→ ●→ ●        ●→ ●→ ●        ●→ ●→ ●→ ●→ ●
    ↑           ↑            ↑  ↑  ↑        ↑  ↑  ↑        ↑  ↑  ↑
    ■           ■            ■  ■  ■        ■  ■  ■        ■  ■  ■
"""
ROW = "aligned      b t f -> b t o   row over row, same length; hourly weather -> hourly rentals"
AXES = (
    *("b batch", "t input step", "u output step"),
    *("f input feature", "o output value", "h hidden unit"),
)
CODE = """\
input    (b, 6, 4)
output   (b, 3, 1)
weights  17729

import keras
from keras import layers

x = keras.Input((6, 4))  # b 6 4
h = layers.LSTM(64, return_sequences=True)(x)  # b 6 64
h = h[:, -3:]  # b 3 64
y = layers.Dense(1)(h)  # b 3 1
model = keras.Model(x, y)
"""


def test_the_five_shapes_at_a_glance(unrolled):
    result = unrolled("show")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(GLANCE)
    lines = result.out.splitlines()
    assert ROW in lines
    assert lines[-3:] == [
        f"axes: {', '.join(AXES)}",
        "",
        "To see one of them in full: unrolled show many-to-one",
    ]


def test_a_page_has_picture_sentences_sizes_and_code(unrolled):
    result = unrolled("show unaligned --architecture tail --t 6 --u 3")
    lines = result.out.splitlines()
    assert (result.status, result.err) == (0, "")
    assert lines[:2] == ["unaligned · tail · LSTM", "b t f -> b u o"]
    assert "Other architectures of unaligned: padded, vector, repeat, segments, decoder." in lines
    assert "example  last week -> the next days" in lines
    assert result.out.endswith(CODE)


@pytest.mark.parametrize("shape", ["one-to-one", "one-to-many", "many-to-one", "aligned"])
def test_every_shape_has_a_page(unrolled, shape):
    result = unrolled(f"show {shape} --units 8")
    assert result.status == 0
    assert result.out.startswith(f"{shape} · ")
    assert result.out.endswith("model = keras.Model(x, y)\n")
    assert max(map(len, result.out.splitlines())) <= 100


@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
def test_the_page_of_a_decoder_ends_with_the_loop_that_uses_it(unrolled, shape):
    result = unrolled(f"show {shape} --architecture decoder --units 8")
    assert result.status == 0
    assert result.out.startswith(f"{shape} · decoder · ")
    assert "\ndef generate(inputs, steps=3):" in result.out
    assert result.out.endswith("    return outputs[:, 1:]\n")
    assert max(map(len, result.out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("many-to-many --u 3", "many-to-many is unaligned here."),
        ("many-to-many --u 6", "many-to-many is aligned here."),
        ("many-to-many --t 3 --u 3", "many-to-many is aligned here."),
    ],
)
def test_many_to_many_is_one_of_two(unrolled, words, message):
    assert unrolled(f"show {words}").out.splitlines()[0] == message


def test_many_to_many_is_shown_as_both(unrolled):
    result = unrolled("show many-to-many --units 8")
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "many-to-many is aligned or unaligned. Both follow."
    pages = [line for line in lines if line.endswith(" · LSTM")]
    assert pages == ["aligned · steps · LSTM", "unaligned · repeat · LSTM"]
    assert result.out.count("model = keras.Model(x, y)\n") == 2


@pytest.mark.parametrize(("name", "shape"), [("steps", "aligned"), ("tail", "unaligned")])
def test_an_architecture_decides_which_of_the_two_it_is(unrolled, name, shape):
    result = unrolled(f"show many-to-many --architecture {name}")
    assert result.out.splitlines()[0] == f"many-to-many is {shape} here."
    assert len([line for line in result.out.splitlines() if " · LSTM" in line]) == 1


def test_a_decoder_without_attention(unrolled):
    result = unrolled("show unaligned --architecture decoder --no-attention --units 8")
    lines = result.out.splitlines()
    assert lines[0] == "unaligned · decoder without attention · LSTM"
    assert "Attention" not in result.out
    assert [line for line in lines if line.startswith("_, state_h, state_c = layers.LSTM(8")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "alined",
            "There is no shape 'alined'. The shapes are one-to-one, one-to-many, many-to-one,"
            " aligned and unaligned; many-to-many is either of the last two. Did you mean"
            " 'aligned'?",
        ),
        (
            "unaligned --architecture last",
            "The shape unaligned has no architecture 'last'. Its architectures are tail, padded,"
            " vector, repeat, segments, decoder.",
        ),
        (
            "unaligned --architecture tail --t 2 --u 3",
            "The architecture 'tail' needs at least as many input steps as output steps, and there"
            " are 2 (t=2) for 3 output steps (u=3). Give a t of at least u, or use"
            " architecture='repeat'.",
        ),
        ("unaligned --t 0", "t=0 is not a size. Give a whole number of at least 1."),
        ("aligned --f 0", "f=0 is not a size. Give a whole number of at least 1."),
        ("many-to-one --units 0", "units=0 is not valid for Network: units must be at least 1."),
        (
            "one-to-one --u 4",
            "The shape one-to-one (b f -> b o) has no u of its own, and u=4 was given. Leave u out,"
            " or use the shape one-to-many or unaligned.",
        ),
    ],
)
def test_what_cannot_be_shown(unrolled, words, message):
    result = unrolled(f"show {words}")
    assert (result.status, result.out) == (2, "")
    assert " ".join(result.err.split()) == f"error: {message}"


def test_the_picture_is_also_an_svg_file(unrolled, tmp_path):
    file = tmp_path / "picture.svg"
    plain = unrolled("show many-to-one --units 8").out
    assert unrolled(f"show many-to-one --units 8 --svg {file}").out == f"{plain}\ndrew   {file}\n"
    picture = package.diagram("many-to-one", t=6, f=4, units=8).svg
    assert file.read_text("utf-8") == f"{picture}\n"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "aligned --svg a.png",
            "--svg writes an SVG file, and the name 'a.png' does not end in .svg. Use --svg a.svg",
        ),
        (
            "--svg a.svg",
            "--svg writes the picture of one shape, and none was named. Name one: unrolled show"
            " many-to-one --svg a.svg",
        ),
        (
            "many-to-many --svg a.svg",
            "--svg writes one picture, and there are two here. Name one of the shapes: aligned or"
            " unaligned.",
        ),
        (
            "aligned --svg no/a.svg",
            "'no/a.svg' cannot be written (No such file or directory). Name a file in a folder"
            " that exists and that you may write to.",
        ),
    ],
)
def test_an_svg_that_cannot_be_written_is_refused_before_the_page(
    unrolled, words, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    result = unrolled(f"show {words}")
    assert (result.status, result.out) == (2, "")
    assert " ".join(result.err.split()) == f"error: {message}"
    assert list(tmp_path.iterdir()) == []
