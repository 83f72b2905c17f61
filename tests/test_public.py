"""The whole public surface, pinned."""

import importlib
import subprocess
import sys

import pytest

import unrolled
from unrolled import errors

PUBLIC = [
    "Attention",
    "Column",
    "Decoding",
    "Evaluation",
    "Forecaster",
    "Network",
    "Schema",
    "SequenceModel",
    "States",
    "Text",
    "Training",
    "accelerate",
    "build",
    "code",
    "demo",
    "diagram",
    "doctor",
    "errors",
    "export_keras",
    "glance",
    "layers",
    "load",
    "read",
    "scan",
    "shapes",
    "show",
    "write",
]
TREE = {
    "ArtifactError",
    "CheckpointError",
    "DataError",
    "MissingExtraError",
    "NotFittedError",
    "SettingError",
    "ShapeError",
}


def test_the_public_names_are_these():
    assert unrolled.__all__ == PUBLIC
    assert dir(unrolled) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name):
    found = getattr(unrolled, name)
    assert found.__doc__
    assert found.__name__.rpartition(".")[2] == name


def test_every_public_name_is_known_to_type_checkers():
    source = importlib.util.find_spec("unrolled").loader.get_source("unrolled")
    block = source.partition("if TYPE_CHECKING:")[2].partition("\n_HOME")[0]
    assert [line.split(" as ")[1] for line in block.splitlines() if " as " in line] == sorted(
        PUBLIC, key=lambda name: block.index(f" as {name}\n")
    )


def test_any_other_name_is_an_attribute_error():
    with pytest.raises(AttributeError) as caught:
        unrolled.nothing  # noqa: B018
    assert str(caught.value) == "module 'unrolled' has no attribute 'nothing'"


@pytest.mark.parametrize("name", sorted(TREE))
def test_every_error_is_an_unrolled_error_and_a_value_error(name):
    assert issubclass(getattr(errors, name), errors.UnrolledError)
    assert issubclass(errors.UnrolledError, ValueError)


def test_the_tree_of_errors_is_whole():
    found = {name for name in vars(errors) if name.endswith("Error")}
    assert found - {"UnrolledError"} == TREE


def test_importing_loads_no_engine():
    script = (
        "import sys, unrolled; dir(unrolled); unrolled.errors; unrolled.Training(epochs=1);"
        "sys.exit(bool({'keras', 'jax', 'pandas', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script]).returncode == 0
