"""Settings that have no effect on the data are refused, with the reason."""

import pytest

from unrolled import Network, SequenceModel, Text, Training
from unrolled.errors import SettingError

TABLE = {
    "number": [float(i % 7) for i in range(40)],
    "steps": [[float(i % 3)] * (2 + i % 2) for i in range(40)],
    "words": [f"a {'good' if i % 2 else 'bad'} day" for i in range(40)],
    "label": ["yes" if i % 2 else "no" for i in range(40)],
    "value": [float(i % 5) for i in range(40)],
}
UNUSED = {
    "no text to lowercase": (
        ("number", "value", {"text": Text(lowercase=True)}),
        "lowercase=True of Text has no effect: no input is text or tokens. Leave lowercase out.",
    ),
    "no text with digits": (
        ("number", "value", {"text": Text(digits=True)}),
        "digits=True of Text has no effect: no input is text or tokens. Leave digits out.",
    ),
    "no words with characters": (
        ({"words": "characters"}, "value", {"text": Text(characters=True)}),
        "characters=True of Text has no effect: no input is tokens or words of text, which consist"
        " of characters. Leave characters out.",
    ),
    "no words for vectors": (
        ("number", "value", {"text": Text(vectors="words.vec")}),
        "vectors='words.vec' of Text has no effect: no input is text or tokens. Leave vectors out.",
    ),
    "subwords for vectors": (
        ({"words": "subwords"}, "value", {"text": Text(vectors="words.vec")}),
        "vectors='words.vec' of Text has no effect: no input is tokens, words or characters. Leave"
        " vectors out.",
    ),
    "no words to drop": (
        ("steps", "value", {"training": Training(word_dropout=0.1)}),
        "word_dropout=0.1 of Training has no effect: no input is text or tokens. Leave"
        " word_dropout out.",
    ),
    "no classes to weight": (
        ("steps", "value", {"training": Training(class_weight="balanced")}),
        "class_weight='balanced' of Training has no effect: no output is a category, labels"
        " or tags. Leave class_weight out.",
    ),
    "no labels to smooth": (
        ("steps", "value", {"training": Training(label_smoothing=0.1)}),
        "label_smoothing=0.1 of Training has no effect: no output is a category, tokens or text."
        " Leave label_smoothing out.",
    ),
    "no numbers for the loss": (
        ("steps", "label", {"training": Training(loss="absolute")}),
        "loss='absolute' of Training has no effect: no output is numbers. Leave loss out.",
    ),
    "no decoder to feed": (
        ("steps", "value", {"training": Training(scheduled_sampling="linear")}),
        "scheduled_sampling='linear' of Training has no effect: the architecture is 'pooled', and"
        " only 'decoder' is fed its own outputs. Leave scheduled_sampling out.",
    ),
    "no hidden layer for units": (
        ("number", "value", {"network": Network(layers=0, units=3)}),
        "units=3 of Network has no effect: layers=0 leaves no hidden layer. Leave units out.",
    ),
}


@pytest.mark.parametrize("case", UNUSED)
def test_a_setting_without_effect_is_refused(case):
    (inputs, outputs, settings), message = UNUSED[case]
    with pytest.raises(SettingError) as caught:
        SequenceModel(inputs, outputs, **settings).fit(TABLE)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value"), [("validation", 0.3), ("split", "time"), ("split_by", "label")]
)
def test_a_split_is_refused_where_the_validation_rows_are_given(name, value):
    model = SequenceModel("steps", "value", training=Training(**{name: value}))
    with pytest.raises(SettingError) as caught:
        model.fit(TABLE, validation=TABLE)
    assert str(caught.value) == (
        f"{name}={value!r} of Training has no effect: the validation rows are given, so none are"
        f" held out. Leave out {name}, or fit(..., validation=...)."
    )


def test_defaults_and_what_asks_for_nothing_are_not_refused():
    model = SequenceModel(
        "steps",
        "value",
        network=Network(units=4, linear=False),
        text=Text(lowercase=False, digits=False, characters=False),
        training=Training(
            epochs=1, label_smoothing=0, word_dropout=0, scheduled_sampling="none", verbose=False
        ),
    )
    model.fit(TABLE)
    assert model.network_settings_.units == 4


@pytest.mark.parametrize(("inputs", "outputs"), [("number", "label"), ("words", "value")])
def test_a_loaded_model_whose_defaults_are_filled_in_is_fitted_again(inputs, outputs, tmp_path):
    import unrolled

    few = Training(epochs=1, verbose=False)
    model = SequenceModel(inputs, outputs, network=Network(units=4), training=few).fit(TABLE)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    loaded.set_params(training__verbose=False).fit(TABLE)
    assert loaded.shape_ == model.shape_
