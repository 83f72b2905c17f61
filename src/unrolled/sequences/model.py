"""SequenceModel: an example is a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Self, TextIO

from sklearn.utils.metaestimators import available_if

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.ingest import Columns, Source, ingest
from unrolled.data.tables.fingerprint import fingerprint
from unrolled.data.tables.table import Table
from unrolled.errors import SettingError
from unrolled.estimator import Estimator, Names
from unrolled.saving import SavedModel
from unrolled.schema import Schema
from unrolled.sequences import prediction, preparation, serialization
from unrolled.sequences.attention import Attention, compute_attention, plot_attention
from unrolled.sequences.evaluation import Evaluation, evaluate, score
from unrolled.sequences.fitting import build_untrained, fit_model
from unrolled.sequences.model_card import ensemble_sentence, readme, summary
from unrolled.sequences.notebook import model_facts
from unrolled.sequences.sklearn_tags import predicts_classes, with_tags
from unrolled.sequences.trained import Trained
from unrolled.sequences.training_script import training_lines
from unrolled.settings import Decoding, Network, Text, Training
from unrolled.shapes import Shape
from unrolled.training.history import History


class SequenceModel(Estimator):
    """A recurrent network for a table whose rows are examples.

    Args:
        inputs: The input columns: a name, names, or names with kinds
            (`{"name": "text:characters"}`); None takes every column but the outputs.
        outputs: The output columns, written the same way; None only for arrays.
        shape: One of the five shapes; `auto` infers it.
        network: What is built; None takes the defaults of `Network`.
        training: How it is trained; None takes the defaults of `Training`.
        text: How input text and input tokens are read; None takes the defaults of `Text`.

    Example:
        >>> model = SequenceModel("x", "y", training=Training(epochs=2, verbose=False))
        >>> table = {"x": [[1, 2, 3], [4, 5], [6]] * 9, "y": [3.0, 5.0, 6.0] * 9}
        >>> model.fit(table).shape_
        'many-to-one'
        >>> len(model.predict({"x": [[1, 2, 3, 4]]})["y"])
        1
    """

    def __init__(
        self,
        inputs: Columns = None,
        outputs: Columns = None,
        *,
        shape: str = "auto",
        network: Network | None = None,
        training: Training | None = None,
        text: Text | None = None,
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.shape = shape
        self.network = network
        self.training = training
        self.text = text

    def fit(
        self, data: Any, y: Any = None, *, validation: Any = None, callbacks: Sequence[Any] = ()
    ) -> Self:
        """Train on a table or on arrays.

        Args:
            data: A path, a pandas, polars or pyarrow frame, a dict of columns; or, with `y`,
                arrays (b f) or (b t f), or a list of arrays (t_i f).
            y: Arrays (b,), (b o) or (b u o), a list of arrays (u_i o), or labels.
            validation: A table of the same columns that decides when to stop, and from which
                nothing else is learned; None holds out rows of `data`, as `Training` says.
            callbacks: `keras.callbacks.Callback` objects. Where several networks are trained,
                each of them calls them.

        Raises:
            DataError: The data cannot be used; the message says where and what to do.
            ShapeError: The stated shape contradicts the data, or the sizes contradict the
                architecture.
            SettingError: A setting does not exist, or has no effect here.
        """
        source = self._ingest(data, y)
        schema = preparation.infer_schema(source, self.shape)
        train, held_out = preparation.split(source, schema, self._group("training"), validation)
        encoder = self._fit_encoder(schema, train)
        return self._fit_network(
            encoder, train, held_out, callbacks, learn_from_validation=validation is None
        )

    def fit_and_evaluate(
        self, data: Any, y: Any = None, *, test: float = 0.2, callbacks: Sequence[Any] = ()
    ) -> Evaluation:
        """Hold out test rows, train on the rest, and score on the test rows.

        Args:
            data: As for `fit`.
            y: As for `fit`.
            test: The fraction of the rows to hold out, which are chosen as `Training.split` says.
            callbacks: As for `fit`.

        Raises:
            DataError: As for `fit`.
        """
        source = self._ingest(data, y)
        schema = preparation.infer_schema(source, self.shape)  # of all rows: it must fit the test
        rest, test_rows = preparation.hold_out(source, test, self._group("training"))
        train, held_out = preparation.split(rest, schema, self._group("training"))
        encoder = self._fit_encoder(schema, train)
        self._fit_network(encoder, train, held_out, callbacks)
        return evaluate(self._trained, test_rows.table)

    def _ingest(self, data: Any, y: Any) -> Source:
        """Read data with the columns that the constructor names."""
        split_by = self._group("training").split_by
        return preparation.ingest(data, y, self.inputs, self.outputs, split_by=split_by)

    def _fit_encoder(self, schema: Schema, train: Source) -> TableEncoder:
        """Return an encoder for every column, fitted on the training rows."""
        return preparation.fit_encoder(schema, train, self._group("text"), self._group("network"))

    def _fit_network(
        self,
        encoder: TableEncoder,
        train: Source,
        held_out: Source,
        callbacks: Sequence[Any],
        *,
        learn_from_validation: bool = True,
    ) -> Self:
        """Build the network and train it; if that fails, keep what was trained before."""
        rows = [encoder.encode(part.table, targets=True) for part in (train, held_out)]
        earlier, self._trained = self._trained, None
        try:
            # Callbacks see the model as it is before training: they may print or save it.
            self._trained = build_untrained(
                encoder, rows[0], self._group("network"), self._group("training")
            )
            trained = fit_model(
                self._trained,
                *rows,
                callbacks=callbacks,
                learn_from_validation=learn_from_validation,
            )
            data = {**trained.data, **fingerprint(train.table, held_out.table)}
            self._trained = replace(trained, data=data)
        except BaseException:
            self._trained = earlier
            raise
        return self

    def predict(self, data: Any, *, decoding: Decoding | None = None) -> Any:
        """Return the outputs for new rows, in their own units and labels.

        Args:
            data: As for `fit`; output columns may be missing, and are not read.
            decoding: How a decoder searches for tokens (beam search, sampling, a limit of steps);
                None takes the most probable token at each step. If given, the hypotheses stand
                side by side (`y`, `y-2`, ...), each with its log-probability (`y-score`) and with
                `y-cut`, whether it reached the limit of steps before its end.

        Returns:
            The output columns in the kind of frame that came in (polars for a path); for arrays,
            an array (b,), (b o), (b u o), or a list of arrays where rows differ in length.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: `decoding` is given, and the network has no decoder.
        """
        return prediction.predict(self._require_fitted("predict"), data, decoding)

    @available_if(predicts_classes)  # type: ignore[untyped-decorator]
    def predict_proba(self, data: Any) -> Any:
        """Return the probability of each class of each category.

        The logits are divided by a temperature that was fitted on the validation rows.

        Args:
            data: As for `predict`.

        Returns:
            For arrays an array (b, n), in the order of `classes_`; for tables a column for each
            class, named `output=class`, in the kind of frame that came in.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: An output is not a category.
        """
        return prediction.predict_proba(self._require_fitted("predict_proba"), data)

    def predict_file(
        self,
        data: Any,
        out: str | Path | TextIO,
        *,
        columns: Sequence[str] | None = None,
        probabilities: bool = False,
        decoding: Decoding | None = None,
    ) -> int:
        """Predict the rows of a file, and write them beside their predictions.

        Memory does not grow with the file if it is CSV, TSV, JSON lines or Parquet. `out` holds
        the columns that are not outputs, and then the predictions; it appears when it is complete.

        Args:
            data: The file, or what `unrolled.read` returned for it.
            out: The file to write, whose suffix says the format; or a stream, which gets CSV.
            columns: Names for the columns of a file without a header line.
            probabilities: Whether to write what `predict_proba` returns, in place of `predict`.
            decoding: As for `predict`.

        Returns:
            The number of rows.

        Raises:
            DataError: A file cannot be read or written, or a column is missing.
            SettingError: Both `probabilities` and `decoding` are given.
        """
        if probabilities and decoding is not None:
            raise SettingError(
                "Probabilities and decoding cannot be combined: probabilities are of categories,"
                " and decoding is of tokens. Leave one of them out."
            )
        predict = partial(self.predict, decoding=decoding)
        predict_proba = partial(prediction.predict_proba, self._require_fitted("predict_file"))
        return prediction.predict_file(
            predict_proba if probabilities else predict,
            data,
            out,
            columns=columns,
            outputs=[column.name for column in self.schema_.outputs],
        )

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
        trained: Trained = self._require_fitted("attention")
        source = ingest(data, None, trained.encoder.schema.inputs, None)
        rows = compute_attention(trained, source.table)
        if plot is not None:
            plot_attention(rows, plot)
        return rows

    def evaluate(self, data: Any, y: Any = None) -> Evaluation:
        """Score rows with known outputs, beside simple baselines.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
        """
        trained: Trained = self._require_fitted("evaluate")
        return evaluate(trained, self._known_rows(data, y))

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return one number for the first output, where higher is better (scikit-learn).

        It is accuracy or R2; for tokens and text it is step accuracy (aligned), 1 - the error rate
        (unaligned), or minus the negative log-likelihood per token (one-to-many).
        """
        trained: Trained = self._require_fitted("score")
        return score(trained, self._known_rows(X, y))

    def _known_rows(self, data: Any, y: Any) -> Table:
        """Return the rows of a table or of arrays that have every output."""
        return preparation.ingest(data, y, self.schema_.inputs, self.schema_.outputs).table

    @classmethod
    def from_saved(cls, saved: SavedModel) -> Self:
        """Return the model whose files `save` wrote."""
        trained = serialization.from_files(saved)
        schema = trained.encoder.schema
        model = cls(
            {c.name: c.kind_name for c in schema.inputs},
            {c.name: c.kind_name for c in schema.outputs},
            shape=schema.shape,
            network=trained.network,
            training=trained.training,
            text=trained.encoder.text,
        )
        model._trained = trained
        return model

    @property
    def schema_(self) -> Schema:
        """What goes in and out, and the shape between."""
        schema: Schema = self._require_fitted("schema_").encoder.schema
        return schema

    @property
    def shape_(self) -> Shape:
        """The shape of the data."""
        return self.schema_.shape

    @property
    def reason_(self) -> str:
        """Why the data has this shape, and what would have made it another."""
        return self.schema_.reason

    @property
    def histories_(self) -> tuple[History, ...]:
        """How training each network went; empty until the first one ends."""
        histories: tuple[History, ...] = self._require_fitted("histories_").histories
        return histories

    @property
    def classes_(self) -> Any:
        """The labels of the first output that is a category (n), in the order of `predict_proba`.

        Raises:
            AttributeError: No output is a category.
        """
        return prediction.classes(self._require_fitted("classes_"))

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may expect of this model."""
        schema = None if self._trained is None else self.schema_
        return with_tags(super().__sklearn_tags__(), schema, self.outputs, self.shape)

    def __str__(self) -> str:
        if self._trained is None:
            return repr(self)
        parts = [
            summary(self._trained.encoder),
            str(self.diagram()),
            ensemble_sentence(self._trained),
        ]
        return "\n\n".join(filter(None, parts))

    def _facts_html(self) -> str:
        return model_facts(self._require_fitted("_repr_html_"))

    def _files(self) -> dict[str, Any]:
        trained: Trained = self._require_fitted("save")
        page = readme(trained, self.diagram().text)
        return {**serialization.to_files(trained), "README.md": page}

    def _column_names(self) -> Names:
        schema = self.schema_
        return tuple(c.name for c in schema.inputs), tuple(c.name for c in schema.outputs)

    def _training_code(self) -> str:
        return training_lines(self._require_fitted("code"))
