"""Every example runs on a slice of its data, and its command line does the same."""

import importlib.resources
import re
import runpy
import shutil
from pathlib import Path

import pytest

import unrolled
from unrolled.cli import main

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
SCRIPTS = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*.py"))
COMMAND = re.compile(r"^unrolled (train .+)$", re.MULTILINE)
LINES = 96
SHAPES = ("one-to-one", "one-to-many", "many-to-one", "aligned", "unaligned")

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")


@pytest.fixture(scope="module")
def slices(tmp_path_factory):
    """Return a copy of the examples and of the days, each table cut to few of its rows."""
    folder = tmp_path_factory.mktemp("slices")
    shutil.copytree(EXAMPLES, folder / "examples")
    (folder / "demos").mkdir()
    shutil.copy(ROOT / "src" / "unrolled" / "demos" / "days.jsonl", folder / "demos")
    for path in (*folder.rglob("*.csv"), *folder.rglob("*.jsonl")):
        head, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
        path.write_text(head + "".join(rows[:: len(rows) // LINES]), encoding="utf-8")
    return folder


def file_name(data):
    """Return the name of the file that a model is evaluated on: a path, or a table read from it."""
    return Path(getattr(data, "what", str(data)).strip("'")).name


@pytest.fixture
def evaluated(monkeypatch):
    """Return the parameters of each model that is evaluated, and let it take a single step."""
    seen = []
    fit_and_evaluate = unrolled.SequenceModel.fit_and_evaluate

    def fit_briefly(self, data, y=None, **options):
        seen.append((self.get_params(), file_name(data)))
        few = (self.get_params()["training"] or unrolled.Training()).model_copy(
            update={"epochs": 1, "batch_size": 128, "verbose": False}
        )
        return fit_and_evaluate(self.set_params(training=few), data, y, **options)

    monkeypatch.setattr(unrolled.SequenceModel, "fit_and_evaluate", fit_briefly)
    return seen


def commands():
    """Return every `unrolled train` of the examples' pages with its folder."""
    for path in sorted(EXAMPLES.glob("*/README.md")):
        for found in COMMAND.finditer(path.read_text(encoding="utf-8")):
            yield path.parent.name, found[1]


def of(script):
    """Return the command line on the page beside a script that reads the same table."""
    table = re.search(r'"(\w+\.(csv|jsonl))"', (EXAMPLES / script).read_text())[1]
    return next(c for folder, c in commands() if folder == Path(script).parent.name and table in c)


@pytest.mark.representatives(3)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_trains_and_scores(script, slices, evaluated, monkeypatch, capsys):
    monkeypatch.setattr(importlib.resources, "files", lambda _: slices)
    found = runpy.run_path(str(slices / "examples" / script))
    assert found["model"].shape_ == Path(script).parent.name
    assert "  network " in capsys.readouterr().out

    given = evaluated.pop()
    monkeypatch.setattr(
        unrolled.SequenceModel,
        "fit_and_evaluate",
        lambda self, data, *_, **__: evaluated.append((self.get_params(), file_name(data))),
    )
    main(of(script).split())
    assert with_defaults(*evaluated.pop()) == with_defaults(*given)


def with_defaults(params, table):
    """Return settings with the defaults in place of None."""
    training, network = params["training"], params["network"]
    sides = [params[side] for side in ("inputs", "outputs")]
    names = [[side] if isinstance(side, str) else list(side) for side in sides]
    training, network = training or unrolled.Training(), network or unrolled.Network()
    return table, names, params["shape"], training, network


def test_every_shape_has_a_folder_with_a_page_a_script_and_a_licence():
    for shape in SHAPES:
        for name in ("README.md", "example.py", "LICENSE.txt"):
            assert (EXAMPLES / shape / name).is_file(), f"{shape}/{name}"


def test_every_command_names_a_table_that_is_there():
    assert len(list(commands())) == len(SCRIPTS)
    for _, command in commands():
        assert (ROOT / command.split()[1]).is_file(), command


def test_the_scripts_are_short():
    for script in SCRIPTS:
        lines = (EXAMPLES / script).read_text(encoding="utf-8").splitlines()
        assert len([line for line in lines if line.strip()]) <= 12, script


def test_links_between_the_pages_lead_somewhere():
    for page in EXAMPLES.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
