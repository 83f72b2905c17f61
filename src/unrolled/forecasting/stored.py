"""A trained forecaster as the files of a saved model, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.batch import Array
from unrolled.data.panel import Layout, Panel
from unrolled.data.timeline import Timeline
from unrolled.folder import MANIFEST, Saved, head, tuples, weights
from unrolled.forecasting.fitted import Channels, Fitted
from unrolled.forecasting.references import Ridge
from unrolled.forecasting.scaling import Scaling
from unrolled.forecasting.statics import Statics
from unrolled.forecasting.windowed import Plan
from unrolled.networks import Ports, faces
from unrolled.settings import Network, Settings, Training
from unrolled.training import History

FORECASTS = "forecasts"
FACTS = ("lookback", "horizon", "marked", "calendar")  # of a plan
SERIES, SERIES_ARRAYS, SETTINGS = "series.json", "series.safetensors", "settings.json"


def files(fitted: Fitted, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files of a trained forecaster by name, with the settings that were asked for.

    Of its data they hold what later forecasts and scores look at: the steps that were not trained
    on, and a lookback before them.
    """
    plan, panel = fitted.plan, _late(fitted)
    scales, names = plan.scaling, _names(panel, fitted.channels)
    unknown = np.full((2, len(panel.layout.targets) // fitted.each), np.nan)
    arrays = {
        "values": panel.values,
        "starts": panel.starts,
        "offsets": panel.offsets,
        "held": np.array([fitted.held[name] for name in panel.ids]),
        "naive": np.stack([fitted.naive[name] for name in panel.ids]),
        "scales": np.stack([scales.known.get(name, unknown) for name in names]),
        "others": scales.others,
    }
    return {
        "weights.safetensors": weights(fitted.model),
        "references.safetensors": {"ridge": fitted.ridge.weights},
        MANIFEST: _manifest(fitted),
        SERIES: {
            "ids": _listed(panel.ids),
            "timeline": _timeline(panel.timeline),
            "static": {one.name: one.to_list() for one in panel.static},
        },
        SERIES_ARRAYS: arrays,
        SETTINGS: {n: v.model_dump() if isinstance(v, Settings) else v for n, v in asked.items()},
    }


def asked(saved: Saved) -> dict[str, Any]:
    """Return the settings of a forecaster that `files` kept."""
    given = tuples(saved.record(SETTINGS))
    for name, kind in (("network", Network), ("training", Training)):
        given[name] = kind(**given[name]) if given[name] else None
    return given


def restored(saved: Saved) -> Fitted:
    """Return the trained forecaster of a folder that `files` filled."""
    manifest, arrays = saved.manifest, saved.arrays(SERIES_ARRAYS)
    series = saved.record(SERIES)
    panel = Panel(
        Layout(**tuples(manifest["layout"])),
        _read_timeline(series["timeline"]),
        _read_listed(series["ids"]),
        arrays["starts"],
        arrays["offsets"],
        arrays["values"],
        tuple(pl.Series(name, values) for name, values in series["static"].items()),
    )
    names = _names(panel, manifest["channels"])
    known = {n: a for n, a in zip(names, arrays["scales"], strict=True) if not np.isnan(a).any()}
    scaling = Scaling(manifest["transform"], known, arrays["others"])
    ports, network = Ports(**tuples(manifest["ports"])), Network(**manifest["network"])
    made = faces(ports, network)
    saved.set_weights(made.model)
    return Fitted(
        panel=panel,
        held=dict(zip(panel.ids, arrays["held"].tolist(), strict=True)),
        naive=dict(zip(panel.ids, arrays["naive"], strict=True)),
        plan=Plan(
            **tuples(manifest["plan"]), scaling=scaling, statics=Statics(**manifest["statics"])
        ),
        channels=manifest["channels"],
        season=manifest["season"],
        ridge=Ridge(saved.arrays("references.safetensors")["ridge"]),
        faces=made,
        ports=ports,
        network=network,
        history=History.restored(manifest["history"]),
        reasons=tuple(manifest["reasons"]),
    )


def _manifest(fitted: Fitted) -> dict[str, Any]:
    """Return what describes the forecaster, as JSON."""
    plan = fitted.plan
    return head(FORECASTS) | {
        "layout": asdict(fitted.panel.layout),
        "plan": {name: getattr(plan, name) for name in FACTS},
        "transform": plan.scaling.transform,
        "statics": asdict(plan.statics),
        "channels": fitted.channels,
        "season": fitted.season,
        "reasons": fitted.reasons,
        "ports": asdict(fitted.ports),
        "network": fitted.network.model_dump(),
        "history": asdict(fitted.history),
    }


def _names(panel: Panel, channels: Channels) -> list[Any]:
    """Return the names of series as the network sees them; see `shared`."""
    targets = panel.layout.targets
    apart = channels == "shared" and len(targets) > 1
    return list(product(panel.ids, targets) if apart else panel.ids)


def _late(fitted: Fitted) -> Panel:
    """Return the last steps of each series: those not trained on, and what they look back on.

    A series whose scale is that of all its steps stays whole, and a gap keeps what stood before it.
    """
    panel, plan = fitted.panel, fitted.plan
    first = np.array([fitted.held[name] for name in panel.ids]) - panel.starts - plan.lookback
    known = np.array([name in plan.scaling.known for name in _names(panel, fitted.channels)])
    first = np.where(known.reshape(len(first), -1).all(axis=1), np.maximum(first, 0), 0)
    begins = zip(panel.offsets, first, strict=False)
    first = np.array([_before(panel.values[a : a + k + 1]) for a, k in begins])
    return panel.part(first, panel.lengths)


def _before(values: Array) -> int:
    """Return the last row up to which every column that has a value has one (k f)."""
    there = ~np.isnan(values[::-1])
    back = there.argmax(axis=0)[there.any(axis=0)]
    return len(values) - 1 - int(back.max(initial=0))


def _listed(values: tuple[Any, ...]) -> dict[str, Any]:
    """Return values of one type as JSON; dates and times as the whole numbers they count."""
    column = pl.Series(values)
    return {"type": _type(column.dtype), "values": column.to_physical().to_list()}


def _read_listed(state: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values that `_listed` described."""
    return tuple(pl.Series(state["values"]).cast(_read_type(state["type"])).to_list())


def _timeline(line: Timeline) -> dict[str, Any]:
    """Return a timeline as JSON."""
    anchor = line.anchor.isoformat() if isinstance(line.anchor, datetime) else line.anchor
    return asdict(line) | {"anchor": anchor, "dtype": _type(line.dtype)}


def _read_timeline(state: dict[str, Any]) -> Timeline:
    """Return the timeline that `_timeline` described."""
    anchor = state["anchor"]
    anchor = datetime.fromisoformat(anchor) if isinstance(anchor, str) else anchor
    return Timeline(**state | {"anchor": anchor, "dtype": _read_type(state["dtype"])})


def _type(dtype: Any) -> list[str]:
    """Return a type of cells as JSON: its name, and the time zone if it has one."""
    zone = getattr(dtype, "time_zone", None)
    return [dtype.base_type().__name__, *([zone] if zone else [])]


def _read_type(state: list[str]) -> Any:
    """Return the type that `_type` described."""
    name, *zone = state
    return pl.Datetime("us", *zone) if name == "Datetime" else getattr(pl, name)
