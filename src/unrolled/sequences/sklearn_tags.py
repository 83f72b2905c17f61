"""What scikit-learn is told about a model: classifier or regressor, and what data it takes."""

from __future__ import annotations

from typing import Any

from unrolled.data.ingest import Columns, stated_columns
from unrolled.schema import Schema


def with_tags(tags: Any, schema: Schema | None, outputs: Columns, shape: str) -> Any:
    """Return scikit-learn's tags, filled in for a model.

    Args:
        tags: The `sklearn.utils.Tags` of any estimator.
        schema: What goes in and out of the fitted model; None before `fit`.
        outputs: The outputs that the constructor names.
        shape: The shape that the constructor states.
    """
    from sklearn.utils import ClassifierTags, RegressorTags

    kind = _estimator_type(schema, outputs, shape)
    tags.estimator_type = kind
    tags.classifier_tags = ClassifierTags() if kind == "classifier" else None
    tags.regressor_tags = RegressorTags() if kind == "regressor" else None
    tags.target_tags.required = False  # a table holds its outputs itself
    tags.target_tags.multi_output = kind == "regressor"
    tags.input_tags.three_d_array = True
    tags.input_tags.string = True
    tags.input_tags.categorical = True
    tags.input_tags.allow_nan = True
    return tags


def _estimator_type(schema: Schema | None, outputs: Columns, shape: str) -> str | None:
    """Return `classifier`, `regressor`, or None where steps come out.

    After `fit`, the first output decides, which is also the one that `score` is of. Before it, the
    stated kind decides, or the stated shape. Where neither is stated only the data could tell, and
    `classifier` is the sound answer: scikit-learn asks in order to split rows, and of a classifier
    it goes on to look at `y` itself, stratifying labels and no numbers with a fraction. Answered
    with a regressor, labels in sorted order would be split into folds that lack whole classes, and
    no error would say so. Whole numbers that are quantities need `outputs={"y": "number"}`.
    """
    if schema is not None:
        kind: str | None = schema.outputs[0].kind
    else:
        kind = next(iter(stated_columns(outputs)[1].values()), None)
        if kind is None and shape in ("aligned", "unaligned", "one-to-many", "many-to-many"):
            return None
    if kind in (None, "category"):
        return "classifier"
    return "regressor" if kind in ("number", "vector") else None
