"""The text files of a saved forecaster."""

from __future__ import annotations

from dataclasses import asdict

from unrolled.explain.model_card import best_epoch_sentence, model_page, network_sentence
from unrolled.forecasting.trained import TrainedForecaster


def forecasts(fitted: TrainedForecaster, picture: str) -> str:
    """Return a page about a saved forecaster for people."""
    plan, panel = fitted.plan, fitted.panel
    columns = {name: value for name, value in asdict(panel.layout).items() if value}
    named = {n: v if isinstance(v, str) else ", ".join(v) for n, v in columns.items()}
    return model_page(
        [
            *(f"{name:<8} {value}" for name, value in named.items()),
            "",
            f"{plan.lookback} steps in, {plan.horizon} out; the rows are {panel.timeline.spelled}",
            *fitted.reasons,
        ],
        f"{network_sentence(fitted.network, fitted.model)} {best_epoch_sentence(fitted.history)}",
        picture,
        "Use it with `unrolled predict THIS_FOLDER new.csv -o next.csv`, or\n"
        "`unrolled.load(THIS_FOLDER).predict(table)`; both forecast the rows after the table's.",
        "The network itself sees series less their mean, over their spread, and less the window's\n"
        "last value. `series.json` names the series whose last steps and scales\n"
        "`series.safetensors` holds.",
    )
