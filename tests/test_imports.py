"""Imports go one way: each room imports only from rooms to its left."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import unrolled

HOME = Path(unrolled.__file__).parent
ROOMS = (
    *("errors", "shapes", "schema", "settings", "disk"),
    *("data", "baselines", "saving"),
    *("backend", "keras_internals", "kernels", "layers", "doctor", "networks"),
    *("training", "inference", "explain", "estimator"),
    *("sequences", "forecasting"),
    *("from_sizes", "loading", "demos"),
    "__init__",
    "cli",
)
OUTSIDE = ("cli",)
ENGINES = ("keras", "jax", "torch", "tensorflow")
FILES = sorted(HOME.rglob("*.py"))


def room(path):
    """Return the room a file is in: a folder, or a file of its own."""
    return path.relative_to(HOME).parts[0].removesuffix(".py")


def imported(path):
    """Return every module a file imports, in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by dots"
            names = [alias.name for alias in node.names] if node.module == "unrolled" else []
            yield from (f"unrolled.{name}" for name in names)
            yield from [] if names else [node.module]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_a_room_imports_only_from_rooms_to_its_left(path):
    for module in imported(path):
        head, _, name = module.partition(".")
        if head != "unrolled":
            continue
        if room(path) in OUTSIDE:
            inside = name.partition(".")[0] == room(path)
            assert inside or name in ("", *unrolled.__all__), f"{module} is not of the root"
        elif room(path) != "__init__":
            other = name.partition(".")[0] or "__init__"
            assert ROOMS.index(other) <= ROOMS.index(room(path)), f"{module} is to the right"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(HOME).as_posix())
def test_every_file_is_in_a_known_room(path):
    assert room(path) in ROOMS


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if room(path) in ("data", "baselines")],
    ids=lambda path: path.relative_to(HOME).as_posix(),
)
def test_data_and_metrics_never_import_an_engine(path):
    assert not [module for module in imported(path) if module.partition(".")[0] in ENGINES]


def test_import_unrolled_loads_no_engine_and_no_pandas():
    heavy = (*ENGINES, "pandas", "sklearn", "polars")
    script = f"import sys, unrolled; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
