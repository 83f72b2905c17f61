"""`unrolled stream`: lines of JSON in, and each with its prediction out."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import polars as pl
import pytest

from unrolled import Forecaster, Network, SequenceModel, Training, load
from unrolled.cli import main

TRAINING = Training(epochs=1, verbose=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a model of machines, `m`, and one of numbers, `n`."""
    path = tmp_path_factory.mktemp("models")
    network = Network(units=4, bidirectional=False, linear=False)
    rows = [{"machine": f"m{i // 3}", "x": i % 7 / 2, "y": "ab"[i // 3 % 2]} for i in range(60)]
    model = SequenceModel("x", "y", id="machine", network=network, training=TRAINING)
    model.fit(pl.DataFrame(rows + rows[:1])).save(path / "m")
    numbers = {"x": [[i / 4, 1.0][: i % 2 + 1] for i in range(20)], "y": list(range(20))}
    numbers = {"x": numbers["x"], "y": [float(y) for y in numbers["y"]]}
    model = SequenceModel("x", "y", network=network, training=TRAINING)
    model.fit(numbers).save(path / "n")
    return path


@pytest.fixture
def stream(folder, monkeypatch, capsysbinary):
    """Return a function that runs `unrolled stream` on some lines."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "500")

    def run(words, lines):
        text = b"".join(
            line if isinstance(line, bytes) else line.encode() + b"\n" for line in lines
        )
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        status = 0
        try:
            main(["stream", *words.split()])
        except SystemExit as stop:
            status = stop.code
        result = capsysbinary.readouterr()
        out = [json.loads(line) for line in result.out.splitlines()]
        return SimpleNamespace(status=status, out=out, err=result.err.decode())

    return run


@pytest.fixture
def forecaster(folder):
    """Save a forecaster of two shops, `f`, beside the models."""
    days = [f"2024-01-{day:02d}" for day in range(1, 31)]
    table = {
        "day": days * 2,
        "shop": ["a"] * 30 + ["b"] * 30,
        "y": [float(k % 7) for k in range(60)],
    }
    model = Forecaster("y", time="day", id="shop", horizon=2, lookback=7, training=TRAINING)
    model.fit(table).save(folder / "f")
    return model


@pytest.mark.slow
def test_a_forecaster_answers_each_step_with_the_forecast_of_its_series(forecaster, stream):
    steps = [
        {"day": "2024-01-31", "shop": "b", "y": 3.0},
        {"day": "2024-01-30", "shop": "a", "y": 1},
    ]
    result = stream("f", [json.dumps(step) for step in [*steps, {"y": 1}]])
    expected = forecaster.live().observe(steps[0]).forecast().filter(pl.col("shop") == "b")
    (answer,) = result.out
    assert answer == steps[0] | {"forecast": expected.drop("shop").to_dicts()}
    assert [row["day"] for row in answer["forecast"]] == ["2024-02-01", "2024-02-02"]
    assert "line 2 is skipped: the step 2024-01-30 of the series 'a' was observed" in result.err
    assert "line 3 is skipped" in result.err
    assert stream("f --key shop", []).status == 2


def test_each_line_comes_out_with_its_prediction(folder, stream):
    lines = [{"x": 1, "note": "é"}, {"x": 2.5}, {"x": None, "y": 3}]
    result = stream("n", map(json.dumps, lines))
    assert (result.status, result.err) == (0, "")
    whole = load(folder / "n").predict({"x": [[1.0, 2.5]]})["y"][0]
    assert result.out[1]["y-predicted"] == pytest.approx(whole, abs=1e-5)
    without = [{k: v for k, v in line.items() if k != "y-predicted"} for line in result.out]
    assert without == lines


@pytest.mark.parametrize("words", ["m", "m --key machine"])
def test_each_key_has_a_stream_of_its_own(folder, stream, words):
    steps = [("p", 1.0), ("q", 3.0), ("p", 2.0)]
    result = stream(words, [json.dumps({"machine": key, "x": x}) for key, x in steps])
    model = load(folder / "m").streams()
    for (key, x), out in zip(steps, result.out, strict=True):
        expected = model.step({key: {"x": x}})[key]
        assert out["y-predicted"] == expected["y"]
        assert out["y-confidence"] == round(expected["y-confidence"], 4)


BAD = {
    "text": ('{"x": "warm"}', "column 'x': 'warm' is not a number"),
    "no column": ("{}", "column 'x' is missing"),
    "no JSON": ('{"x": ', "it is not JSON"),
    "no object": ("[1, 2]", "[1, 2] is no object"),
    "bytes": (b"\xff\xfe\n", "it is not JSON"),
    "nested": ("[" * 100_000, "it is not JSON"),
    "digits": ('{"x": 1' + "0" * 6000 + "}", "it is not JSON"),
    "long": (json.dumps({"x": 1, "note": "a" * 3_000_000}), "it has more than 1048576 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_named_and_skipped(stream, case):
    line, message = BAD[case]
    good = ['{"x": 1.0}', '{"x": 2.0}']
    result = stream("n", [good[0], "", line, good[1]])
    assert result.status == 0
    assert result.out == stream("n", good).out
    assert result.err.startswith(f"line 3 is skipped: {message}")
    assert result.err.count("\n") == 1
    strict = stream("n --strict", [good[0], "", line, good[1]])
    assert (strict.status, len(strict.out)) == (2, 1)
    assert strict.err.startswith(f"error: line 3: {message}")


def test_a_line_without_its_key_is_bad(stream):
    result = stream("m", ['{"x": 1.0}', '{"x": 1.0, "machine": [1]}'])
    assert result.out == []
    assert result.err.count("the column 'machine' has no value") == 2


@pytest.mark.slow
def test_a_line_is_answered_before_the_next_one_is_read(folder):
    command = [sys.executable, "-m", "unrolled", "stream", str(folder / "n")]
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as in the background of a shell
        pytest.skip("a child would ignore Ctrl-C too")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        for x in (1.0, 2.0):
            process.stdin.write(json.dumps({"x": x}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["x"] == x
        if os.name == "posix":
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 130
            assert b"Traceback" not in process.stderr.read()


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="closes a pipe by a shell")
def test_a_reader_that_ends_ends_the_command(folder):
    lines = "\n".join(['{"x": 1.0}'] * 20_000)
    shell = f"'{sys.executable}' -m unrolled stream '{folder / 'n'}' | head -n 1"
    start = time.monotonic()
    result = subprocess.run(shell, shell=True, input=lines.encode(), capture_output=True)
    assert result.stdout.count(b"\n") == 1
    assert result.stderr == b""
    assert time.monotonic() - start < 60
