"""The demo: its table of days, its closing lines, and the models it leaves."""

import json
import re
from functools import partial
from pathlib import Path

import pytest

import unrolled
from unrolled.cli import main
from unrolled.demos import bike_sharing
from unrolled.demos.bike_sharing import ARROWS
from unrolled.errors import ArtifactError

DAYS = Path(bike_sharing.__file__).with_name("days.jsonl")
TWO = (ARROWS[0], ARROWS[3])


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Run the demo on two models and few days; return the folder and its output."""
    home = tmp_path_factory.mktemp("home")
    days = DAYS.read_text(encoding="utf-8").splitlines(keepends=True)
    (home / "days.jsonl").write_text("".join(days[::12]), encoding="utf-8")
    (home / "LICENSE.txt").write_text("CC BY 4.0", encoding="utf-8")
    quick = partial(unrolled.Training, epochs=1, batch_size=128, verbose=False)
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bike_sharing, "ARROWS", TWO)
        patch.setattr(bike_sharing, "Training", quick)
        patch.setattr(bike_sharing, "HERE", home)
        unrolled.demo(home / "out", say=said.append)
    return home / "out", "\n".join(said)


def test_each_part_opens_with_its_question(shown):
    lines = shown[1].splitlines()
    for number, arrow in enumerate(TWO, 1):
        at = lines.index(f"=== {number} of 2: {arrow.question} ===")
        assert lines[at + 1] == ""
        assert lines[at + 2].startswith("in   ")
        assert any(line.startswith(f"{arrow.shape} · ") for line in lines[at:])


def test_the_closing_table_is_whole_and_narrow(shown):
    lines = shown[1].splitlines()
    at = next(i for i, line in enumerate(lines) if re.match("shape +question", line))
    assert lines[at].split() == ["shape", "question", "network", "RMSE", "ridge", "mean", "verdict"]
    words = ("worth having", "not worth having", "no clear difference")
    for arrow, line in zip(TWO, lines[at + 2 :], strict=False):
        shape, question, network, *scores, verdict = re.split(r"  +", line)
        assert (shape, question) == (arrow.shape, arrow.question)
        assert network in ("dense", "steps")
        assert all(float(score) > 0 for score in scores)
        assert len(scores) == 3
        assert verdict in words
    assert "\n".join(lines[at + 5 : at + 8]) == bike_sharing.LEGEND
    assert max(map(len, lines[at:-1])) <= 100 + len(str(shown[0]))


def test_the_widest_closing_table_fits_100_columns():
    rows = [
        (a.shape, a.question, "decoder", "10000", "10000", "10000", "no clear difference")
        for a in ARROWS
    ]
    assert max(map(len, bike_sharing._table(rows).splitlines())) <= 100


def test_the_last_line_is_a_command_that_works(shown, monkeypatch, capsys):
    folder, said = shown
    *_, before, command = said.splitlines()
    assert re.fullmatch(r"2 models were trained in \d+ s and saved in '.*'. Use one with:", before)
    monkeypatch.chdir(folder)
    main(command.removeprefix("unrolled ").split())
    assert capsys.readouterr().out.startswith("wrote  curves.jsonl  (")
    first = json.loads((folder / "curves.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert len(first["curve"]) == 24


def test_the_folder_holds_table_licence_and_models(shown):
    found = sorted(path.name for path in shown[0].iterdir() if path.name != "curves.jsonl")
    assert found == ["LICENSE.txt", "aligned", "days.jsonl", "one-to-one"]
    assert unrolled.load(shown[0] / "aligned").shape_ == "aligned"


def test_the_arrows_are_the_five_shapes():
    assert tuple(arrow.shape for arrow in ARROWS) == unrolled.shapes.SHAPES


def test_every_day_is_whole():
    for line in DAYS.read_text(encoding="utf-8").splitlines():
        day = json.loads(line)
        assert (len(day["curve"]), len(day["hours"])) == (24, 24)
        assert (len(day["last_week"]), len(day["next_days"])) == (7, 3)
        assert sum(day["curve"]) == day["total"] == day["next_days"][0]
        assert [hour[-1] for hour in day["hours"]] == list(range(24))


def test_a_folder_with_other_content_is_refused_before_training(tmp_path):
    (tmp_path / "aligned").mkdir()
    (tmp_path / "aligned" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ArtifactError, match="it exists, and is not a saved model"):
        unrolled.demo(tmp_path, say=pytest.fail)
    assert [path.name for path in tmp_path.rglob("*")] == ["aligned", "mine.txt"]
