"""A table whose first letters are those of compressed bytes is a table like others."""

import pytest

from unrolled.data.formats.read import read


@pytest.mark.parametrize("head", ["x^", "x^2", "x\x01"])
def test_a_header_that_looks_packed(tmp_path, head):
    path = tmp_path / "table.csv"
    path.write_text(f"{head},y\n1,2\n3,4\n")
    assert read(path).rows() == [(1, 2), (3, 4)]
    assert read(path).columns == [head, "y"]
