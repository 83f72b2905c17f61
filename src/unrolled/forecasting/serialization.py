"""A trained forecaster as the files of a saved model, and back."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any, get_args

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.baselines import Ridge
from unrolled.forecasting.limits import Limits, check_limits
from unrolled.forecasting.series.calendar_features import calendar_cycles
from unrolled.forecasting.series.dataset import WindowSpec
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.series.scaling import TRANSFORMS, SeriesScaler
from unrolled.forecasting.series.static_features import StaticEncoder
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.trained import Channels, TrainedForecaster
from unrolled.networks import NetworkSpec, load_network
from unrolled.networks.size_limit import refuse_larger
from unrolled.saving import (
    FORECASTS,
    MANIFEST,
    PROGRAM,
    SavedModel,
    check_array,
    lists_to_tuples,
    manifest_header,
    optional_dict,
    optional_integer,
    reading,
)
from unrolled.saving.checked_json import RefusedError, short_repr
from unrolled.settings import Network, Settings, Training
from unrolled.shapes import MAX_STEPS
from unrolled.training.history import History

LIMITS = ("floor", "ceiling")
LATER_PARAMETERS = ("every", "combine", "steps", *LIMITS)  # which older files do not have
WEIGHTS, BASELINES = "weights.safetensors", "references.safetensors"
PARAMETERS = ("target", "horizon", "network", "training")  # that every saved forecaster has
SERIES, SERIES_ARRAYS, SETTINGS = "series.json", "series.safetensors", "settings.json"


def to_files(trained: TrainedForecaster, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the files of a trained forecaster by name; see `saving.write_model`.

    They include the part of the data that later forecasts and scores need: the held-out steps, and
    a lookback before them.

    Args:
        trained: The forecaster.
        parameters: The parameters of its constructor.
    """
    panel = _held_out_part(trained)
    series = panel.to_dict()
    layout = series.pop("layout")
    return {
        WEIGHTS: dict(trained.runtime.weights.arrays()),
        PROGRAM: trained.runtime.program.to_dict(),
        BASELINES: {"ridge": trained.ridge.weights},
        MANIFEST: _manifest(trained, layout),
        SERIES: series,
        SERIES_ARRAYS: {
            **panel.arrays(),
            **_scaler_arrays(trained, panel),
            "held": np.array([trained.held_out_start[name] for name in panel.ids]),
            "naive": np.stack([trained.naive_errors[name] for name in panel.ids]),
        },
        SETTINGS: {
            name: value.to_dict() if isinstance(value, Settings) else value
            for name, value in stated_parameters(parameters).items()
        },
    }


