"""What a trained SequenceModel does: it predicts and scores."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from unrolled.data.formats.read_options import ReadOptions
from unrolled.data.ingest import Source
from unrolled.errors import SettingError
from unrolled.estimators.scikit_learn import available_if
from unrolled.schema import Schema
from unrolled.sequences import prediction, preparation
from unrolled.sequences.inside.methods import Inspecting
from unrolled.sequences.sklearn_tags import predicts_classes
from unrolled.sequences.streams.methods import Streaming
from unrolled.sequences.trained import Trained
from unrolled.settings import Decoding
from unrolled.shapes import Shape
from unrolled.training.history import History

if TYPE_CHECKING:
    from unrolled.sequences.evaluation import Evaluation
    from unrolled.sequences.importance import Importance


class Predictor(Inspecting, Streaming):
    """The methods of `SequenceModel` that need a trained model."""

    def predict(
        self, data: Any, *, decoding: Decoding | None = None, threshold: float | None = None
    ) -> Any:
        """Return the outputs for new rows, in their own units and labels.

        Args:
            data: As for `fit`; output columns may be missing, and are not read.
            decoding: How a decoder searches for tokens (beam search, sampling, a limit of steps);
                None takes the most probable token at each step. If given, the hypotheses stand
                side by side (`y`, `y-2`, ...), each with its log-probability (`y-score`) and with
                `y-cut`, whether it reached the limit of steps before its end.
            threshold: The probability from which a label is predicted: each label of `labels`, and
                the second of two labels (`classes_[1]`). None takes the most probable label, and of
                `labels` those with a probability of one half or more.

        Returns:
            The output columns in the kind of frame that came in (polars for a path); for arrays,
            an array (b,), (b o), (b u o), or a list of arrays where rows differ in length. Where
            the rows of the table are steps, a row for each id, with the id; or, for aligned
            outputs, a row for each row of `data`, in the same order.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: `decoding` is given, and the network has no decoder; or `threshold` is
                given, and no output has two labels or a set of labels.
        """
        trained: Trained = self._require_fitted("predict")
        return prediction.predict(trained, data, decoding, threshold=threshold)

    @available_if(predicts_classes)
    def predict_proba(self, data: Any) -> Any:
        """Return the probability of each label of each output.

        The logits of a category are divided by a temperature that was fitted on the validation
        rows. Of a category one label is right, and its probabilities sum to 1. Of `labels` each
        one may be right or not. Aligned tokens have probabilities at each step.

        Args:
            data: As for `predict`.

        Returns:
            For arrays an array (b, n), in the order of `classes_`, or (b, t, n) for labels of
            steps (a list of arrays (t_i, n) where rows differ in length); for tables a column for
            each label, named `output=label`, in the kind of frame that came in. Its cells are
            lists where each step has a label.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
            SettingError: An output has no labels, or is generated step by step.
        """
        return prediction.predict_proba(self._require_fitted("predict_proba"), data)

    def predict_file(
        self,
        data: Any,
        out: str | Path | TextIO,
        *,
        columns: Sequence[str] | None = None,
        separator: str | None = None,
        decimal: str | None = None,
        encoding: str | None = None,
        missing: Sequence[str] | None = None,
        date_format: str | None = None,
        probabilities: bool = False,
        decoding: Decoding | None = None,
        threshold: float | None = None,
    ) -> int:
        """Predict the rows of a file, and write them beside their predictions.

        Memory does not grow with the file if it is CSV, TSV, JSON lines or Parquet. `out` holds
        all columns of the file, and then for each output `NAME` the column `NAME-predicted` and, if
        it has labels, `NAME-confidence`: the probability of the predicted label. The true column
        stays if the file has one, and the names are the same if it has none. A column that already
        has such a name is replaced. `out` appears when it is complete.
        Where the rows of the file are steps, the whole file is read, and `out` has a row for each
        id, or for each row of the file if the outputs are aligned.

        Args:
            data: The file, or what `unrolled.scan` returned for it.
            out: The file to write, whose suffix says the format; or a stream, which gets CSV.
            columns: Names for the columns of a file without a header line.
            separator: As for `unrolled.read`; and so are `decimal`, `encoding`, `missing` and
                `date_format`.
            probabilities: Whether to write what `predict_proba` returns, in place of the
                predictions.
            decoding: As for `predict`; further hypotheses are `NAME-2`, `NAME-3` and so on.
            threshold: As for `predict`.

        Returns:
            The number of rows.

        Raises:
            DataError: A file cannot be read or written, or a column is missing.
            SettingError: Both `probabilities` and `decoding` are given.
        """
        trained: Trained = self._require_fitted("predict_file")
        _refuse_with_probabilities(probabilities, decoding, threshold)
        predict = partial(
            prediction.predict_beside,
            trained,
            decoding=decoding,
            threshold=threshold,
            confidence=not str(out).endswith(".conll"),  # a column file holds only tokens
        )
        predict_proba = partial(prediction.predict_proba, trained)
        return prediction.predict_file(
            predict_proba if probabilities else predict,
            data,
            out,
            options=ReadOptions(columns, separator, decimal, encoding, missing, date_format),
            trained=trained,
        )

    def export(self, place: str | Path, data: Any = None) -> Path:
        """Write the model as ONNX files with a program that needs numpy and onnxruntime only.

        Nothing is written unless the files compute what this model computes, on made rows and on
        rows of `data`: numbers and probabilities to 1e-5, and the same labels and words.

        Args:
            place: A folder, or a file that ends in .zip; an earlier export there is replaced.
            data: As for `predict`: real rows for the proof. None takes made rows only.

        Raises:
            NotFittedError: `fit` was not called.
            ArtifactError: There is something else at the place, or the proof fails.
            MissingExtraError: onnx or onnxruntime is not installed.
            SettingError: A column or a layer cannot be exported.
        """
        trained: Trained = self._require_fitted("export")
        from unrolled.sequences.export import export  # onnx is optional

        return export(trained, place, data)

    def evaluate(self, data: Any, y: Any = None, *, threshold: float | None = None) -> Evaluation:
        """Score rows with known outputs, beside simple baselines.

        Rows without any known output are left out and counted. What is not known of the others
        does not count.

        Args:
            data: As for `fit`.
            y: As for `fit`.
            threshold: As for `predict`.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or does not fit the training data.
        """
        from unrolled.sequences.evaluation import evaluate

        trained: Trained = self._require_fitted("evaluate")
        source = self._known_rows(data, y)
        return evaluate(trained, source.table, left_out=source.left_out, threshold=threshold)

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return one number for the first output, where higher is better (scikit-learn).

        It is accuracy, micro F1 (`labels`) or R2; for tokens and text it is step accuracy
        (aligned), 1 - the error rate (unaligned), or minus the negative log-likelihood per token
        (one-to-many).
        """
        from unrolled.sequences.evaluation import score

        trained: Trained = self._require_fitted("score")
        return score(trained, self._known_rows(X, y).table)

    def importance(
        self, data: Any, y: Any = None, *, repeats: int = 10, seed: int = 0
    ) -> Importance:
        """Return which inputs matter, by permutation importance.

        The cells of one input are exchanged among the rows, and `score` is computed again: the more
        it falls, the more of it that input carries. For a sequence the same is done with ranges of
        its steps, and for a vector with each of its numbers.

        Args:
            data: Rows with known outputs on which the model was not trained.
            y: The outputs of arrays.
            repeats: How often this is repeated; the result has the mean and its standard error.
            seed: The random seed.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or there are too few rows.
            SettingError: `repeats` is below two.

        Source:
            Breiman 2001, "Random Forests", section 10.
        """
        from unrolled.sequences.importance import compute_importance

        trained: Trained = self._require_fitted("importance")
        rows = self._known_rows(data, y).table
        return compute_importance(trained, rows, repeats=repeats, seed=seed)

    def _histories_of(self, trained: Any) -> tuple[History, ...]:
        histories: tuple[History, ...] = trained.histories
        return histories

    def _known_rows(self, data: Any, y: Any) -> Source:
        """Return the rows of a table or of arrays whose outputs are known, at least in part."""
        schema, layout = self.schema_, self._trained.layout
        columns = schema.inputs, schema.outputs
        source = preparation.ingest(data, y, *columns, layout=layout, shape=schema.shape)
        for sentence in source.notes:
            warnings.warn(sentence, stacklevel=3)
        return source

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
        """The labels of the first output that has labels (n), in the order of `predict_proba`.

        Raises:
            AttributeError: No output has labels.
        """
        return prediction.classes(self._require_fitted("classes_"))


def _refuse_with_probabilities(
    probabilities: bool, decoding: Decoding | None, threshold: float | None
) -> None:
    """Refuse settings that have no effect on probabilities.

    Raises:
        SettingError: One of them is given.
    """
    if probabilities and decoding is not None:
        raise SettingError(
            "Probabilities and decoding cannot be combined: probabilities are of categories,"
            " and decoding is of tokens. Leave one of them out."
        )
    if probabilities and threshold is not None:
        raise SettingError(
            "Probabilities and a threshold cannot be combined: a threshold says which label is"
            " predicted, and does not change the probabilities. Leave one of them out."
        )
