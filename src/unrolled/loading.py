"""Read a saved model of either kind."""

from __future__ import annotations

from pathlib import Path

from unrolled.forecasting.forecaster import Forecaster
from unrolled.forecasting.serialization import FORECASTS
from unrolled.saving import SEQUENCES, read_model
from unrolled.sequences.model import SequenceModel


def load(folder: str | Path) -> SequenceModel | Forecaster:
    """Read a model that `save` wrote; nothing of it is run.

    Args:
        folder: The folder, or the .zip file.

    Returns:
        The `SequenceModel` or `Forecaster` that was saved; it gives the same numbers.

    Raises:
        ArtifactError: It is not a saved model, one of a newer format, or damaged.
    """
    return read_model(
        folder,
        {
            SEQUENCES: SequenceModel.from_saved,
            FORECASTS: Forecaster.from_saved,
        },
    )
