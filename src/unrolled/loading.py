"""Read a saved model of either kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unrolled.saving import FORECASTS, SEQUENCES, SavedModel, read_model

if TYPE_CHECKING:
    from unrolled.forecasting.forecaster import Forecaster
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
    return read_model(folder, {SEQUENCES: _sequence_model, FORECASTS: _forecaster})


def _sequence_model(saved: SavedModel) -> SequenceModel | Forecaster:
    from unrolled.sequences.model import SequenceModel

    return SequenceModel.from_saved(saved)


def _forecaster(saved: SavedModel) -> SequenceModel | Forecaster:
    from unrolled.forecasting.forecaster import Forecaster

    return Forecaster.from_saved(saved)