def _manifest(trained: TrainedForecaster, layout: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON that describes the forecaster."""
    window = trained.window
    return manifest_header(FORECASTS) | {
        "layout": layout,
        "plan": {
            "lookback": window.lookback,
            "horizon": window.horizon,
            "marked": window.missing_indicator,
            "calendar": window.calendar,
        },
        "transform": window.scaler.transform,
        "statics": window.static_encoder.to_dict(),
        "channels": trained.channels,
        "season": trained.season,
        "reasons": trained.reasons,
        "ports": trained.spec.to_dict(),
        "network": trained.network.to_dict(),
        "training": trained.training.to_dict(),
        "data": dict(trained.data),
        "scores": {"validation_loss": [trained.history.best_validation_loss]},
        "history": trained.history.to_dict(),
        **({"limits": trained.limits.to_dict()} if trained.limits.by_target else {}),
    }


def stated_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as JSON; later ones are left out if they are not stated."""
    stated = {n: v for n, v in parameters.items() if n not in LATER_PARAMETERS or v is not None}
    return stated | {n: str(v) for n, v in stated.items() if n in LIMITS and np.isinf(v)}


def parameters_from_files(saved: SavedModel) -> dict[str, Any]:
    """Return the parameters of the constructor that `to_files` wrote."""
    with reading(SETTINGS):
        return _parameters(saved.read_json(SETTINGS))


def _parameters(settings: Any) -> dict[str, Any]:
    """Return the parameters of the constructor."""
    if missing := [name for name in PARAMETERS if name not in settings]:
        raise RefusedError(f"{SETTINGS} has no '{missing[0]}'")
    parameters = lists_to_tuples(settings)
    for name in ("horizon", "lookback", "season"):
        optional_integer(parameters, name, maximum=MAX_STEPS)
    for name in LIMITS:
        if parameters.get(name) in ("inf", "-inf"):
            parameters[name] = float(parameters[name])
    check_limits(*(parameters.get(name) for name in LIMITS))
    if not isinstance(steps := parameters.get("steps"), str | tuple | None):
        raise RefusedError(f"'steps' is {short_repr(steps)}, and must be a pattern or names")
    StatedSteps.from_settings(parameters.get("every"), parameters.get("combine"))
    for name, kind in (("network", Network), ("training", Training)):
        state = parameters[name]
        parameters[name] = kind.from_dict(_without_defaults(kind, state)) if state else None
    return parameters


def _without_defaults(kind: type[Settings], state: Mapping[str, Any]) -> dict[str, Any]:
    """Return saved settings without the defaults: a forecaster refuses some that users state."""
    fields = kind.model_fields
    return {n: v for n, v in state.items() if n not in fields or v != fields[n].default}


def from_files(saved: SavedModel) -> TrainedForecaster:
    """Return the trained forecaster that `to_files` described.

    Raises:
        RefusedError: Its parts contradict each other.
        SettingError: A setting does not exist or is out of range.
        ShapeError: The sizes do not fit the shape, or there are fewer weights than they need.
    """
    manifest, arrays = saved.manifest, saved.read_arrays(SERIES_ARRAYS)
    with reading(f"'layout' of {MANIFEST}, {SERIES}, or {SERIES_ARRAYS},"):
        series = saved.read_json(SERIES)
        if missing := [name for name in ("ids", "timeline", "static") if name not in series]:
            raise RefusedError(f"{SERIES} has no '{missing[0]}'")
        panel = Panel.from_dict({**series, "layout": manifest["layout"]}, arrays)
        _check_arrays_by_series(panel, arrays)
    channels = _channels(manifest)
    with reading(f"'plan', 'transform' or 'statics' of {MANIFEST}, or {SERIES_ARRAYS},"):
        window = _window(manifest, panel, arrays, channels)
    target_count = 1 if channels == "shared" else len(panel.layout.targets)
    with reading(f"'ports' of {MANIFEST}"):
        spec = NetworkSpec.from_dict(manifest["ports"])
    with reading(f"'network' of {MANIFEST}"):
        network = Network.from_dict(manifest["network"])
    _check_spec(spec, window, target_count)
    refuse_larger(spec, network, networks=1, **saved.weight_counts)
    with reading(BASELINES):
        ridge = _ridge(saved, window, target_count)
    with reading(f"'history', 'reasons' or 'training' of {MANIFEST}"):
        history = History.from_dict(manifest["history"])
        reasons = tuple(map(str, manifest["reasons"]))
        training = Training.from_dict(optional_dict(manifest, "training"))
    bundle = load_network(saved, spec, network)
    trained = TrainedForecaster(
        panel=panel,
        held_out_start=dict(zip(panel.ids, arrays["held"].tolist(), strict=True)),
        naive_errors=dict(zip(panel.ids, arrays["naive"], strict=True)),
        window=window,
        channels=channels,
        season=optional_integer(manifest, "season", maximum=MAX_STEPS),
        ridge=ridge,
        bundle=bundle,
        spec=spec,
        network=network,
        history=history,
        reasons=reasons,
        training=training,
        data=optional_dict(manifest, "data"),
        limits=Limits.from_dict(optional_dict(manifest, "limits"), panel.layout.targets),
    )
    if (width := trained.series(panel).width) != spec.values:
        raise RefusedError(
            f"the network reads {spec.values} values at each step, but the series have {width}"
        )
    return trained


def _check_arrays_by_series(panel: Panel, arrays: Mapping[str, Array]) -> None:
    """Refuse starts of held-out steps and errors of naive forecasts that do not fit the series."""
    count, start = len(panel.ids), arrays["held"]
    check_array("held", start, (count,), "integers")
    check_array("naive", arrays["naive"], (count, len(panel.layout.targets)), "floats")
    if ((start < panel.starts) | (start > panel.ends)).any():
        raise RefusedError("'held' has a position that is outside of its series")


def _channels(manifest: Mapping[str, Any]) -> Channels:
    channels: Channels = manifest["channels"]
    if channels not in get_args(Channels):
        raise RefusedError(
            f"'channels' is {short_repr(channels)}, and must be one of {get_args(Channels)}"
        )
    return channels


def _window(
    manifest: Mapping[str, Any], panel: Panel, arrays: Mapping[str, Array], channels: Channels
) -> WindowSpec:
    """Return what a window consists of."""
    state = manifest["plan"]
    return WindowSpec(
        lookback=_required_integer(state, "lookback"),
        horizon=_required_integer(state, "horizon"),
        scaler=_scaler(manifest["transform"], panel, arrays, channels),
        missing_indicator=bool(state["marked"]),
        static_encoder=StaticEncoder.from_dict(manifest["statics"]),
        calendar=_calendar(state.get("calendar", ()), panel.timeline),
    )


def _required_integer(state: Mapping[str, Any], name: str) -> int:
    """Return a number of steps."""
    value = optional_integer(state, name, maximum=MAX_STEPS)
    if value is None:
        raise RefusedError(f"'{name}' is missing")
    return value


def _calendar(names: Any, timeline: Timeline) -> tuple[str, ...]:
    """Return the features of the calendar, which follow from the times."""
    calendar = tuple(names)
    if calendar and calendar != (expected := calendar_cycles(timeline)):
        raise RefusedError(
            f"its calendar features are {short_repr(calendar)}, but those of its times are"
            f" {expected}"
        )
    return calendar


def _network_ids(panel: Panel, channels: Channels) -> list[Any]:
    """Return the ids of the series as the network sees them; see `split_targets`."""
    targets = panel.layout.targets
    split = channels == "shared" and len(targets) > 1
    return list(product(panel.ids, targets) if split else panel.ids)


def _scaler_arrays(trained: TrainedForecaster, panel: Panel) -> dict[str, Array]:
    """Return means and standard deviations; NaN for a series that is scaled by its own values."""
    scaler = trained.window.scaler
    unknown = np.full((2, len(panel.layout.targets) // trained.series_per_id), np.nan)
    ids = _network_ids(panel, trained.channels)
    return {
        "scales": np.stack([scaler.by_series.get(name, unknown) for name in ids]),
        "others": scaler.covariates,
    }


def _scaler(
    transform: Any, panel: Panel, arrays: Mapping[str, Array], channels: Channels
) -> SeriesScaler:
    """Return the scaler that `_scaler_arrays` described."""
    if transform not in TRANSFORMS:
        raise RefusedError(
            f"'transform' is {short_repr(transform)}, and must be one of {', '.join(TRANSFORMS)}"
        )
    ids, layout = _network_ids(panel, channels), panel.layout
    targets = len(panel.ids) * len(layout.targets) // len(ids)
    check_array("scales", arrays["scales"], (len(ids), 2, targets), "floats")
    check_array("others", arrays["others"], (2, layout.past_width + layout.future_width), "floats")
    for name in ("scales", "others"):
        moments = arrays[name]
        if np.isinf(moments).any() or (moments[..., 1, :] <= 0).any():
            raise RefusedError(
                f"'{name}' has a standard deviation that is not above 0, or infinite values"
            )
    known = zip(ids, arrays["scales"], strict=True)
    by_series = {name: moments for name, moments in known if not np.isnan(moments).any()}
    return SeriesScaler(transform, by_series, arrays["others"])


def _ridge(saved: SavedModel, window: WindowSpec, target_count: int) -> Ridge:
    """Return the linear baseline."""
    weights = saved.read_arrays(BASELINES)["ridge"]
    shape = (window.lookback * target_count + 1, window.horizon * target_count)
    check_array("ridge", weights, shape, "floats")
    if not np.isfinite(weights).all():
        raise RefusedError("'ridge' has values that are not finite numbers")
    return Ridge(weights)


def _check_spec(spec: NetworkSpec, window: WindowSpec, target_count: int) -> None:
    """Refuse sizes of a network that do not follow from the windows."""
    t, u = window.lookback, window.horizon
    heads = {"y": target_count}
    if spec != NetworkSpec("unaligned", t=t, u=u, values=spec.values, heads=heads):
        raise RefusedError(
            f"the network does not fit windows of {t} input steps and {u} output steps:"
            f" {short_repr(spec.to_dict())}"
        )


def _held_out_part(trained: TrainedForecaster) -> Panel:
    """Return the last steps of each series: the held-out ones and a lookback before them.

    A series that is scaled by all of its own values stays complete, and before a missing value the
    last known value is kept.
    """
    panel, window = trained.panel, trained.window
    starts = np.array([trained.held_out_start[name] for name in panel.ids])
    first = np.maximum(starts - panel.starts - window.lookback, 0)
    ids = _network_ids(panel, trained.channels)
    is_known = np.array([name in window.scaler.by_series for name in ids])
    first = np.where(is_known.reshape(len(first), -1).all(axis=1), first, 0)
    begins = zip(panel.offsets, first, strict=False)
    first = np.array([_last_known_row(panel.values[a : a + k + 1]) for a, k in begins])
    return panel.slice_steps(first, panel.lengths)


def _last_known_row(values: Array) -> int:
    """Return the last row from which every column with a value has its last one (k f)."""
    known = ~np.isnan(values[::-1])
    distance = known.argmax(axis=0)[known.any(axis=0)]
    return len(values) - 1 - int(distance.max(initial=0))
