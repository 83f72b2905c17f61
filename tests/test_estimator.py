"""What both estimators share: parameters by name, and one message before `fit`."""

import pickle

import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError as OfScikitLearn
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_is_fitted

from unrolled import Forecaster, Network, SequenceModel, Training
from unrolled.errors import NotFittedError, SettingError

NETWORK = Network(units=4)
UNFITTED = [SequenceModel("a", "y", network=NETWORK), Forecaster("y", horizon=3, network=NETWORK)]
each = pytest.mark.parametrize("model", UNFITTED, ids=lambda model: type(model).__name__)


@each
def test_parameters_are_stored_as_they_were_given(model):
    params = model.get_params(deep=False)
    assert all(getattr(model, name) is value for name, value in params.items())
    assert set(vars(model)) == set(params)
    assert model.network is NETWORK


@each
def test_single_settings_are_parameters_too(model):
    copy = clone(model).set_params(network__layers=2, training__epochs=3)
    assert copy.network == Network(units=4, layers=2)
    assert copy.training == Training(epochs=3)
    assert (copy.get_params()["network__layers"], model.network) == (2, NETWORK)
    assert model.training is None


@each
def test_unknown_parameters_are_refused(model):
    with pytest.raises(SettingError, match="Did you mean 'training'"):
        model.set_params(trainin=None)
    with pytest.raises(SettingError, match="Did you mean 'epochs'"):
        model.set_params(training__epoch=1)


@each
@pytest.mark.parametrize("kind", [NotFittedError, OfScikitLearn, AttributeError, ValueError])
def test_one_message_says_that_fit_comes_first(model, kind, tmp_path):
    name = type(model).__name__
    for wanted, work in {
        "model_": lambda: model.model_,
        "code": model.code,
        "diagram": model.diagram,
        "save": lambda: model.save(tmp_path / "model"),
    }.items():
        with pytest.raises(kind) as caught:
            work()
        assert str(caught.value) == (
            f"This {name} is not fitted yet, so '{wanted}' is not available. Call fit first, or"
            " read a saved model with unrolled.load(folder)."
        )
    with pytest.raises(OfScikitLearn):
        check_is_fitted(model)
    assert not hasattr(model, "history_")


@each
def test_a_notebook_shows_the_parameters_before_fit(model):
    assert model._repr_html_().startswith(f"<pre>{type(model).__name__}(")
    assert set(model._repr_mimebundle_()) == {"text/plain", "text/html"}


@each
def test_the_model_and_the_checkpoints_need_folders_of_their_own(model, tmp_path):
    copy = clone(model).set_params(training__checkpoint=tmp_path / "place")
    copy.check_save(tmp_path / "model")
    with pytest.raises(SettingError, match="need two separate folders"):
        copy.check_save(tmp_path / "place" / "model")


# The conventions of scikit-learn, without a base class of it.


@each
def test_the_parameters_that_are_not_defaults_are_printed(model):
    names = {"SequenceModel": "inputs='a', outputs='y'", "Forecaster": "target='y', horizon=3"}
    name = type(model).__name__
    assert repr(model) == f"{name}({names[name]}, network={NETWORK!r})"
    assert repr(type(model)) == f"<class '{type(model).__module__}.{name}'>"


def test_a_worker_process_can_send_the_error_of_a_model_without_fit():
    with pytest.raises(OfScikitLearn) as caught:
        SequenceModel("a", "y").code()
    copy = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(copy, OfScikitLearn)
    assert isinstance(copy, NotFittedError)
    assert str(copy) == str(caught.value)


@each
def test_metadata_routing_passes_on_the_arguments_that_are_set(model):
    copy = clone(model).set_fit_request(warm=True).set_predict_request()
    routing = get_routing_for_object(clone(copy))
    assert routing.consumes("fit", {"warm", "callbacks", "data"}) == {"warm"}
    assert routing.consumes("predict", {"warm"}) == set()
    assert get_routing_for_object(model).consumes("fit", {"warm"}) == set()
    with pytest.raises(SettingError, match=r"'fit' of .* has no argument 'worm'.* mean 'warm'"):
        copy.set_fit_request(worm=True)


def test_probabilities_are_a_method_of_classifiers_alone():
    assert hasattr(SequenceModel("a", "y:category"), "predict_proba")
    numbers = SequenceModel("a", "y:number")
    assert not hasattr(numbers, "predict_proba")
    with pytest.raises(AttributeError, match="This 'SequenceModel' has no attribute"):
        numbers.predict_proba([[1.0]])
    assert "probability of each label" in SequenceModel.predict_proba.__doc__
