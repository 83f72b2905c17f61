"""What the estimators share: settings that are stored as given, read and changed by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from sklearn.base import BaseEstimator

from unrolled.errors import SettingError, did_you_mean, quote_names
from unrolled.saving import refuse_other


class Estimator(BaseEstimator):
    """Settings by name, as scikit-learn asks for them; a constructor puts them in `_settings`."""

    _settings: dict[str, Any]

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return what the constructor was given."""
        return dict(self._settings)

    def set_params(self, **params: Any) -> Self:
        """Change what the constructor was given."""
        for name, value in params.items():
            if name not in self._settings:
                raise SettingError(
                    f"got an unknown parameter '{name}', expected one of"
                    f" {quote_names(self._settings)}.{did_you_mean(name, self._settings)}"
                )
            self._settings[name] = value
        return self

    def check_save(self, folder: str | Path | None) -> None:
        """Refuse a folder that `save` would refuse, before anything is trained.

        Raises:
            ArtifactError: The folder holds something else than a saved model.
            SettingError: It is the folder of the checkpoints, or one is in the other.
        """
        if folder is None:
            return
        refuse_other(Path(folder))
        training = self._settings["training"]
        if training is None or training.checkpoint is None:
            return
        places = Path(folder).resolve(), training.checkpoint.resolve()
        if places[0].is_relative_to(places[1]) or places[1].is_relative_to(places[0]):
            raise SettingError(
                f"got '{folder}' for the model and '{training.checkpoint}' for the checkpoints,"
                " expected two folders beside each other. Choose another for one of them."
            )
