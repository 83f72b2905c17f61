"""Streams that cannot take what is printed, and an environment that names what is absent."""

import os
import subprocess
import sys

import pytest

from unrolled.cli import terminal

COMMAND = (sys.executable, "-m", "unrolled")


def run(words, *, shell=None, **environment):
    """Return the result of a command in a process of its own, as bytes."""
    command = [*COMMAND, *words.split()]
    if shell is not None:
        command = ["sh", "-c", f'"$@" {shell}', "sh", *command]
    settings = {**os.environ, "COLUMNS": "100", **environment}
    return subprocess.run(command, capture_output=True, env=settings, timeout=120)


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
def test_an_encoding_without_the_characters_of_a_picture_ends_no_command(encoding):
    result = run("show many-to-one", PYTHONIOENCODING=encoding)
    assert result.returncode == 0, result.stderr
    assert b"b t f -> b o" in result.stdout
    assert b"?" in result.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="closes streams by a shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_end_no_command(closed):
    result = run("show many-to-one", shell=closed)
    assert result.returncode == 0, result.stderr


def test_warnings_that_are_errors_end_no_command():
    result = subprocess.run(
        [sys.executable, "-W", "error", "-m", "unrolled", "show", "many-to-one"],
        capture_output=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("KERAS_BACKEND", "theano", "KERAS_BACKEND is 'theano', which is no backend of Keras."),
        pytest.param(
            *("JAX_PLATFORMS", "toaster", "JAX_PLATFORMS is 'toaster', and JAX cannot use it"),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_absent_engine_or_device_gets_a_sentence(name, value, message):
    result = run("doctor", **{"KERAS_BACKEND": "jax", name: value})
    assert result.returncode == 2
    assert message in " ".join(result.stderr.decode().split())


class Broken:
    """A stream whose reader has ended."""

    encoding, errors = "utf-8", "strict"

    def write(self, _text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


def test_a_reader_that_has_ended_ends_no_command(monkeypatch):
    monkeypatch.setattr(sys, "stdout", Broken())
    terminal.echo("first")
    terminal.echo("second")


def test_data_is_never_written_with_other_characters(tmp_path, monkeypatch):
    file = (tmp_path / "out").open("w", encoding="cp1252", errors="replace")
    monkeypatch.setattr(sys, "stdout", file)
    with (
        pytest.raises(terminal.unrolled.errors.DataError, match="'ł', which the encoding cp1252"),
        terminal.exact_output() as stream,
    ):
        stream.write("Wałęsa")
    assert file.errors == "replace"
