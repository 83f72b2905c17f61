"""The frozen settings objects, and their errors in plain words."""

import pytest
from pydantic import ValidationError

from unrolled.errors import SettingError
from unrolled.settings import Decoding, Network, Text, Training


def refused(kind, **values):
    with pytest.raises(SettingError) as caught:
        kind(**values)
    assert caught.value.__cause__ is None
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"units": 0}, "units=0 is not valid for Network: units must be at least 1."),
        ({"units": 2.5}, "units=2.5 is not valid for Network: units must be a whole number."),
        ({"units": "many"}, "units='many' is not valid for Network: units must be a whole number."),
        (
            {"units": 10**6},
            "units=1000000 is not valid for Network: units must be at most 65536.",
        ),
        ({"layers": -1}, "layers=-1 is not valid for Network: layers must be at least 0."),
        ({"layers": 65}, "layers=65 is not valid for Network: layers must be at most 64."),
        ({"dropout": 7}, "dropout=7 is not valid for Network: dropout must be less than 1."),
        ({"dropout": 1}, "dropout=1 is not valid for Network: dropout must be less than 1."),
        ({"dropout": -0.1}, "dropout=-0.1 is not valid for Network: dropout must be at least 0."),
        (
            {"bidirectional": "both"},
            "bidirectional='both' is not valid for Network: bidirectional must be True or False.",
        ),
        (
            {"cell": "lstmm"},
            "cell='lstmm' is not valid for Network: cell must be 'lstm', 'gru' or 'rnn'. Did you"
            " mean 'lstm'?",
        ),
        (
            {"architecture": 3},
            "architecture=3 is not valid for Network: architecture must be a string.",
        ),
        (
            {"unit": 3},
            "Network has no setting 'unit'. Its settings are architecture, cell, units, layers,"
            " bidirectional, dropout, attention, pooling, linear. Did you mean 'units'?",
        ),
        (
            {"colour": 3},
            "Network has no setting 'colour'. Its settings are architecture, cell, units, layers,"
            " bidirectional, dropout, attention, pooling, linear.",
        ),
    ],
    ids=str,
)
def test_a_network_setting_out_of_range_is_refused(values, text):
    assert refused(Network, **values) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"epochs": 0}, "epochs=0 is not valid for Training: epochs must be at least 1."),
        (
            {"batch_size": 0},
            "batch_size=0 is not valid for Training: batch_size must be at least 1.",
        ),
        (
            {"learning_rate": 0},
            "learning_rate=0 is not valid for Training: learning_rate must be greater than 0.",
        ),
        (
            {"learning_rate": 11},
            "learning_rate=11 is not valid for Training: learning_rate must be at most 10.",
        ),
        ({"patience": 0}, "patience=0 is not valid for Training: patience must be at least 1."),
        (
            {"validation": 1},
            "validation=1 is not valid for Training: validation must be less than 1.",
        ),
        (
            {"validation": 0},
            "validation=0 is not valid for Training: validation must be greater than 0.",
        ),
        (
            {"checkpoint": 3},
            "checkpoint=3 is not valid for Training: checkpoint must be a path.",
        ),
        (
            {"every": 5},
            "every=5 needs a folder for checkpoints, and Training has none. Name one (checkpoint,"
            " --checkpoint), or leave every out.",
        ),
        ({"seed": -1}, "seed=-1 is not valid for Training: seed must be at least 0."),
        (
            {"seed": 2**32},
            "seed=4294967296 is not valid for Training: seed must be less than 4294967296.",
        ),
        (
            {"split": "half"},
            "split='half' is not valid for Training: split must be 'auto', 'random', 'stratified',"
            " 'group' or 'time'.",
        ),
    ],
    ids=str,
)
def test_a_training_setting_out_of_range_is_refused(values, text):
    assert refused(Training, **values) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"beam": 0}, "beam=0 is not valid for Decoding: beam must be at least 1."),
        (
            {"temperature": 0},
            "temperature=0 is not valid for Decoding: temperature must be greater than 0.",
        ),
        (
            {"temperature": float("inf")},
            "temperature=inf is not valid for Decoding: temperature must be a finite number.",
        ),
        ({"top_p": 1.5}, "top_p=1.5 is not valid for Decoding: top_p must be at most 1."),
        (
            {"length_penalty": -1},
            "length_penalty=-1 is not valid for Decoding: length_penalty must be at least 0.",
        ),
        ({"max_steps": 0}, "max_steps=0 is not valid for Decoding: max_steps must be at least 1."),
        (
            {"beam": 4, "samples": 2},
            "Beam search and sampling cannot be combined, but Decoding has beam=4 and samples=2."
            " Leave one of them out.",
        ),
        (
            {"n_best": 3, "beam": 2},
            "A beam of 2 cannot return n_best=3 hypotheses. Set beam=3 or more.",
        ),
        (
            {"top_k": 5},
            "top_k=5 has no effect without sampling, and Decoding has samples=0. Set samples=1 or"
            " more, or leave top_k out.",
        ),
        (
            {"top_p": 0.5, "beam": 2},
            "top_p=0.5 has no effect without sampling, and Decoding has samples=0. Set samples=1 or"
            " more, or leave top_p out.",
        ),
        (
            {"temperature": 0.5},
            "temperature=0.5 has no effect without sampling, and Decoding has samples=0. Set"
            " samples=1 or more, or leave temperature out.",
        ),
    ],
    ids=str,
)
def test_a_decoding_setting_out_of_range_is_refused(values, text):
    assert refused(Decoding, **values) == text


@pytest.mark.parametrize("name", ["checkpoint", "vectors"])
def test_a_saved_model_must_not_name_a_path(name):
    kind = Training if name == "checkpoint" else Text
    with pytest.raises(SettingError) as caught:
        kind.from_dict({name: "/home/me"})
    assert str(caught.value) == (
        f"A saved model must not name a path on this machine, but its {kind.__name__} has"
        f" {name}='/home/me'."
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["dropout", "learning_rate"])
def test_a_number_that_is_none_is_refused(name, value):
    kind = Network if name == "dropout" else Training
    assert refused(kind, **{name: value}).startswith(
        f"{name}={value!r} is not valid for {kind.__name__}: "
    )


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
        "attention": True,
        "linear": True,
    }
