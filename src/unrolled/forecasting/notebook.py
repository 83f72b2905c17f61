"""A fitted forecaster and a backtest in a notebook, as HTML; every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from unrolled.explain.model_card import best_epoch_sentence, network_sentence
from unrolled.explain.notebook import html_lines, html_table
from unrolled.forecasting.trained import TrainedForecaster


def forecaster_facts(trained: TrainedForecaster) -> str:
    """Return the steps, the reasons and the training of a forecaster as HTML."""
    window, layout = trained.window, trained.panel.layout
    return html_lines(
        [
            f"{', '.join(layout.targets)}: {window.lookback} steps in, {window.horizon} steps out;"
            f" the rows are {trained.panel.timeline.frequency}",
            *trained.reasons,
            network_sentence(trained.network, trained.runtime.weight_count),
            best_epoch_sentence(trained.history),
        ]
    )


def backtest_html(scores: Mapping[str, Mapping[str, float]], lines: Iterable[str]) -> str:
    """Return scores as a table with a row for each forecaster, and lines of text below it.

    Args:
        scores: By the name of the forecaster, by metric.
        lines: What to say below the table.
    """
    metrics = list(next(iter(scores.values())))
    rows = [[name, *(f"{own[metric]:.4g}" for metric in metrics)] for name, own in scores.items()]
    return html_table(["", *metrics], rows) + html_lines(lines)
