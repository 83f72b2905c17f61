"""The generated pages are what their generator writes today."""

import importlib.util
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("docs_make", DOCS / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


def test_generated_pages_are_up_to_date(written):
    stale = [name for name, text in written.items() if (DOCS / name).read_text("utf-8") != text]
    assert not stale, "run python docs/make.py"


def test_every_architecture_has_a_picture_in_its_page(written):
    for name in written:
        if name.endswith(".svg"):
            assert f"]({name})" in written["architectures.md"]


def test_overview_names_every_file_and_room_of_the_house():
    house = DOCS.parent / "src" / "unrolled"
    overview = (DOCS / "overview.md").read_text("utf-8")
    rooms = [p.name + ("/" if p.is_dir() else "") for p in house.iterdir() if p.name[0] != "_"]
    missing = [room for room in rooms if f"  {room}" not in overview]
    assert not missing


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
