"""What scikit-learn is told about a model: classifier or regressor, and what data it takes."""

from __future__ import annotations

from typing import Any

from unrolled.data.ingest import Columns, stated_columns
from unrolled.schema import Schema


def with_tags(tags: Any, schema: Schema | None, outputs: Columns, shape: str) -> Any:
    """Return scikit-learn's tags, filled in for a model.

    Args:
        tags: The `sklearn.utils.Tags` of any model.
        schema: What goes in and out of the fitted model; None before `fit`.
        outputs: The outputs that the constructor names.
        shape: The shape that the constructor states.
    """
    from sklearn.utils import ClassifierTags, RegressorTags

    kind = _estimator_type(schema, outputs, shape)
    tags.estimator_type = kind
    is_set = schema is not None and schema.outputs[0].is_label_set
    tags.classifier_tags = ClassifierTags(multi_label=is_set) if kind == "classifier" else None
    tags.regressor_tags = RegressorTags() if kind == "regressor" else None
    tags.target_tags.required = False  # a table holds its outputs itself
    several = schema is not None and schema.outputs[0].kind in ("vector", "labels")
    tags.target_tags.multi_output = several
    tags.input_tags.three_d_array = True
    tags.input_tags.string = True
    tags.input_tags.categorical = True
    tags.input_tags.allow_nan = True
    return tags


def _estimator_type(schema: Schema | None, outputs: Columns, shape: str) -> str | None:
    """Return `classifier`, `regressor`, or None where steps come out.

    After `fit` the first output decides; `score` is of that output too. Before `fit` its stated
    kind decides, or the stated shape. If neither is stated, only the data could tell. Then the
    answer is `classifier`, for this reason: scikit-learn asks before `fit` in order to split the
    rows, and for a classifier it looks at `y` itself, and stratifies only if `y` holds labels or
    whole numbers. If the answer were `regressor`, sorted labels would be split into folds that
    lack whole classes, and no error would say so. For whole numbers that are quantities, state
    `outputs={"y": "number"}`; otherwise scikit-learn may refuse to stratify them.
    """
    if schema is not None:
        kind: str | None = schema.outputs[0].kind
    else:
        names, kinds = stated_columns(outputs)
        kind = kinds.get(names[0]) if names else None
        if kind is None and shape in ("aligned", "unaligned", "one-to-many", "many-to-many"):
            return None
    if kind in (None, "category", "labels"):
        return "classifier"
    return "regressor" if kind in ("number", "vector") else None


def predicts_classes(model: Any) -> bool:
    """Return whether a model has `predict_proba`, which scikit-learn expects of classifiers alone.

    A fitted model whose steps have labels has it as well.

    Args:
        model: A `SequenceModel`, fitted or not.
    """
    schema = None if model._trained is None else model.schema_
    if schema is not None and schema.shape == "aligned":
        return schema.outputs[0].kind in ("category", "labels", "tokens")
    return _estimator_type(schema, model.outputs, model.shape) == "classifier"
