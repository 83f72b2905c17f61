"""The methods of `SequenceModel` that read one step at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from unrolled.estimators import Estimator

if TYPE_CHECKING:
    from unrolled.sequences.streams.keyed import KeyedStreams
    from unrolled.sequences.streams.stream import Stream


class Streaming(Estimator):
    """The methods that read one step at a time."""

    def stream(self, state: str | Path | None = None) -> Stream:
        """Return a stream, which reads a row one step at a time and predicts after each.

        Args:
            state: The file that `save` of a stream wrote, to continue from there; None begins a
                row.

        Raises:
            NotFittedError: `fit` was not called.
            SettingError: The network reads several steps at once, as in both directions; the
                message says what to train.
            ArtifactError: The file is damaged, or is of another model.

        Example:
            >>> from unrolled import Network, SequenceModel, Training
            >>> network, training = Network(bidirectional=False), Training(epochs=1, verbose=False)
            >>> model = SequenceModel("x", "y", network=network, training=training)
            >>> table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
            >>> stream = model.fit(table).stream()
            >>> outputs = [stream.step({"x": x}) for x in (1.0, 2.0, 3.0)]
            >>> whole = model.predict({"x": [[1.0, 2.0, 3.0]]})
            >>> round(outputs[-1]["y"], 5) == round(whole["y"][0], 5)
            True
        """
        from unrolled.sequences.streams.step_model import StepModel
        from unrolled.sequences.streams.stream import Stream

        model = StepModel(self._require_fitted("stream"))
        return Stream(model) if state is None else Stream.restored(model, state)

    def streams(self) -> KeyedStreams:
        """Return streams by key, whose steps are computed together in one call.

        Raises:
            NotFittedError: `fit` was not called.
            SettingError: As for `stream`.

        Example:
            >>> from unrolled import Network, SequenceModel, Training
            >>> network, training = Network(bidirectional=False), Training(epochs=1, verbose=False)
            >>> model = SequenceModel("x", "y", network=network, training=training)
            >>> table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
            >>> many = model.fit(table).streams()
            >>> outputs = many.step({"pump-7": {"x": 3.1}, "pump-9": {"x": 4.0}})
            >>> list(outputs), len(many)
            (['pump-7', 'pump-9'], 2)
        """
        from unrolled.sequences.streams.keyed import KeyedStreams
        from unrolled.sequences.streams.step_model import StepModel

        return KeyedStreams(StepModel(self._require_fitted("streams")))
