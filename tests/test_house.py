"""Sizes of the source: files, functions and folders stay small enough to read at one sitting."""

import ast
from pathlib import Path

import pytest

import unrolled

HOME = Path(unrolled.__file__).parent
FILES = sorted(path for path in HOME.rglob("*") if path.suffix in (".py", ".cc", ".h"))
FOLDERS = sorted({path.parent for path in FILES})
MAX_LINES, MAX_FUNCTION_LINES = 400, 60
MAX_ROOT_FILES, MAX_FILES = 12, 15


def name(path):
    return path.relative_to(HOME).as_posix()


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_file_is_longer_than_400_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".py"], ids=name)
def test_no_function_is_longer_than_60_lines(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = {
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > MAX_FUNCTION_LINES
    }
    assert not long


@pytest.mark.parametrize("folder", FOLDERS, ids=name)
def test_no_folder_has_too_many_files_side_by_side(folder):
    files = [
        path for path in folder.iterdir() if path.is_file() and path.suffix in (".py", ".cc", ".h")
    ]
    assert len(files) <= (MAX_ROOT_FILES if folder == HOME else MAX_FILES)


def test_files_of_tests_have_different_names():
    """With two of one name pytest imports the first and stops at the second."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
