"""What only the rows held out contain must not change anything that is fitted."""

from typing import Any

import numpy as np
import pytest

from unrolled.data.encoders.encoder import make_encoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.tables.split import split

ROWS = 60
STATED = {"words": "words", "letters": "characters", "parts": "subwords", "y": "category"}


def data() -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    return {
        "n": rng.normal(size=ROWS).tolist(),
        "v": rng.normal(size=(ROWS, 3)).tolist(),
        "s": [rng.normal(size=(1 + i % 4, 2)).tolist() for i in range(ROWS)],
        "k": [[f"t{i % 3}"] for i in range(ROWS)],
        "words": [f"word{i % 5} here" for i in range(ROWS)],
        "letters": [f"abc{i % 5}" for i in range(ROWS)],
        "parts": [f"abc{i % 5} here" for i in range(ROWS)],
        "c": ["p" if i % 2 else "q" for i in range(ROWS)],
        "y": ["a" if i % 3 else "b" for i in range(ROWS)],
    }


PLANTED = {
    "n": 1e9,
    "v": [1e9, None, -1e9],
    "s": [[1e9, None], [1e9, 1e9]],
    "k": ["planted"],
    "words": "planted words",
    "letters": "XYZ",
    "parts": "planted planted planted",
    "c": "planted",
    "y": "planted",
}


def fit_encoders(columns: dict[str, list[Any]], held_out_rows: np.ndarray) -> dict[str, Any]:
    frame = read(columns)
    names = [n for n in columns if n != "y"]
    table, inputs, outputs = infer_table(frame, names, ["y"], stated=STATED)
    train = np.setdiff1d(np.arange(ROWS), held_out_rows)
    part = table.take(train)
    states = {}
    for column in (*inputs, *outputs):
        fitted_encoder = make_encoder(column, output=column in outputs).fit(
            part.values[column.name]
        )
        states[column.name] = fitted_encoder.to_dict() | {"column": column.kind_name}
    return states


@pytest.mark.parametrize("name", PLANTED)
def test_held_out_rows_never_change_an_encoder(name: str) -> None:
    clean = data()
    frame = read(clean)
    table, _, outputs = infer_table(frame, ["n"], ["y"], stated={"y": "category"})
    _, held_out = split(table, 0.2, seed=3, outputs=outputs)
    dirty = data()
    for row in held_out:
        dirty[name][row] = PLANTED[name]
    assert fit_encoders(dirty, held_out) == fit_encoders(clean, held_out)


@pytest.mark.parametrize("name", PLANTED)
def test_the_detector_would_notice(name: str) -> None:
    dirty = data()
    dirty[name][0] = PLANTED[name]
    nothing_held_out = np.array([], dtype=int)
    assert (
        fit_encoders(dirty, nothing_held_out)[name] != fit_encoders(data(), nothing_held_out)[name]
    )
