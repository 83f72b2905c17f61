"""Generated pages are up to date, and the overview agrees with the code."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from unrolled.networks import ARCHITECTURES

DOCS = Path(__file__).parents[1] / "docs"
HOUSE = DOCS.parent / "src" / "unrolled"
OVERVIEW = DOCS / "overview.md"


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


@pytest.mark.slow
def test_generated_pages_are_up_to_date(written):
    stale = [name for name, text in written.items() if (DOCS / name).read_text("utf-8") != text]
    assert not stale, "run python docs/make.py"


def test_every_architecture_has_a_picture_in_its_page(written):
    for row in ARCHITECTURES:
        picture = f"pictures/{row.shape}-{row.title.replace(' ', '-')}.svg"
        assert picture in written
        assert f"]({picture})" in written["architectures.md"]


def tree(text):
    """Return the folders and files of the tree in the overview, as paths below src/unrolled."""
    block = re.search(r"^```\nsrc/unrolled/\n(.+?)^```", text, re.MULTILINE | re.DOTALL)[1]
    parents, paths = [], []
    for line in block.splitlines():
        indent, name = re.match(r"( +)(\S+)", line).groups()
        parents = [*parents[: len(indent) // 2 - 1], name.rstrip("/")]
        paths.append("/".join(parents) + ("/" if name.endswith("/") else ""))
    return paths


def test_the_overview_shows_every_folder_and_every_file_of_the_root():
    shown = tree(OVERVIEW.read_text("utf-8"))
    folders = {
        f"{path.relative_to(HOUSE).as_posix()}/"
        for path in HOUSE.rglob("*")
        if path.is_dir() and path.name != "__pycache__"
    }
    assert len(shown) == len(set(shown))
    assert set(shown) == folders | {path.name for path in HOUSE.glob("*.py")}


def test_every_file_that_the_overview_names_exists():
    text = OVERVIEW.read_text("utf-8")
    named = set(re.findall(r"`((?!tests/)(?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", text))
    assert len(named) > 20
    assert not [path for path in named if not (HOUSE / path).exists()]


def test_the_overview_and_the_code_name_the_same_five_steps_of_fit():
    text = OVERVIEW.read_text("utf-8")
    steps = re.findall(r"^\| \d\. `(\w+)`", text, re.MULTILINE)
    model = HOUSE / "sequences" / "model.py"
    fit = next(
        node
        for node in ast.walk(ast.parse(model.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name == "fit"
    )
    calls = [node for node in ast.walk(fit) if isinstance(node, ast.Call)]
    calls.sort(key=lambda call: (call.end_lineno, call.end_col_offset))
    names = [call.func.attr.lstrip("_") for call in calls if isinstance(call.func, ast.Attribute)]
    assert [name for name in names if name in steps] == steps
    assert len(steps) == 5


def test_every_relative_link_of_a_page_leads_somewhere():
    root = DOCS.parent
    pages = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("examples/**/*.md")]
    broken = [
        f"{page.relative_to(root)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken
