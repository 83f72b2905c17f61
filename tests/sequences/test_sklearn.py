"""SequenceModel among the tools of scikit-learn."""

import numpy as np
import pytest
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.exceptions import NotFittedError
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import GridSearchCV, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted

from unrolled import Network, SequenceModel, Text, Training, errors

RNG = np.random.default_rng(0)
N = 96
A, B = RNG.normal(size=(2, N))
X = np.stack([A, B], axis=1)
SMALL = Network(units=16, dropout=0.0)
LONG = Training(epochs=60, batch_size=16, learning_rate=0.02, patience=60, verbose=False)
SHORT = Training(epochs=2, batch_size=16, learning_rate=0.02, verbose=False)


def model(inputs=None, outputs=None, *, training=SHORT, **settings):
    return SequenceModel(inputs, outputs, network=SMALL, training=training, **settings)


# Parameters.


def test_the_constructor_only_stores():
    inputs = {"a": "number"}
    made = model(inputs, "y", shape="aligned")
    assert made.get_params(deep=False) == {
        "inputs": inputs,
        "outputs": "y",
        "shape": "aligned",
        "network": SMALL,
        "training": SHORT,
        "text": None,
        "id": None,
        "time": None,
        "elapsed": False,
        "steps": "auto",
    }
    assert (made.inputs is inputs, made.network is SMALL) == (True, True)
    assert clone(made).get_params() == made.get_params()
    assert made.set_params(shape="auto") is made
    assert made.get_params()["shape"] == "auto"


def test_single_settings_are_read_and_changed_by_their_full_names():
    made = SequenceModel("a", "y", training=SHORT)
    deep = made.get_params()
    assert (deep["network__units"], deep["training__epochs"], deep["text__digits"]) == (
        None,
        2,
        None,
    )
    assert not [name for name in made.get_params(deep=False) if "__" in name]
    made.set_params(network__units=32, training__epochs=5, text__digits=True)
    assert made.network == Network(units=32)
    assert made.training == SHORT.model_copy(update={"epochs": 5})
    assert made.text == Text(digits=True)
    assert (SHORT.epochs, clone(made).network) == (2, Network(units=32))


def test_a_value_that_is_already_there_is_not_stated_again():
    made = SequenceModel("a", "y", network=SMALL)
    made.set_params(**made.get_params())
    assert (made.network, made.training, made.text) == (SMALL, None, None)
    assert made.network.model_fields_set == {"units", "dropout"}


def test_an_unknown_parameter_fails_with_the_nearest_name():
    with pytest.raises(errors.SettingError) as caught:
        SequenceModel().set_params(netwrk=None)
    assert str(caught.value) == (
        "SequenceModel has no parameter 'netwrk'. Its parameters are 'inputs', 'outputs', 'shape',"
        " 'network', 'training', 'text', 'id', 'time', 'elapsed', 'steps'. Did you mean 'network'?"
    )
    with pytest.raises(TypeError, match="netwrk"):
        SequenceModel(netwrk=None)
    with pytest.raises(errors.SettingError, match="Did you mean 'units'"):
        SequenceModel().set_params(network__unit=3)
    with pytest.raises(errors.SettingError, match="has no parameter 'shape__units'"):
        SequenceModel().set_params(shape__units=3)


@pytest.mark.parametrize(
    ("name", "value", "found"),
    [("network", {"units": 3}, "dict {'units': 3}"), ("training", 5, "int 5")],
)
def test_settings_of_another_type_are_refused(name, value, found):
    kind = name.capitalize()
    with pytest.raises(errors.SettingError) as caught:
        SequenceModel(**{name: value}).fit(X, A)
    assert str(caught.value) == (
        f"'{name}' must be a {kind} object, but it is {found}. Write {name}=unrolled.{kind}(...)."
    )


def test_scikit_learn_knows_whether_a_model_is_fitted():
    made = model()
    with pytest.raises(NotFittedError):
        check_is_fitted(made)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        made.predict(X)
    check_is_fitted(made.fit(X, A))


# Searches, scores and pipelines.


@pytest.mark.slow
def test_scikit_learn_cross_validates_classifiers_and_regressors():
    labels = cross_val_score(model(training=LONG), X, A > 0, cv=KFold(2), scoring="accuracy")
    numbers = cross_val_score(model(training=LONG), X, A, cv=KFold(2))
    assert labels.min() > 0.8
    assert numbers.min() > 0.5


def test_labels_in_sorted_order_are_stratified_by_default():
    order = np.argsort(A > 0, kind="stable")
    labels = np.where(A > 0, "up", "down")[order]
    scores = cross_val_score(model(training=LONG), X[order], labels, cv=2)
    assert scores.min() > 0.8


