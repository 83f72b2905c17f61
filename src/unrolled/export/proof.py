"""The proof of a bundle: it computes what unrolled computes, on real rows and on made ones."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ArtifactError

LIMIT = 1e-5  # of a difference, relative to the largest number of its output, or to 1
SHOWN = 60  # characters of a cell in an error


@dataclass
class Proof:
    """What was compared so far, and the largest difference.

    Attributes:
        largest: The largest difference of an output, relative to its scale.
        place: Where that was.
        compared: How many numbers, labels and words were compared.
        rows: What the rows were, in words.
    """

    largest: float = 0.0
    place: str = ""
    compared: int = 0
    rows: list[str] = field(default_factory=list)

    def numbers(self, expected: Any, actual: Any, place: str, *, scale: float = 1.0) -> None:
        """Compare numbers.

        Args:
            expected: Those of unrolled.
            actual: Those of the bundle.
            place: Where they come from, for the error.
            scale: The scale of the output, in its units, beyond which it does not count as small.

        Raises:
            ArtifactError: They differ by more than `LIMIT`.
        """
        expected, actual = np.asarray(expected, np.float64), np.asarray(actual, np.float64)
        if expected.shape != actual.shape:
            raise self._wrong(f"{place}: the shape is {actual.shape} in place of {expected.shape}")
        if not expected.size:
            return
        self.compared += expected.size
        finite = np.isfinite(expected)
        same = (expected == actual) | (np.isnan(expected) & np.isnan(actual))
        if not (finite | same).all():
            raise self._wrong(f"{place}: a number is not finite on one side only")
        differences = np.where(finite & ~same, np.abs(expected - actual), 0)
        differences = np.where(np.isnan(differences), np.inf, differences)
        scale = max(scale, float(np.abs(expected[finite]).max(initial=0)))
        largest = float(differences.max()) / scale
        if largest > LIMIT:
            spot = np.unravel_index(int(differences.argmax()), expected.shape)
            raise self._wrong(
                f"{place}, at {[int(i) for i in spot]}: {actual[spot]:.8g} in place of"
                f" {expected[spot]:.8g}, a relative difference of {largest:.1e}"
            )
        if largest > self.largest:
            self.largest, self.place = largest, place

    def cells(
        self, expected: Sequence[Any], actual: Sequence[Any], place: str, scale: float
    ) -> None:
        """Compare the cells of a column: text and labels are the same, numbers differ by little."""
        if len(expected) != len(actual):
            raise self._wrong(f"{place}: {len(actual)} rows in place of {len(expected)}")
        for row, (one, other) in enumerate(zip(expected, actual, strict=True), 1):
            if _is_numeric(one) and _is_numeric(other):
                self.numbers(one, other, f"{place}, row {row}", scale=scale)
            elif one != other:
                raise self._wrong(
                    f"{place}, row {row}: {str(other)[:SHOWN]!r} in place of {str(one)[:SHOWN]!r}"
                )
            self.compared += 1

    def to_dict(self) -> dict[str, Any]:
        """Return the proof as JSON."""
        return {
            "largest_difference": self.largest,
            "limit": LIMIT,
            "at": self.place,
            "compared": self.compared,
            "rows": self.rows,
            "versions": {
                "python": platform.python_version(),
                **{name: version(name) for name in ("unrolled", "numpy", "onnx", "onnxruntime")},
            },
        }

    def _wrong(self, what: str) -> ArtifactError:
        return ArtifactError(
            f"Nothing was exported: the ONNX files do not compute what the model computes. {what}."
        )


@dataclass(frozen=True)
class Model:
    """The trained model that a bundle must equal.

    Attributes:
        arrays: The network's inputs for some rows, from the cells of their columns.
        run: The outputs of the network in the units of the bundle, from these inputs.
        step: One step of a decoder from what `run` returned, `previous`; None without a decoder.
        predict: The predictions of rows beside their table, with the settings of decoding.
        scales: The standard deviation of each output of numbers, by column.
        decodings: The ways of decoding that are compared, each as options of `predict.py`.
    """

    arrays: Callable[[Any], Mapping[str, Array]]
    run: Callable[[Mapping[str, Array]], Mapping[str, Array]]
    step: Callable[[Mapping[str, Array]], Mapping[str, Array]] | None
    predict: Callable[[Any, Mapping[str, Any]], Mapping[str, Sequence[Any]]]
    scales: Mapping[str, float]
    decodings: Sequence[Mapping[str, Any]] = ({},)


def prove(folder: Path, model: Model, tables: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the proof of the bundle in a folder, as JSON.

    Args:
        folder: The bundle.
        model: The model that it must equal.
        tables: Rows as the cells of their columns, with what they are.

    Raises:
        ArtifactError: The bundle computes something else.
    """
    from unrolled.export.standalone.bundle import Bundle

    bundle, proof = Bundle(folder), Proof()
    for what, cells in tables:
        proof.rows.append(what)
        rows = bundle.encode(cells)
        feeds, _ = bundle.feeds(rows)
        actual = bundle.call("encode.onnx", feeds)
        expected = model.run(model.arrays(cells))
        for name, array in expected.items():
            scale = model.scales.get(name, 1.0)
            proof.numbers(array, actual[name], f"{what}: {name}", scale=scale)
        if model.step is not None:
            _prove_step(bundle, proof, model, actual, what)
        for decoding in model.decodings:
            _prove_cells(bundle, proof, model, cells, decoding, what)
    return proof.to_dict()


def _prove_step(bundle: Any, proof: Proof, model: Model, actual: Any, what: str) -> None:
    """Compare two steps of a decoder, each from its own states."""
    assert model.step is not None
    spec = next(x for x in bundle.sessions["step.onnx"].get_inputs() if x.name == "previous")
    rows, rng = len(next(iter(actual.values()))), np.random.default_rng(3)
    if "int32" in spec.type:
        previous: Array = np.full((rows, 1), 2, np.int32)
    else:
        previous = rng.normal(size=(rows, 1, spec.shape[-1])).astype(np.float32)
    feeds = dict(actual) | {"previous": previous}
    for number in (1, 2):
        expected, result = model.step(feeds), bundle.call("step.onnx", feeds)
        for name, array in expected.items():
            scale = model.scales.get(name, 1.0)
            proof.numbers(array, result[name], f"{what}: step {number}: {name}", scale=scale)
        feeds |= {name.removeprefix("next."): x for name, x in result.items() if "next." in name}


def _prove_cells(
    bundle: Any, proof: Proof, model: Model, cells: Any, decoding: Mapping[str, Any], what: str
) -> None:
    """Compare the tables that are written."""
    expected, actual = model.predict(cells, decoding), bundle.predict(cells, **decoding)
    if list(expected) != list(actual):
        raise proof._wrong(f"{what}: the columns are {list(actual)} in place of {list(expected)}")
    for name, column in expected.items():
        if name.endswith("-confidence"):
            continue  # rounded to four digits; the probabilities were compared above
        scale = model.scales.get(name, 1.0)
        with_settings = f" with {dict(decoding)}" if decoding else ""
        proof.cells(column, actual[name], f"{what}{with_settings}: column '{name}'", scale)


def _is_numeric(cell: Any) -> bool:
    """Return whether a cell is a number with a fraction, or lists of these."""
    if isinstance(cell, list | np.ndarray):
        return len(cell) > 0 and all(_is_numeric(one) for one in cell)
    return isinstance(cell, float | np.floating)
