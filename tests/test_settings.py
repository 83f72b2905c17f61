"""Two frozen settings objects whose errors say what was got and what was expected."""

import pytest
from pydantic import ValidationError

from unrolled.errors import SettingError
from unrolled.settings import Decoding, Network, Training


def refused(kind, **values):
    with pytest.raises(SettingError) as caught:
        kind(**values)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"units": 0}, "got units=0 for Network, expected greater than or equal to 1."),
        (
            {"units": 2.5},
            "got units=2.5 for Network, expected a valid integer, got a number with a",
        ),
        ({"units": "many"}, "got units='many' for Network, expected a valid integer, unable to"),
        ({"units": 10**6}, "got units=1000000 for Network, expected less than or equal to 65536."),
        ({"layers": -1}, "got layers=-1 for Network, expected greater than or equal to 0."),
        ({"layers": 65}, "got layers=65 for Network, expected less than or equal to 64."),
        ({"dropout": 7}, "got dropout=7 for Network, expected less than 1."),
        ({"dropout": 1}, "got dropout=1 for Network, expected less than 1."),
        ({"dropout": -0.1}, "got dropout=-0.1 for Network, expected greater than or equal to 0."),
        ({"cell": "lstmm"}, "got cell='lstmm' for Network, expected 'lstm', 'gru' or 'rnn'."),
        ({"architecture": 3}, "got architecture=3 for Network, expected a valid string."),
        (
            {"unit": 3},
            "got an unknown setting 'unit' for Network, expected one of architecture, cell, units,"
            " layers, bidirectional, dropout, pooling, linear. Did you mean 'units'?",
        ),
        (
            {"colour": 3},
            "got an unknown setting 'colour' for Network, expected one of architecture, cell,"
            " units, layers, bidirectional, dropout, pooling, linear.",
        ),
    ],
    ids=str,
)
def test_a_network_setting_out_of_range_is_refused(values, text):
    assert refused(Network, **values).startswith(text)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"epochs": 0}, "got epochs=0 for Training, expected greater than or equal to 1."),
        ({"batch_size": 0}, "got batch_size=0 for Training, expected greater than or equal to 1."),
        ({"learning_rate": 0}, "got learning_rate=0 for Training, expected greater than 0."),
        ({"learning_rate": 11}, "got learning_rate=11 for Training, expected less than or equal"),
        ({"patience": 0}, "got patience=0 for Training, expected greater than or equal to 1."),
        ({"validation": 1}, "got validation=1 for Training, expected less than 1."),
        ({"validation": 0}, "got validation=0 for Training, expected greater than 0."),
        ({"seed": -1}, "got seed=-1 for Training, expected greater than or equal to 0."),
        ({"seed": 2**32}, "got seed=4294967296 for Training, expected less than 4294967296."),
        (
            {"split": "half"},
            "got split='half' for Training, expected 'auto', 'random', 'stratified', 'group' or"
            " 'time'.",
        ),
    ],
    ids=str,
)
def test_a_training_setting_out_of_range_is_refused(values, text):
    assert refused(Training, **values).startswith(text)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"beam": 0}, "got beam=0 for Decoding, expected greater than or equal to 1."),
        ({"temperature": 0}, "got temperature=0 for Decoding, expected greater than 0."),
        ({"temperature": float("inf")}, "got temperature=inf for Decoding, expected a finite"),
        ({"top_p": 1.5}, "got top_p=1.5 for Decoding, expected less than or equal to 1."),
        ({"length_penalty": -1}, "got length_penalty=-1 for Decoding, expected greater than or"),
        ({"max_steps": 0}, "got max_steps=0 for Decoding, expected greater than or equal to 1."),
        (
            {"beam": 4, "samples": 2},
            "got beam=4 and samples=2 for Decoding, expected one of them: rows are searched for or"
            " drawn. Leave one out.",
        ),
        (
            {"n_best": 3, "beam": 2},
            "got n_best=3 and beam=2 for Decoding, expected no more than the beam holds. Set"
            " beam=3 or more.",
        ),
        (
            {"top_k": 5},
            "got top_k=5 and samples=0 for Decoding, expected top_k only where rows are drawn. Set"
            " samples=1 or more, or leave it out.",
        ),
        ({"top_p": 0.5, "beam": 2}, "got top_p=0.5 and samples=0 for Decoding, expected top_p"),
        ({"temperature": 0.5}, "got temperature=0.5 and samples=0 for Decoding, expected"),
    ],
    ids=str,
)
def test_a_decoding_setting_out_of_range_is_refused(values, text):
    assert refused(Decoding, **values).startswith(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["dropout", "learning_rate"])
def test_a_number_that_is_none_is_refused(name, value):
    kind = Network if name == "dropout" else Training
    assert refused(kind, **{name: value}).startswith(f"got {name}={value!r} for {kind.__name__}, ")


@pytest.mark.parametrize(
    "settings",
    [Network(units=8, dropout=0.5), Training(epochs=3, seed=7), Decoding(samples=2, top_k=3)],
)
def test_settings_go_to_json_and_back(settings):
    assert type(settings).model_validate_json(settings.model_dump_json()) == settings


def test_settings_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        Network().units = 3


def test_the_defaults_leave_to_the_data_what_depends_on_it():
    assert Network().model_dump() == {
        "architecture": "auto",
        "cell": "lstm",
        "units": None,
        "layers": 1,
        "bidirectional": None,
        "dropout": None,
        "pooling": "mean",
        "linear": True,
    }