@pytest.mark.parametrize(
    "scoring", ["roc_auc", make_scorer(roc_auc_score, response_method="predict_proba")]
)
def test_two_labels_are_scored_by_their_probabilities(scoring):
    scores = cross_val_score(
        model(training=LONG), X, np.where(A > 0, "up", "down"), cv=2, scoring=scoring
    )
    assert scores.min() > 0.9


def test_probabilities_are_predicted_in_the_order_of_the_classes():
    labels = np.array(["a", "b", "c"])[np.digitize(A, [-0.4, 0.4])]
    fitted = model(training=LONG).fit(X, labels)
    probabilities = fitted.predict_proba(X)
    assert probabilities.shape == (N, 3)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=1)], fitted.predict(X))
    assert cross_val_predict(model(), X, labels, cv=2, method="predict_proba").shape == (N, 3)


@pytest.mark.slow
def test_scikit_learn_searches_networks_inside_a_pipeline():
    search = GridSearchCV(model(), {"network": [SMALL, Network(units=4)]}, cv=KFold(2)).fit(X, A)
    assert search.best_params_["network"] in (SMALL, Network(units=4))
    pipeline = make_pipeline(StandardScaler(), model()).fit(X, A)
    assert pipeline.predict(X).shape == (N,)
    assert pipeline.score(X, A) == pytest.approx(pipeline[-1].score(pipeline[0].transform(X), A))


@pytest.mark.slow
def test_scikit_learn_searches_single_settings():
    search = GridSearchCV(model(), {"network__units": [4, 8]}, cv=KFold(2)).fit(X, A)
    assert search.best_params_["network__units"] in (4, 8)
    assert search.best_estimator_.network_settings_.units == search.best_params_["network__units"]
    pipeline = make_pipeline(StandardScaler(), model())
    name = "sequencemodel__network__units"
    search = GridSearchCV(pipeline, {name: [4, 8]}, cv=KFold(2)).fit(X, A)
    assert search.best_params_[name] in (4, 8)


# Tags.

LABELS = np.where(A > 0, "up", "down")


@pytest.mark.parametrize(
    ("outputs", "shape", "before", "y", "after"),
    [
        (None, "auto", "classifier", LABELS, "classifier"),
        (None, "auto", "classifier", A, "regressor"),
        ({"y": "number"}, "auto", "regressor", A, "regressor"),
        ("y:category", "auto", "classifier", LABELS, "classifier"),
        (None, "unaligned", None, RNG.normal(size=(N, 2, 1)), None),
    ],
    ids=["labels", "numbers", "stated numbers", "stated labels", "steps"],
)
def test_a_model_is_what_comes_out_of_it(outputs, shape, before, y, after):
    made = model(None, outputs, shape=shape)
    x = X.reshape(N, 2, 1) if shape == "unaligned" else X
    for kind in (before, after):
        assert (is_classifier(made), is_regressor(made)) == (
            kind == "classifier",
            kind == "regressor",
        )
        assert hasattr(made, "predict_proba") == (kind == "classifier")
        made.fit(x, y)


# What scikit-learn itself checks of every estimator, where arrays go in.

EXCUSED = {
    "check_n_features_in_after_fitting": "columns are described by schema_, not by a number",
    "check_n_features_in": "columns are described by schema_, not by a number",
    "check_complex_data": "refused, in the words of this project",
    "check_dtype_object": "an object array holds labels or sequences here, never plain numbers",
    "check_estimators_empty_data_messages": "refused, in the words of this project",
    "check_estimators_pickle": "a fitted model is saved by save and read by unrolled.load",
    "check_classifier_data_not_an_array": "an object that is only convertible is refused",
    "check_regressor_data_not_an_array": "an object that is only convertible is refused",
    "check_classifiers_one_label": "an output that never varies is refused: nothing can be learned",
    "check_classifiers_regression_target": "one class is a classifier and a regressor, by y",
    "check_supervised_y_2d": "y (b, 1) is a vector of one number, and comes back as (b, 1)",
    "check_fit2d_1sample": "refused, in the words of this project",
    "check_fit1d": "X (b,) is a column of one number",
    "check_fit2d_predict1d": "refused, in the words of this project",
}
FEW = Training(epochs=10, batch_size=16, learning_rate=0.05, verbose=False)


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [None, {"y": "number"}], ids=["classifier", "regressor"])
def test_scikit_learn_checks_every_convention(outputs):
    made = SequenceModel(None, outputs, network=Network(units=4, dropout=0.0), training=FEW)
    results = check_estimator(made, expected_failed_checks=EXCUSED, on_skip=None, on_fail=None)
    failed = [(r["check_name"], r["exception"]) for r in results if r["status"] == "failed"]
    assert not failed
    assert len(results) > 40
