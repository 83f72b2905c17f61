"""A trained forecaster as the files of a saved model, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import product
from typing import Any, get_args

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.forecasting.baselines import Ridge
from unrolled.forecasting.series.calendar_features import parts
from unrolled.forecasting.series.dataset import WindowSpec
from unrolled.forecasting.series.panel import MOST_GAPS, Layout, Panel
from unrolled.forecasting.series.scaling import FORWARD, Scaling
from unrolled.forecasting.series.static_features import Statics
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.trained import Channels, TrainedForecaster
from unrolled.networks import NetworkSpec, build_bundle
from unrolled.networks.size_limit import refuse_larger
from unrolled.saving import (
    MANIFEST,
    SavedModel,
    from_untrusted,
    head,
    mapping,
    network_weights,
    number,
    tuples,
)
from unrolled.saving.checked_json import RefusedError, shown
from unrolled.settings import Network, Settings, Training
from unrolled.shapes import MOST_STEPS
from unrolled.training.history import History

FORECASTS = "forecasts"
MOST_SECONDS, MOST_SPAN = 1 << 40, 1 << 22
TYPES = (  # that ids and times can have
    *("Date", "Datetime", "String", "Boolean", "Float32", "Float64"),
    *(f"{sign}Int{size}" for sign in ("", "U") for size in (8, 16, 32, 64)),
)
FACTS = ("lookback", "horizon", "marked", "calendar")  # of a plan
SERIES, SERIES_ARRAYS, SETTINGS = "series.json", "series.safetensors", "settings.json"


def files(fitted: TrainedForecaster, asked: Mapping[str, Any]) -> dict[str, Any]:
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
        "weights.safetensors": network_weights(fitted.model),
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


def asked(saved: SavedModel) -> dict[str, Any]:
    """Return the settings of a forecaster that `files` kept."""
    given = tuples(saved.record(SETTINGS))
    for name in ("horizon", "lookback", "season"):
        number(given, name, most=MOST_STEPS)
    for name, kind in (("network", Network), ("training", Training)):
        given[name] = kind.from_untrusted(given[name]) if given[name] else None
    return given


def restored(saved: SavedModel) -> TrainedForecaster:
    """Return the trained forecaster that `files` described.

    Raises:
        RefusedError: Its parts disagree.
        SettingError: A setting is none.
        ShapeError: A size is none.
    """
    manifest, arrays = saved.manifest, saved.arrays(SERIES_ARRAYS)
    panel = _panel(manifest, saved.record(SERIES), arrays)
    _refuse_unlike(manifest, panel, arrays)
    names = _names(panel, manifest["channels"])
    known = {n: a for n, a in zip(names, arrays["scales"], strict=True) if not np.isnan(a).any()}
    spec, network = NetworkSpec.from_untrusted(manifest["ports"]), Network(**manifest["network"])
    plan = WindowSpec(
        _size(manifest["plan"], "lookback"),
        _size(manifest["plan"], "horizon"),
        Scaling(manifest["transform"], known, arrays["others"]),
        bool(manifest["plan"]["marked"]),
        from_untrusted(Statics, manifest["statics"], "statics"),
        _calendar(manifest["plan"].get("calendar", ()), panel.timeline),
    )
    ridge = Ridge(saved.arrays("references.safetensors")["ridge"])
    own = 1 if manifest["channels"] == "shared" else len(panel.layout.targets)
    _refuse_other(spec, plan, ridge, targets=own)
    refuse_larger(spec, network, networks=1, **saved.sizes)
    made = build_bundle(spec, network)
    saved.set_weights(made.model)
    fitted = TrainedForecaster(
        panel=panel,
        held=dict(zip(panel.ids, arrays["held"].tolist(), strict=True)),
        naive=dict(zip(panel.ids, arrays["naive"], strict=True)),
        plan=plan,
        channels=manifest["channels"],
        season=number(manifest, "season", most=MOST_STEPS),
        ridge=ridge,
        bundle=made,
        spec=spec,
        network=network,
        history=from_untrusted(History, manifest["history"], "history"),
        reasons=tuple(map(str, manifest["reasons"])),
        training=Training.from_untrusted(mapping(manifest, "training")),
        data=mapping(manifest, "data"),
    )
    if (width := fitted.series(panel).width) != spec.values:
        raise RefusedError(
            f"the network takes {spec.values} values a step and the series have {width}"
        )
    return fitted


def _panel(manifest: dict[str, Any], series: Any, arrays: dict[str, Array]) -> Panel:
    """Return the series of a saved forecaster."""
    return Panel(
        from_untrusted(Layout, tuples(manifest["layout"]), "layout"),
        _read_timeline(series["timeline"]),
        _read_listed(series["ids"]),
        arrays["starts"],
        arrays["offsets"],
        arrays["values"],
        tuple(pl.Series(name, values) for name, values in series["static"].items()),
    )


def _refuse_unlike(manifest: dict[str, Any], panel: Panel, arrays: dict[str, Array]) -> None:
    """Refuse arrays that are not those of the series."""
    layout, count = panel.layout, len(panel.ids)
    targets, wide = len(layout.targets), len(layout.numbers)
    if manifest["channels"] not in get_args(Channels) or manifest["transform"] not in FORWARD:
        raise RefusedError("the channels or the transform are none that are known")
    if not targets or not count or len(set(panel.ids)) < count:
        raise RefusedError("there is no target, no series, or one twice")
    own = 1 if manifest["channels"] == "shared" else targets
    expected = {
        "starts": (count,),
        "held": (count,),
        "offsets": (count + 1,),
        "values": (len(panel.values), wide),
        "naive": (count, targets),
        "scales": (count * targets // own, 2, own),
        "others": (2, wide - targets),
    }
    for name, shape in expected.items():
        kind = "i" if name in ("starts", "held", "offsets") else "f"
        if arrays[name].shape != shape or arrays[name].dtype.kind != kind:
            raise RefusedError(
                f"'{name}' of {SERIES_ARRAYS} is {arrays[name].dtype} {arrays[name].shape},"
                f" expected {'whole ' if kind == 'i' else ''}numbers {shape}"
            )
    ends = panel.offsets
    if ends[0] != 0 or ends[-1] != len(panel.values) or (np.diff(ends) < 1).any():
        raise RefusedError(f"'offsets' of {SERIES_ARRAYS} do not part the values")
    if (np.abs(np.stack([panel.starts, arrays["held"]])) > MOST_SECONDS).any():
        raise RefusedError(f"'starts' or 'held' of {SERIES_ARRAYS} are out of range")
    seen = arrays["held"] - panel.starts
    if ((seen < 0) | (seen > panel.lengths)).any():
        raise RefusedError(f"'held' of {SERIES_ARRAYS} is no step of its series")
    for name in ("scales", "others"):
        _refuse_no_scale(name, arrays[name])
    span = (panel.starts + panel.lengths).max() - panel.starts.min()
    if span > max(MOST_SPAN, MOST_GAPS * len(panel.values)):
        raise RefusedError(f"the series stand {span} steps apart, and have {len(panel.values)}")
    if [one.name for one in panel.static] != list(layout.static) or any(
        len(one) != count for one in panel.static
    ):
        raise RefusedError(f"the constant columns of {SERIES} are not those of the layout")


def _refuse_no_scale(name: str, moments: Array) -> None:
    """Refuse means and spreads (... 2 k) by which nothing can be scaled; NaN is not known."""
    known = moments[~np.isnan(moments)]
    spreads = moments[..., 1, :]
    if np.isinf(known).any() or (spreads <= 0).any():
        raise RefusedError(f"'{name}' of {SERIES_ARRAYS} has spreads of 0 or less, or without end")


def _refuse_other(spec: NetworkSpec, plan: WindowSpec, ridge: Ridge, *, targets: int) -> None:
    """Refuse sizes of a network or a reference that are not those of the windows."""
    t, u = plan.lookback, plan.horizon
    if spec != NetworkSpec("unaligned", t=t, u=u, values=spec.values, heads={"y": targets}):
        raise RefusedError(
            f"the network is for other windows than {t} steps in and {u} out: {shown(vars(spec))}"
        )
    shape = (t * targets + 1, u * targets)
    if ridge.weights.shape != shape or not np.isfinite(ridge.weights).all():
        raise RefusedError(
            f"the linear reference has {ridge.weights.shape} weights, expected {shape}"
        )


def _calendar(names: Any, line: Timeline) -> tuple[str, ...]:
    """Return what goes in of the calendar, which the times must tell."""
    found = tuple(names)
    if found and found != parts(line):
        raise RefusedError(f"the calendar is {shown(names)}, and the times tell {parts(line)}")
    return found


def _size(facts: Any, name: str) -> int:
    """Return a number of steps."""
    found = number(facts, name, most=MOST_STEPS)
    if found is None:
        raise RefusedError(f"there is no '{name}'")
    return found


def _manifest(fitted: TrainedForecaster) -> dict[str, Any]:
    """Return what describes the forecaster, as JSON."""
    plan = fitted.plan
    history = fitted.history
    return head(FORECASTS) | {
        "layout": asdict(fitted.panel.layout),
        "plan": {name: getattr(plan, name) for name in FACTS},
        "transform": plan.scaling.transform,
        "statics": asdict(plan.statics),
        "channels": fitted.channels,
        "season": fitted.season,
        "reasons": fitted.reasons,
        "ports": fitted.spec.to_dict(),
        "network": fitted.network.model_dump(),
        "training": fitted.training.model_dump(),
        "data": dict(fitted.data),
        "scores": {"validation_loss": [history.validation[history.best_epoch - 1]]},
        "history": asdict(history),
    }


def _names(panel: Panel, channels: Channels) -> list[Any]:
    """Return the names of series as the network sees them; see `shared`."""
    targets = panel.layout.targets
    apart = channels == "shared" and len(targets) > 1
    return list(product(panel.ids, targets) if apart else panel.ids)


def _late(fitted: TrainedForecaster) -> Panel:
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
    facts = {**state, "anchor": anchor, "dtype": _read_type(state["dtype"])}
    found = from_untrusted(Timeline, facts, "timeline")
    if not 1 <= found.every <= MOST_SECONDS or isinstance(anchor, datetime) == (
        found.unit == "numbers"
    ):
        raise RefusedError(f"the timeline counts {found.every} {found.unit} from {anchor!r}")
    found.times([0, 1])  # which says whether it can
    return found


def _type(dtype: Any) -> list[str]:
    """Return a type of cells as JSON: its name, and the time zone if it has one."""
    zone = getattr(dtype, "time_zone", None)
    return [dtype.base_type().__name__, *([zone] if zone else [])]


def _read_type(state: list[str]) -> Any:
    """Return the type that `_type` described."""
    name, *zone = state
    if name not in TYPES:
        raise RefusedError(f"{SERIES} has the type {name!r}, expected one of {', '.join(TYPES)}")
    return pl.Datetime("us", *zone) if name == "Datetime" else getattr(pl, name)
