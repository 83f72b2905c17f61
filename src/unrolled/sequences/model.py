"""SequenceModel: an example is a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self, TextIO

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.write import open_writer
from unrolled.data.infer import infer_schema
from unrolled.data.ingest import Columns, Source, ingest
from unrolled.data.tables.fingerprint import fingerprint
from unrolled.data.tables.split import split
from unrolled.data.tables.table import Indices, Table, check_trainable, drop_incomplete_rows
from unrolled.errors import NotFittedError, quote_names
from unrolled.estimator import Estimator
from unrolled.explain.code import code
from unrolled.explain.diagram import Diagram, diagram
from unrolled.explain.wiring import wiring
from unrolled.inference import generate, predict
from unrolled.schema import Schema
from unrolled.sequences import fitting, serialization
from unrolled.sequences.attention import Attention, compute_attention, plot_attention
from unrolled.sequences.evaluation import Evaluation, evaluate, score
from unrolled.sequences.model_card import readme, summary, ensemble_sentence, training_lines
from unrolled.sequences.trained import Trained
from unrolled.settings import Decoding, Network, Text, Training
from unrolled.shapes import Shape
from unrolled.training.history import History
from unrolled.training.progress import progress_bar

Before = Callable[["SequenceModel"], None]


class SequenceModel(Estimator):
    """A recurrent network for a table whose rows are examples.

    Args:
        inputs: The columns that go in: a name, names, or names with kinds
            (`{"name": "text:characters"}`); None takes every column but the outputs.
        outputs: The columns that come out, likewise; None only for arrays.
        shape: One of the five shapes, or `auto` to find it.
        network: What is built.
        training: How it is fitted.
        text: How text and tokens that go in are read.

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
        self._settings: dict[str, Any] = {
            "inputs": inputs,
            "outputs": outputs,
            "shape": shape,
            "network": network,
            "training": training,
            "text": text,
        }
        self._trained: Trained | None = None

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn (a pipeline asks) whether there was a `fit`."""
        return self._trained is not None

    def fit(
        self,
        data: Any,
        y: Any = None,
        *,
        validation: Any = None,
        before: Before | None = None,
    ) -> Self:
        """Train on a table or on arrays.

        Args:
            data: A path, a pandas, polars or pyarrow frame, a dict of columns; or, with `y`,
                arrays (b f) or (b t f), or a list of arrays (t_i f).
            y: Arrays (b,), (b o) or (b u o), a list of arrays (u_i o), or labels.
            validation: A table of the same columns that says when to stop, and nothing else; None
                holds out rows of `data`, as `Training` says.
            before: Called with the model when its network is built and not yet trained.

        Raises:
            DataError: The data cannot be used; the message says where and what to do.
            ShapeError: The shape asked for contradicts the data, or the sizes the wiring.
            SettingError: A setting that does not exist or has no use here.
        """
        source = self._opened(data, y)
        table, kept = drop_incomplete_rows(source.table, source.outputs)
        schema = self._schema(source, table)
        if validation is None:
            return self._fit(schema, *self._divided(source, table, kept), before)
        other = self._opened(validation, None)
        held = drop_incomplete_rows(other.table, other.outputs)[0]
        return self._fit(schema, table, held, before, apart=True)

    def fit_and_evaluate(
        self, data: Any, y: Any = None, *, test: float = 0.2, before: Before | None = None
    ) -> Evaluation:
        """Hold out a test part, train on the rest, and score on the part held out.

        Args:
            data: As for `fit`.
            y: As for `fit`.
            test: Share of the rows to hold out, taken as `Training.split` says.
            before: As for `fit`.

        Raises:
            DataError: As for `fit`.
        """
        source = self._opened(data, y)
        table, kept = drop_incomplete_rows(source.table, source.outputs)
        check_trainable(table, source.outputs)
        schema = self._schema(source, table)  # of every row: the part held out must fit it too
        rest, held = self._split(source, table, kept, test)
        self._fit(schema, *self._divided(source, table.take(rest), kept[rest]), before)
        return evaluate(self._fitted("evaluate"), table.take(held))

    def _schema(self, source: Source, table: Table) -> Schema:
        """Return what goes in and out, with the shape that the rows ask for or that was stated."""
        return infer_schema.infer_schema(
            table,
            source.inputs,
            source.outputs,
            shape=self._settings["shape"],
            arrays=source.arrays,
        )

    def _divided(self, source: Source, table: Table, kept: Indices) -> tuple[Table, Table]:
        """Return the rows that train and those that say when to stop, of rows with outputs.

        Args:
            source: Where they are from.
            table: The rows.
            kept: Where they stand in the source.
        """
        check_trainable(table, source.outputs)
        share = (self._settings["training"] or Training()).validation
        train, held = self._split(source, table, kept, share)
        return table.take(train), table.take(held)

    def _fit(
        self,
        schema: Schema,
        train: Table,
        held: Table,
        before: Before | None,
        *,
        apart: bool = False,
    ) -> Self:
        """Train on rows with known outputs, and stop by others; keep what was there if it fails."""
        settings = self._settings["training"] or Training()
        network = self._settings["network"] or Network()
        encoding = TableEncoder.fit(
            schema, train, text=self._settings["text"] or Text(), linear=network.linear
        )
        parts = [encoding.encode(rows, targets=True) for rows in (train, held)]
        earlier, self._trained = self._trained, None
        try:
            self._trained = fitting.built(encoding, parts[0], network, settings)
            if before is not None:
                before(self)
            done = fitting.fitted(self._trained, *parts, apart=apart)
            self._trained = replace(done, data=fingerprint(train, held))
        except BaseException:
            self._trained = earlier
            raise
        return self

    def _opened(self, data: Any, y: Any) -> Source:
        """Return data as a table with the columns that the constructor named."""
        by = (self._settings["training"] or Training()).split_by
        return ingest(data, y, self._settings["inputs"], self._settings["outputs"], beside=by)

    def _split(
        self, source: Source, table: Table, kept: Indices, share: float
    ) -> tuple[Indices, Indices]:
        """Return which rows of the table train, and which are held out."""
        settings = self._settings["training"] or Training()
        return split(
            table,
            share,
            how=settings.split,
            by=settings.split_by,
            frame=source.frame[kept] if source.frame is not None else None,
            seed=settings.seed,
            outputs=source.outputs,
        )

    def predict(
        self, data: Any, *, probabilities: bool = False, decoding: Decoding | None = None
    ) -> Any:
        """Return the outputs for new rows, in their own units and labels.

        Args:
            data: As for `fit`; output columns need not be there and are not looked at.
            probabilities: Return a probability for each class of each category instead, from
                logits divided by a temperature that was fitted on the rows that ended training.
            decoding: How a chained decoder writes tokens (beam, samples, most steps); None takes
                the most likely one at each step. When given, the hypotheses stand side by side
                (`y`, `y-2`, ...), each with its log-probability (`y-score`) and with `y-cut`,
                whether it came to the most steps before it ended.

        Returns:
            The output columns in the kind of frame that came in (polars for a path); for arrays,
            an array (b,), (b o), (b u o), or a list of arrays where rows differ in length.

        Raises:
            NotFittedError: There was no `fit`.
            DataError: A column is missing, or does not fit the training data.
            SettingError: `probabilities` of something else than categories, or `decoding` of a
                network that is no chained decoder.
        """
        trained = self._fitted("predict")
        encoding = trained.encoder
        source = ingest(data, None, encoding.schema.inputs, None)
        examples = encoding.encode(source.table, targets=False)
        if decoding is not None:
            found = generate.hypotheses(trained.bundle, trained.spec, encoding, examples, decoding)
            return source.to_original_type(found)
        said = self._said(examples)
        if probabilities:
            return source.to_original_type(predict.probabilities(encoding, said, trained.temperatures))
        outputs = encoding.schema.outputs
        return source.to_original_type({c.name: encoding.decode_cells(c, said[c.name]) for c in outputs})

    def attention(self, data: Any, *, plot: str | Path | None = None) -> list[Attention]:
        """Return how each row's output looked at the input.

        Of a chained decoder while it wrote; of `Network(pooling="attention")` to pool the steps.

        Args:
            data: As for `fit`; output columns need not be there and are not looked at.
            plot: A file to draw the first twelve rows into (`.png`, `.svg`, `.pdf`).

        Raises:
            NotFittedError: There was no `fit`.
            DataError: A column is missing, or does not fit the training data.
            SettingError: The network has no attention.
        """
        trained = self._fitted("attention")
        source = ingest(data, None, trained.encoder.schema.inputs, None)
        rows = compute_attention(trained, source.table)
        if plot is not None:
            plot_attention(rows, plot)
        return rows

    def evaluate(self, data: Any, y: Any = None) -> Evaluation:
        """Score rows with known outputs, beside simple references.

        Raises:
            NotFittedError: There was no `fit`.
            DataError: A column is missing, or does not fit the training data.
        """
        trained = self._fitted("evaluate")
        schema = trained.encoder.schema
        source = ingest(data, y, schema.inputs, schema.outputs)
        return evaluate(trained, drop_incomplete_rows(source.table, schema.outputs)[0])

    def score(self, X: Any, y: Any = None) -> float:  # noqa: N803
        """Return one number for the first output, higher is better (scikit-learn).

        Accuracy or R2; for tokens and text step accuracy (aligned), 1 - edit rate (unaligned), or
        minus the nats a token (one-to-many).
        """
        trained = self._fitted("score")
        schema = trained.encoder.schema
        source = ingest(X, y, schema.inputs, schema.outputs)
        return score(trained, drop_incomplete_rows(source.table, schema.outputs)[0])

    def save(self, folder: str | Path) -> Path:
        """Write the model as safetensors and JSON, whole or not at all.

        Args:
            folder: A folder, or a file that ends in .zip to hold the same in one.

        Raises:
            NotFittedError: There was no `fit`.
            ArtifactError: There is something else at the place, or it cannot be written.
        """
        trained = self._fitted("save")
        pages = {"code.py": self.code(), "README.md": readme(trained, self.diagram().text)}
        return serialization.save(trained, folder, pages=pages)

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

        Memory does not grow with the file if it is CSV, TSV, JSON lines or Parquet. `out`, its
        columns without outputs and then the predictions, appears when all of it is there.

        Args:
            data: The file, or what `unrolled.read` made of it.
            out: The file to write, whose suffix says the format; or a stream, which gets CSV.
            columns: Names for the columns of a file without a header line.
            probabilities: As for `predict`.
            decoding: As for `predict`.

        Returns:
            How many rows there were.

        Raises:
            DataError: A file cannot be read or written, or a column is missing.
        """
        found, done = read_chunks(data, columns=columns), 0
        outputs = [column.name for column in self.schema_.outputs]
        with (
            open_writer(out) as put,
            progress_bar(found.rows, shown=isinstance(out, str | Path)) as tell,
        ):
            for table in found.tables():
                with found.locate_errors(done, table.height):
                    said = self.predict(table, probabilities=probabilities, decoding=decoding)
                put(table.drop(outputs, strict=False).hstack(said))
                done += table.height
                tell(table.height)
        return done

    def code(self) -> str:
        """Return the network as a script of plain Keras; with a decoder, the loop that uses it."""
        trained = self._fitted("code")
        return code(trained.model, steps=trained.spec.u, training=training_lines(trained))

    def diagram(self) -> Diagram:
        """Return the unrolled picture of the network, as text and SVG."""
        trained = self._fitted("diagram")
        schema = trained.encoder.schema
        names = (tuple(c.name for c in schema.inputs), tuple(c.name for c in schema.outputs))
        return diagram(wiring(trained.spec, trained.network, names=names))

    def __str__(self) -> str:
        if self._trained is None:
            return repr(self)
        parts = [summary(self._trained.encoder), str(self.diagram()), ensemble_sentence(self._trained)]
        return "\n\n".join(filter(None, parts))

    @property
    def schema_(self) -> Schema:
        """What goes in and out, and the shape between."""
        return self._fitted("schema_").encoder.schema

    @property
    def shape_(self) -> Shape:
        """The shape taken."""
        return self.schema_.shape

    @property
    def reason_(self) -> str:
        """Why this shape, and what would have made it another."""
        return self.schema_.reason

    @property
    def model_(self) -> Any:
        """The `keras.Model` itself."""
        return self._fitted("model_").model

    @property
    def network_settings_(self) -> Network:
        """The network's settings, every one of them given."""
        return self._fitted("network_settings_").network

    @property
    def history_(self) -> History | None:
        """What happened while the (first) network was fitted; None before it ended."""
        return next(iter(self.histories_), None)

    @property
    def histories_(self) -> tuple[History, ...]:
        """What happened while each network was fitted; none before the first ended."""
        return self._fitted("histories_").histories

    @property
    def classes_(self) -> Any:
        """The labels of the first output that is a category (n), as `predict_proba` orders them.

        Raises:
            AttributeError: No output is a category.
        """
        encoder = self._fitted("classes_").encoding
        for column in self.schema_.outputs:
            if column.kind == "category":
                labels = encoder.decode(column, np.arange(encoder.encoders[column.name].size))
                alike = len({type(label) for label in labels}) == 1
                return np.array(labels.tolist()) if alike else labels
        kinds = quote_names(f"{c.name} ({c.kind_name})" for c in self.schema_.outputs)
        raise AttributeError(f"There is no classes_: no output is a category, but {kinds}.")

    @classmethod
    def restored(cls, trained: Trained) -> Self:
        """Return the model around what was trained."""
        schema = trained.encoder.schema
        made = cls(
            {c.name: c.kind_name for c in schema.inputs},
            {c.name: c.kind_name for c in schema.outputs},
            shape=schema.shape,
            network=trained.network,
            training=trained.training,
            text=trained.encoder.text,
        )
        made._trained = trained
        return made

    def _said(self, examples: Examples) -> dict[str, Any]:
        """Return the network's raw outputs by column name."""
        trained = self._fitted("predict")
        ports = {c.name: trained.encoder.tensor_names[c.name] for c in trained.encoder.schema.outputs}
        said = generate.generate_outputs(trained.bundle, trained.spec, examples)
        return {name: said[port] for name, port in ports.items()}

    def _fitted(self, wanted: str) -> Trained:
        if self._trained is None:
            raise NotFittedError(
                f"got '{wanted}' before the model was fitted, expected fit(...) first; or read a"
                " saved model with unrolled.load(folder)."
            )
        return self._trained
