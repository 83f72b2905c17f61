"""The text files of a saved forecaster."""

from __future__ import annotations

from dataclasses import asdict

from unrolled.explain.model_card import best_epoch_sentence, model_readme, network_sentence
from unrolled.forecasting.trained import TrainedForecaster


def forecaster_readme(trained: TrainedForecaster, picture: str) -> str:
    """Return the README of a saved forecaster."""
    window, panel = trained.window, trained.panel
    columns = {name: value for name, value in asdict(panel.layout).items() if value}
    named = {n: v if isinstance(v, str) else ", ".join(v) for n, v in columns.items()}
    return model_readme(
        [
            *(f"{name:<8} {value}" for name, value in named.items()),
            "",
            f"{window.lookback} steps in, {window.horizon} out; the rows are"
            f" {panel.timeline.frequency}",
            *trained.reasons,
        ],
        network=f"{network_sentence(trained.network, trained.runtime.weight_count)}"
        f" {best_epoch_sentence(trained.history)}",
        diagram=picture,
        usage="Use it with `unrolled predict THIS_FOLDER new.csv -o next.csv`, or\n"
        "`unrolled.load(THIS_FOLDER).predict(table)`; both forecast the rows after the table's.",
        encoding="The network itself sees series less their mean, over their standard deviation,"
        " and less\nthe last value of the window. `series.json` names the series whose last steps"
        " and scales\n`series.safetensors` holds.",
    )
