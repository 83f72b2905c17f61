"""What `SequenceModel` and `Forecaster` share: parameters by name, and what `fit` trained.

A method that trains, scores or explains imports what it needs when it is called, so that a model
is read and predicts without waiting for it. The subclasses do the same.
"""

from __future__ import annotations

import html
from abc import abstractmethod
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from unrolled.errors import SettingError, did_you_mean, quote_names
from unrolled.estimators.scikit_learn import ScikitLearnEstimator, not_fitted_error
from unrolled.saving import check_save_place, write_model
from unrolled.settings import Network, Settings, Text, Training
from unrolled.training.history import History

if TYPE_CHECKING:
    from unrolled.explain.diagram import Diagram

Group = TypeVar("Group", bound=Settings)
Names = tuple[tuple[str, ...], ...]  # of the columns that go in, that come out, and of other inputs


class Estimator(ScikitLearnEstimator):
    """A model in the style of scikit-learn.

    A subclass stores each parameter of its constructor, as it was given, in the attribute of the
    same name; `fit` puts what it trained into `_trained`.
    """

    _GROUPS: ClassVar[dict[str, type[Settings]]] = {
        "network": Network,
        "training": Training,
        "text": Text,
    }
    _trained: Any = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters of the constructor.

        Args:
            deep: Whether to add each single setting by its full name, such as `network__units`.
        """
        params = {name: getattr(self, name) for name in signature(type(self)).parameters}
        if deep:
            for name in [name for name in self._GROUPS if name in params]:
                group = self._group(name)
                fields = type(group).model_fields
                params |= {f"{name}__{field}": getattr(group, field) for field in fields}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change parameters of the constructor.

        Args:
            params: Values by name; a single setting by its full name, such as `network__units=32`.

        Raises:
            SettingError: There is no such parameter or setting, or its value is out of range.
        """
        known = list(signature(type(self)).parameters)
        changes: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, nested, field = key.partition("__")
            if name not in known or (nested and name not in self._GROUPS):
                raise SettingError(
                    f"{type(self).__name__} has no parameter '{key}'. Its parameters are"
                    f" {quote_names(known, len(known))}.{did_you_mean(key, known)}"
                )
            if nested:
                changes.setdefault(name, {})[field] = value
            else:
                setattr(self, name, value)
        for name, values in changes.items():
            group = self._group(name)
            if (changed := _change(group, values)) is not group:
                setattr(self, name, changed)
        return self

    def _group(self, name: str) -> Any:
        """Return the settings object of a parameter; its defaults where the parameter is None."""
        value, kind = getattr(self, name), self._GROUPS[name]
        if value is None:
            return kind()
        if not isinstance(value, kind):
            raise SettingError(
                f"'{name}' must be a {kind.__name__} object, but it is"
                f" {type(value).__name__} {value!r}. Write {name}=unrolled.{kind.__name__}(...)."
            )
        return value

    def check_save(self, folder: str | Path | None) -> None:
        """Refuse, before anything is trained, a folder that `save` would refuse.

        Raises:
            ArtifactError: The folder holds something that is not a saved model, or it cannot be
                written.
            CheckpointError: The folder of the checkpoints is a file.
            SettingError: It is the folder of the checkpoints, or one is inside the other.
        """
        from unrolled.training.checkpoints import check_checkpoint_folder

        checkpoint = self._group("training").checkpoint
        check_checkpoint_folder(checkpoint)
        if folder is None:
            return
        check_save_place(Path(folder), try_it=True)
        if checkpoint is None:
            return
        model_place, checkpoint_place = Path(folder).resolve(), checkpoint.resolve()
        if model_place.is_relative_to(checkpoint_place) or checkpoint_place.is_relative_to(
            model_place
        ):
            raise SettingError(
                f"The model and the checkpoints need two separate folders, but '{folder}' and"
                f" '{checkpoint}' are the same, or one is inside the other. Choose another folder"
                " for one of them."
            )

    def check_plot(self, path: str | Path | None) -> None:
        """Refuse, before anything is trained, a picture that could not be drawn afterwards.

        Raises:
            DataError: The file cannot be written, or its format is unknown.
        """
        from unrolled.disk.figures import check_figure_path

        if path is not None:
            check_figure_path(path)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` was called; scikit-learn's `check_is_fitted` asks."""
        return self._trained is not None

    def _require_fitted(self, wanted: str) -> Any:
        """Return what `fit` trained.

        Args:
            wanted: The method or attribute that needs it, for the message.

        Raises:
            NotFittedError: `fit` was not called.
        """
        if self._trained is None:
            raise not_fitted_error(
                f"This {type(self).__name__} is not fitted yet, so '{wanted}' is not available."
                " Call fit first, or read a saved model with unrolled.load(folder)."
            )
        return self._trained

    def code(self) -> str:
        """Return the network as a script of plain Keras; with a decoder, also its loop."""
        from unrolled.explain.code import code

        trained = self._require_fitted("code")
        return code(trained.model, steps=trained.spec.u, training=self._training_code())

    def diagram(self) -> Diagram:
        """Return the unrolled picture of the network, as text and SVG."""
        from unrolled.explain.diagram import diagram
        from unrolled.explain.wiring import wiring

        trained = self._require_fitted("diagram")
        return diagram(wiring(trained.spec, trained.network, names=self._column_names()))

    @property
    def model_(self) -> Any:
        """The trained `keras.Model`."""
        return self._require_fitted("model_").model

    @property
    def network_settings_(self) -> Network:
        """The settings that the network was built with, where every default is filled in."""
        settings: Network = self._require_fitted("network_settings_").network
        return settings

    @property
    def training_settings_(self) -> Training:
        """The settings that the network was trained with, where every default is filled in."""
        settings: Training = self._require_fitted("training_settings_").training
        return settings

    @property
    def history_(self) -> History | None:
        """How training the (first) network went; None until it ends."""
        history: History | None = self._require_fitted("history_").history
        return history

    def plot_history(self, path: str | Path) -> Path:
        """Draw the learning curves of the training into a file.

        They show the loss of each epoch on the training rows and on the validation rows, and mark
        the best epoch.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

        Raises:
            NotFittedError: `fit` was not called.
            SettingError: The model was saved before it was trained.
            DataError: The file cannot be written, or its format is unknown.
        """
        from unrolled.training.history_plot import plot_histories

        trained = self._require_fitted("plot_history")
        return plot_histories(self._histories_of(trained), path)

    def _histories_of(self, trained: Any) -> tuple[History, ...]:
        """Return how training each network went."""
        return () if trained.history is None else (trained.history,)

    def save(self, folder: str | Path) -> Path:
        """Write the model as safetensors and JSON, completely or not at all.

        Args:
            folder: A folder, or a file that ends in .zip to hold the same in one file.

        Raises:
            NotFittedError: `fit` was not called.
            ArtifactError: There is something else at the place, or it cannot be written.
        """
        self._require_fitted("save")
        return write_model(folder, {**self._files(), "code.py": self.code()})

    @abstractmethod
    def _files(self) -> dict[str, Any]:
        """Return the files of a saved model by name, without its code."""

    @abstractmethod
    def _column_names(self) -> Names:
        """Return the names of the input columns and of the output columns."""

    def _training_code(self) -> str:
        """Return the source of the `compile` call, where the script shows one."""
        return ""

    def _repr_html_(self) -> str:
        """Return the model for a notebook: the picture and what it prints."""
        if self._trained is None:
            return f"<pre>{html.escape(repr(self))}</pre>"
        return f"<div>{self.diagram().svg}{self._facts_html()}</div>"

    def _repr_mimebundle_(self, **options: Any) -> dict[str, str]:  # noqa: ARG002
        """Return what a notebook shows, in place of what scikit-learn would."""
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def _facts_html(self) -> str:
        """Return what a notebook shows below the picture of a fitted model."""
        return f"<pre>{html.escape(str(self))}</pre>"


def _change(group: Group, values: dict[str, Any]) -> Group:
    """Return settings with some values changed and checked.

    A value that is already there is not stated again: what a user states and what has no effect
    is refused, which a default is not.
    """
    missing = object()
    different = {n: v for n, v in values.items() if getattr(group, n, missing) != v}
    if not different:
        return group
    stated = {name: getattr(group, name) for name in group.model_fields_set}
    return type(group)(**{**stated, **different})
