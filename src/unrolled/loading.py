"""Read a saved model of either kind."""

from __future__ import annotations

from pathlib import Path

from unrolled import artifact
from unrolled.folder import SEQUENCES, read
from unrolled.forecaster import Forecaster
from unrolled.forecasting.stored import FORECASTS
from unrolled.model import SequenceModel


def load(folder: str | Path) -> SequenceModel | Forecaster:
    """Read a model that `save` wrote.

    Returns:
        The `SequenceModel` or `Forecaster` that was saved; it gives the same numbers.

    Raises:
        ArtifactError: The folder is not a saved model, or one of a newer format.
    """
    return read(
        folder,
        {
            SEQUENCES: lambda saved: SequenceModel.restored(artifact.restored(saved)),
            FORECASTS: Forecaster.restored,
        },
    )
