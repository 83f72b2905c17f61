"""SequenceModel: an example is a row of a table."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from unrolled.data.batches import Examples
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.ingest import Columns, Source
from unrolled.data.layouts.arrange import StatedLayout, layout_parameters
from unrolled.data.layouts.columns_as_steps import Steps
from unrolled.data.tables.table import Table
from unrolled.errors import SettingError
from unrolled.estimators import Names
from unrolled.saving import SavedModel
from unrolled.schema import Schema
from unrolled.sequences import preparation, serialization
from unrolled.sequences.predictor import Predictor
from unrolled.sequences.sklearn_tags import with_tags
from unrolled.sequences.trained import Trained
from unrolled.settings import Network, Text, Training

if TYPE_CHECKING:
    from unrolled.sequences.evaluation import Evaluation


class SequenceModel(Predictor):
    """A recurrent network for a table whose rows are examples.

    Args:
        inputs: The input columns: a name, names, or names with kinds
            (`{"name": "text:characters"}`); None takes every column but the outputs.
        outputs: The output columns, written the same way; None only for arrays.
        shape: One of the five shapes; `auto` infers it.
        network: What is built; None takes the defaults of `Network`.
        training: How it is trained; None takes the defaults of `Training`.
        text: How input text and input tokens are read; None takes the defaults of `Text`.
        id: The column whose rows are the steps of one example, such as the machine of sensor data;
            None where each row is an example. Columns with one value for each id are single
            values, and the others are sequences.
        time: The column that orders the steps of an id: numbers, dates, or dates and times; None
            takes the order of the rows.
        elapsed: Whether the time since the step before is an input, in days for dates and in the
            unit of `time` for numbers; it is 0 at the first step.
        steps: The columns that are the steps of one sequence: a pattern (`"t*"`), a range
            (`"t0:t9"`), names, or several sequences by name (`{"temp": "temp_*"}`). `auto` finds
            them where their names leave no doubt, and None reads each column by itself.

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
        id: str | None = None,
        time: str | None = None,
        elapsed: bool = False,
        steps: Steps = "auto",
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.shape = shape
        self.network = network
        self.training = training
        self.text = text
        self.id = id
        self.time = time
        self.elapsed = elapsed
        self.steps = steps

    def fit(
        self,
        data: Any,
        y: Any = None,
        *,
        validation: Any = None,
        warm: bool = False,
        callbacks: Sequence[Any] = (),
    ) -> Self:
        """Train on a table or on arrays.

        Args:
            data: A path, a pandas, polars or pyarrow frame, a dict of columns; or, with `y`,
                arrays (b f) or (b t f), or a list of arrays (t_i f).
            y: Arrays (b,), (b o) or (b u o), a list of arrays (u_i o), or labels. With `id`, also
                a table with the ids and their outputs.
            validation: A table of the same columns that decides when to stop, and from which
                nothing else is learned; None holds out rows of `data`, as `Training` says.
            warm: Start from the weights of the previous `fit`, and keep its encoders. The rows must
                have its columns; how many of their labels and words it does not know is a warning,
                and a new label of an output is an error.
            callbacks: `keras.callbacks.Callback` objects. Where several networks are trained,
                each of them calls them.

        Raises:
            DataError: The data cannot be used; the message says where and what to do.
            ShapeError: The stated shape contradicts the data, or the sizes contradict the
                architecture.
            SettingError: A setting does not exist, or has no effect here.
        """
        from unrolled.training.checkpoints import check_checkpoint_folder

        check_checkpoint_folder(self._group("training").checkpoint)
        previous = self._require_fitted("fit with warm=True") if warm else None
        source = self._ingest(data, y, previous)
        schema = self._infer_schema(source, previous)
        train, held_out = preparation.split(source, schema, self._group("training"), validation)
        encoder = self._fit_encoder(schema, train, previous)
        return self._fit_network(
            encoder,
            train,
            held_out,
            callbacks,
            learn_from_validation=validation is None,
            previous=previous,
        )

    def fit_and_evaluate(
        self,
        data: Any,
        y: Any = None,
        *,
        test: Any = 0.2,
        final: bool = False,
        warm: bool = False,
        callbacks: Sequence[Any] = (),
    ) -> Evaluation:
        """Hold out test rows, train on the rest, and score on the test rows.

        Args:
            data: As for `fit`.
            y: As for `fit`.
            test: The fraction of the rows to hold out, which are chosen as `Training.split` says;
                or a table of the same columns to score on.
            final: Whether to train again after the score, on all rows of `data`, with the number
                of epochs that was best. The score is that of the first training, and so are
                `histories_`; the model is the second one.
            warm: As for `fit`.
            callbacks: As for `fit`.

        Raises:
            DataError: As for `fit`.
            SettingError: As for `fit`, or `test` is 0.
        """
        from unrolled.data.tables.shared_rows import describe_shared_rows
        from unrolled.sequences.evaluation import evaluate
        from unrolled.training.checkpoints import check_checkpoint_folder

        check_checkpoint_folder(self._group("training").checkpoint)
        previous = self._require_fitted("fit with warm=True") if warm else None
        source = self._ingest(data, y, previous)
        schema = self._infer_schema(source, previous)  # of all rows: it must fit the test
        rest, test_rows = preparation.split_test(source, schema, test, self._group("training"))
        train, held_out = preparation.split(rest, schema, self._group("training"))
        encoder = self._fit_encoder(schema, train, previous)
        self._fit_network(encoder, train, held_out, callbacks, previous=previous)
        columns = schema.inputs, schema.outputs
        if shared := describe_shared_rows(rest.table, test_rows.table, *columns):
            warnings.warn(shared, stacklevel=2)
        evaluation = evaluate(self._trained, test_rows.table)
        if final:
            self._fit_finally(source, schema, callbacks, previous)
        return evaluation

    def _ingest(self, data: Any, y: Any, previous: Trained | None = None) -> Source:
        """Read data with the columns that the constructor names, or those of a previous fit."""
        split_by = self._group("training").split_by
        if previous is not None:
            fitted = previous.encoder.schema
            return preparation.ingest(
                data,
                y,
                fitted.inputs,
                fitted.outputs,
                split_by=split_by,
                layout=previous.layout,
                shape=fitted.shape,
            )
        layout = StatedLayout(self.id, self.time, self.elapsed, self.steps)
        columns = self.inputs, self.outputs
        return preparation.ingest(
            data, y, *columns, split_by=split_by, layout=layout, shape=self.shape
        )

    def _infer_schema(self, source: Source, previous: Trained | None) -> Schema:
        """Return what goes in and out: as the rows ask for, or as in a previous fit."""
        if previous is None:
            return preparation.infer_schema(source, self.shape)
        preparation.refuse_new_labels(previous.encoder, source.table)
        return previous.encoder.schema

    def _fit_encoder(self, schema: Schema, train: Source, previous: Trained | None) -> TableEncoder:
        """Return an encoder for every column, fitted on the training rows or by a previous fit."""
        if previous is not None:
            return previous.encoder
        return preparation.fit_encoder(schema, train, self._group("text"), self._group("network"))

    def _fit_network(
        self,
        encoder: TableEncoder,
        train: Source,
        held_out: Source,
        callbacks: Sequence[Any],
        *,
        learn_from_validation: bool = True,
        previous: Trained | None = None,
    ) -> Self:
        """Build the network and train it; if that fails, keep what was trained before."""
        from unrolled.sequences.fitting import fit_model

        rows = [encoder.encode(part.table, targets=True) for part in (train, held_out)]
        if previous is not None:
            for sentence in preparation.describe_unknown(encoder, train.table, rows[0]):
                warnings.warn(sentence, stacklevel=3)
        earlier, self._trained = self._trained, None
        try:
            # Callbacks see the model as it is before training: they may print or save it.
            untrained = self._build(encoder, rows[0], self._group("training"), previous)
            self._trained = replace(untrained, layout=train.layout)
            trained = fit_model(
                self._trained,
                *rows,
                callbacks=callbacks,
                learn_from_validation=learn_from_validation,
            )
            self._trained = _with_facts(trained, train.table, held_out.table)
        except BaseException:
            self._trained = earlier
            raise
        return self

    def _build(
        self, encoder: TableEncoder, rows: Examples, training: Training, previous: Trained | None
    ) -> Trained:
        """Return a new network, or that of a previous fit with its weights."""
        from unrolled.sequences.fitting import build_from, build_untrained

        network = self._group("network")
        if previous is None:
            return build_untrained(encoder, rows, network, training)
        return build_from(previous, network, training, rows)

    def _fit_finally(
        self,
        source: Source,
        schema: Schema,
        callbacks: Sequence[Any],
        previous: Trained | None,
    ) -> None:
        """Train again on all rows, as the scored model was; if that fails, keep the scored one."""
        from unrolled.sequences.fitting import fit_on_all_rows
        from unrolled.training.progress import announce

        scored: Trained = self._trained
        encoder = self._fit_encoder(schema, source, previous)
        rows = encoder.encode(source.table, targets=True)
        training = scored.training.model_copy(update={"checkpoint": None, "resume": False})
        counts = [history.best_epoch for history in scored.histories]
        epochs = f"{' and '.join(map(str, counts))} {'epoch' if counts == [1] else 'epochs'}"
        text = f"final training on all rows for {epochs}, the number that was best"
        announce(text, shown=training.verbose)
        try:
            untrained = self._build(encoder, rows, training, previous)
            trained = fit_on_all_rows(untrained, rows, scored, callbacks=callbacks)
        except (KeyboardInterrupt, SettingError) as error:
            reason = str(error) or "it was interrupted"
            warnings.warn(
                f"The final training on all rows did not end ({reason}). The model is the one that"
                " was scored.",
                stacklevel=3,
            )
            return
        self._trained = replace(_with_facts(trained, source.table), layout=source.layout)

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
            **layout_parameters(trained.layout),
        )
        model._trained = trained
        return model

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn may expect of this model."""
        schema = None if self._trained is None else self.schema_
        return with_tags(super().__sklearn_tags__(), schema, self.outputs, self.shape)

    def __str__(self) -> str:
        from unrolled.sequences.model_card import ensemble_sentence, summary

        if self._trained is None:
            return repr(self)
        parts = [
            summary(self._trained.encoder),
            str(self.diagram()),
            ensemble_sentence(self._trained),
        ]
        return "\n\n".join(filter(None, parts))

    def _facts_html(self) -> str:
        from unrolled.sequences.notebook import model_facts

        return model_facts(self._require_fitted("_repr_html_"))

    def _files(self) -> dict[str, Any]:
        from unrolled.sequences.model_card import readme

        trained: Trained = self._require_fitted("save")
        page = readme(trained, self.diagram().text)
        return {**serialization.to_files(trained), "README.md": page}

    def _column_names(self) -> Names:
        schema = self.schema_
        others = [tuple(c.name for c in group) for group in schema.input_groups[1:]]
        own = {name for names in others for name in names}
        first = tuple(c.name for c in schema.inputs if c.name not in own)
        return first, tuple(c.name for c in schema.outputs), *others

    def _training_code(self) -> str:
        from unrolled.sequences.training_script import training_lines

        return training_lines(self._require_fitted("code"))


def _with_facts(trained: Trained, *parts: Table) -> Trained:
    """Return a model with the facts about the training rows, and any held-out rows after them."""
    from unrolled.data.tables.fingerprint import fingerprint
    from unrolled.data.tables.trained_rows import describe_rows

    schema = trained.encoder.schema
    facts = describe_rows(parts[0], schema.inputs, schema.outputs)
    return replace(trained, data={**trained.data, **fingerprint(*parts), **facts})
