"""The series that are followed, in a file, which is read as untrusted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import ArtifactError, DataError
from unrolled.forecasting.live.followed import Followed
from unrolled.forecasting.live.latest_steps import LatestSteps, count_to_last_known
from unrolled.forecasting.series.dtypes import values_from_dict, values_to_dict
from unrolled.forecasting.series.panel import MAX_POSITION
from unrolled.forecasting.series.scaling import RunningMoments, transform_targets
from unrolled.forecasting.trained import TrainedForecaster
from unrolled.saving import check_array, reading
from unrolled.saving.checked_json import RefusedError, parse_json
from unrolled.saving.state_file import read_state_file, write_state_file

NAMES = ("forecaster", "new_series", "places", "values", "waiting", "dropped")
PLACES = 5  # whole numbers a series: end, next, rows of values, rows of waiting, follows


def write_state(path: Path, followed: Followed, trained: TrainedForecaster) -> None:
    """Write the state to a safetensors file, which at every moment is the old or the new one.

    Raises:
        ArtifactError: It cannot be written.
    """
    steps = list(followed.steps.values())
    known, targets = len(trained.panel.ids), followed.kept.targets
    new = {
        "ids": [values_to_dict((name,)) for name in list(followed.steps)[known:]],
        "labels": [values_to_dict((label,)) for label in followed.labels[known:]],
        "static": [column.to_list()[known:] for column in followed.static],
    }
    places = [[s.end, s.next, len(s.values), len(s.waiting), s.follows] for s in steps]
    nothing = np.full((3, targets), np.nan)
    dropped = [nothing if s.dropped is None else s.dropped.to_array() for s in steps]
    arrays = {
        "forecaster": fingerprint(trained),
        "new_series": np.frombuffer(json.dumps(new).encode(), np.uint8),
        "places": np.array(places, np.int64),
        "values": np.concatenate([s.values for s in steps]),
        "waiting": np.concatenate([s.waiting for s in steps]),
        "dropped": np.stack(dropped),
    }
    write_state_file(path, arrays)


def read_state(path: Path, begin: Followed, trained: TrainedForecaster) -> Followed:
    """Read what `write_state` wrote.

    Args:
        path: The file.
        begin: The series of `fit`, followed from their ends on.
        trained: The forecaster.

    Raises:
        ArtifactError: There is no such file, it is damaged, or it is of another forecaster.
    """
    try:
        arrays = read_state_file(path, "a live forecaster", _check_names)
        if not np.array_equal(arrays["forecaster"], fingerprint(trained)):
            raise ArtifactError(
                f"{path} is the state of another forecaster: its network, its weights or its"
                " columns differ from those of this one. Load the forecaster that was followed."
            )
        with reading("the state"):
            return _followed(arrays, begin, trained)
    except (RefusedError, DataError) as error:
        raise ArtifactError(
            f"{path} is not the state of a live forecaster, or it is damaged: {error}. Name a file"
            " that `save` of a live forecaster wrote."
        ) from None


def _check_names(tensors: Collection[str]) -> None:
    """Refuse a file of other arrays."""
    if sorted(tensors) != sorted(NAMES):
        raise RefusedError(f"its arrays are {', '.join(sorted(tensors))[:200]}")


def fingerprint(trained: TrainedForecaster) -> Array:
    """Return the sha256 of what makes a forecaster this one: its data, columns and weights (32)."""
    window = trained.window
    facts = [trained.panel.layout.to_dict(), window.lookback, window.horizon, trained.channels]
    sha = hashlib.sha256(json.dumps([*facts, dict(trained.data)]).encode())
    for array in trained.runtime.weights.arrays().values():
        sha.update(np.ascontiguousarray(array).tobytes())
    return np.frombuffer(sha.digest(), np.uint8)


def _followed(arrays: Mapping[str, Array], begin: Followed, trained: TrainedForecaster) -> Followed:
    """Return the series that arrays describe, once they are checked."""
    raw = arrays["new_series"]
    check_array("new_series", raw, (raw.size,), "unsigned integers")
    new = parse_json(raw.tobytes(), "'new_series'")
    ids, labels = ([values_from_dict(v)[0] for v in new[name]] for name in ("ids", "labels"))
    names = [*begin.steps, *ids]
    if len(set(names)) < len(names) or len(labels) != len(ids):
        raise RefusedError("two of its series have one id, or an id has no label")
    steps = dict(zip(names, _steps(arrays, len(names), begin), strict=True))
    pairs = zip(begin.static, new["static"], strict=True)
    static = [pl.Series(c.name, v) if v else c.clear() for c, v in pairs]
    if any(len(column) != len(ids) for column in static):
        raise RefusedError("its static columns do not have a value for each new series")
    followed = begin.with_series(steps, labels, static)
    for name, own in steps.items():
        if (own.dropped is None) != begin.has_known_scale(name):
            raise RefusedError("a series is scaled otherwise than the forecaster scales it")
    panel = followed.panel(followed.kept.steps)
    trained.window.static_encoder.encode(panel)
    transform_targets(panel, trained.window.scaler.transform)
    return followed


def _steps(arrays: Mapping[str, Array], count: int, begin: Followed) -> list[LatestSteps]:
    """Return the latest steps of each series, once they are checked."""
    kept, width = begin.kept, len(begin.like.layout.numeric)
    check_array("places", arrays["places"], (count, PLACES), "integers")
    check_array("dropped", arrays["dropped"], (count, 3, kept.targets), "floats")
    for name in ("values", "waiting"):
        check_array(name, arrays[name], (len(arrays[name]), width), "floats")
        if np.isinf(arrays[name]).any():
            raise RefusedError(f"'{name}' has infinite values")
    places = arrays["places"]
    end, after, rows, waiting, follows = places.T
    is_possible = (np.abs(places) < MAX_POSITION).all() and np.isin(follows, (0, 1)).all()
    is_possible &= ((rows >= 1) & (rows <= kept.steps + 1)).all()
    is_possible &= ((waiting >= 0) & (waiting <= kept.steps + 1)).all()
    is_possible &= (after - waiting >= end).all()
    is_possible &= (rows[follows == 1] == kept.steps + 1).all()
    if not is_possible or (rows.sum(), waiting.sum()) != (
        len(arrays["values"]),
        len(arrays["waiting"]),
    ):
        raise RefusedError("'places' does not divide the steps into series")
    values = np.split(arrays["values"], np.cumsum(rows)[:-1])
    later = np.split(arrays["waiting"], np.cumsum(waiting)[:-1])
    if any(count_to_last_known(v, kept.targets) < len(v) for v in values):
        raise RefusedError("a series ends without a target")
    return [
        LatestSteps(
            int(end[i]), values[i], int(after[i]), later[i], bool(follows[i]),
            RunningMoments.from_array(arrays["dropped"][i]),
        )
        for i in range(count)
    ]  # fmt: skip
