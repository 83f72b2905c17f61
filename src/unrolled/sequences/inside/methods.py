"""The methods of `SequenceModel` that show what happens inside its network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from unrolled.estimators import Estimator
from unrolled.sequences import preparation

if TYPE_CHECKING:
    from unrolled.data.tables.table import Table
    from unrolled.sequences.inside.attention import Attention
    from unrolled.sequences.inside.layer_states import States
    from unrolled.sequences.trained import Trained


class Inspecting(Estimator):
    """The methods that show what happens inside a network."""

    def attention(self, data: Any, *, plot: str | Path | None = None) -> list[Attention]:
        """Return the attention weights of each row's output over the input steps.

        A decoder has them for each step that it writes, `Network(pooling="attention")` once a row.

        Args:
            data: As for `predict`.
            plot: A file to draw the first twelve rows into (`.png`, `.svg`, `.pdf`).

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: The network has no attention.
        """
        from unrolled.sequences.inside.attention import compute_attention, plot_attention

        trained: Trained = self._require_fitted("attention")
        rows = compute_attention(trained, _input_table(trained, data))
        if plot is not None:
            plot_attention(rows, plot)
        return rows

    def states(self, data: Any, *, plot: str | Path | None = None) -> States:
        """Return the states and gates of every recurrent layer at each step of each row.

        A decoder reads what it writes itself.

        Args:
            data: As for `predict`.
            plot: A file to draw the first row into (`.png`, `.svg`, `.pdf`); `States.plot` draws
                other rows.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: The network has no recurrent layers.

        Example:
            >>> from unrolled import Network, SequenceModel, Training
            >>> network = Network(architecture="last", units=4)
            >>> training = Training(epochs=1, verbose=False)
            >>> model = SequenceModel("x", "y", network=network, training=training)
            >>> table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
            >>> states = model.fit(table).states({"x": [[1, 2, 3], [4, 5]]})
            >>> print(states)
            lstm  h c i f g o  2 rows, up to 3 steps, 4 units
            >>> states.array("lstm", "f").shape
            (2, 3, 4)
        """
        from unrolled.sequences.inside.layer_states import states_of_rows

        trained: Trained = self._require_fitted("states")
        states = states_of_rows(trained, _input_table(trained, data))
        if plot is not None:
            states.plot(plot)
        return states


def _input_table(trained: Trained, data: Any) -> Table:
    """Return the rows of a source whose outputs are not read."""
    inputs = trained.encoder.schema.inputs
    return preparation.ingest(data, None, inputs, None, layout=trained.layout).table
