"""The picture of a training: its learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from unrolled.disk.figures import BLUE, GREY, save_figure
from unrolled.errors import SettingError
from unrolled.training.history import History

TRAINING, VALIDATION = GREY, BLUE


def plot_histories(histories: Sequence[History], path: str | Path) -> Path:
    """Draw the loss of each epoch on the training and on the validation rows into a file.

    The best epoch, whose weights were kept, is marked. An ensemble has a panel for each network.

    Args:
        histories: How training each network went.
        path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

    Raises:
        SettingError: No network was trained.
        DataError: The file cannot be written, or its format is unknown.
    """
    from matplotlib.figure import Figure

    if not histories:
        raise SettingError("There is no learning curve: the model was saved before it was trained.")
    count = len(histories)
    figure = Figure(figsize=(7, 4 * count), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False)[:, 0]
    for number, (panel, history) in enumerate(zip(panels, histories, strict=True), 1):
        epochs = range(1, len(history.loss) + 1)
        marker = "." if len(history.loss) < 3 else ""
        panel.plot(epochs, history.loss, color=TRAINING, marker=marker, label="training loss")
        panel.plot(
            epochs, history.validation, color=VALIDATION, marker=marker, label="validation loss"
        )
        best = history.best_epoch
        panel.axvline(best, color=VALIDATION, linewidth=0.8, linestyle=":")
        panel.plot(
            [best],
            [history.best_validation_loss],
            "o",
            color=VALIDATION,
            label=f"best epoch: {best}",
        )
        panel.set_xlabel("epoch")
        panel.set_ylabel("loss")
        panel.xaxis.get_major_locator().set_params(integer=True)
        panel.legend(frameon=False)
        if count > 1:
            panel.set_title(f"network {number} of {count}")
    return save_figure(figure, path, example="learning-curves.png")
