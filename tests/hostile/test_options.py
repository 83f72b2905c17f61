"""Options that no one should give: one paragraph, status 2, nothing written."""

import pytest

from unrolled.cli import main

LONG, LONGER = "9" * 30, "9" * 5000
SHOW = (
    "nothing",
    "many-to-one --t 0",
    "many-to-one --t -1",
    "many-to-one --t x",
    "many-to-one --t 1.5",
    f"many-to-one --t {LONGER}",
    f"many-to-one --f {LONG}",
    "many-to-one --f 0",
    "many-to-one --f 1000000000",
    "many-to-one --units 65537",
    "many-to-one --units 0",
    "many-to-one --layers 65",
    "many-to-one --layers -1",
    "unaligned --architecture vector --u 1000000000",
    "unaligned --u 0",
    "unaligned --t 3 --u 5 --architecture tail",
    f"many-to-one --o {LONG}",
    "many-to-one --o 1000000000",
    "one-to-one --t 5",
    "many-to-one --architecture Lambda",
    "many-to-one --cell sru",
    "many-to-one many-to-one",
    "--nothing",
)
TRAIN = (
    "",
    "--output",
    "--output y --epochs -1",
    f"--output y --epochs {LONG}x",
    "--output y --units 0",
    f"--output y --units {LONG}",
    "--output y --layers 65",
    "--output y --seed -1",
    f"--output y --seed {LONG}",
    "--output y --seeds 0",
    "--output y --seeds 65",
    "--output y --test 1",
    "--output y --test nan",
    "--output y --test inf",
    "--output y --test -0.5",
    "--output y --split sometimes",
    "--output y --split group",
    "--output y:color",
    "--input a:number:x --output y",
    "--output y y",
    "--input a a --output y",
    "--output y --class-weight balanced",
    "--output y --save /proc/model",
    "--output y --save /dev/null",
    "--output y --save good.csv/x.zip",
    "--output y --save other.zip",
)
FORECAST = (
    "--target y",
    "--target y --horizon 0",
    "--target y --horizon -1",
    f"--target y --horizon {LONG}",
    "--target y --horizon 1000000000",
    "--target y --horizon 2 --lookback 0",
    f"--target y --horizon 2 --lookback {LONG}",
    "--target y --horizon 2 --lookback 1000000000",
    "--target y --horizon 2 --season 0",
    f"--target y --horizon 2 --season {LONG}",
    "--target y --horizon 2 --time q",
    "--target y --horizon 2 --id q",
    "--target y --horizon 2 --past q",
    "--target y y --horizon 2",
    "--target y --horizon 2 --transform cube",
    "--target y --horizon 2 --transform log",
    "--target y --horizon 2 --architecture pooled",
)
BACKTEST = (
    "--target y --horizon 2 --last 0",
    "--target y --horizon 2 --last 1000000000",
    f"--target y --horizon 2 --last {LONG}",
    "--target y --horizon 2 --refit 0",
    f"--target y --horizon 2 --refit {LONG}",
    f"--target y --horizon 2 --step {LONG} --epochs 1",
    "--target y --horizon 2 --step 0 --epochs 1",
)
OTHERS = (
    "predict",
    "predict good.csv good.csv",
    "predict /dev/null good.csv",
    "predict . good.csv",
    "predict other.zip good.csv",
    "predict nothing.zip good.csv",
    "evaluate",
    "evaluate good.csv good.csv",
    "forecast good.csv --target y --horizon 2 --ahead nothing.csv",
    "forecast good.csv --target y --horizon 2 --future a --epochs 1",
    "demo --folder good.csv",
    "doctor now",
    "nothing",
    "--nothing",
    "-x",
)
ALL = [
    *(f"show {words}" for words in SHOW),
    *(f"train good.csv {words}" for words in TRAIN),
    *(f"forecast good.csv {words}" for words in FORECAST),
    *(f"backtest good.csv {words}" for words in BACKTEST),
    *OTHERS,
]


@pytest.mark.representatives(24)
@pytest.mark.parametrize("words", ALL, ids=lambda words: words[:70])
def test_it_is_refused(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "good.csv").write_text("a,y\n" + "".join(f"{i},{i / 2}\n" for i in range(30)))
    (tmp_path / "other.zip").write_text("years of work")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(SystemExit) as stopped:
        main(words.split())
    result = capsys.readouterr().err
    assert stopped.value.code == 2, result
    assert "error: " in result
    assert "Traceback" not in result
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
