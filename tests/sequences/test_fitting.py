"""From encoded rows to a network: which wiring and which settings the rows ask for."""

import numpy as np
import pytest

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.errors import SettingError
from unrolled.saving import SEQUENCES, read_model, write_model
from unrolled.sequences import fitting, serialization
from unrolled.settings import Network, Training

FACTS = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
STEPS = [[1.0], [2.0, 3.0], [1.0, 2.0], [4.0, 0.0, 1.0], [2.0], [5.0, 1.0]]
OPEN = [[1.0], [2.0], [4.0, 2.0, 1.0], [3.0, 3.0], [1.0, 2.0], [2.0, 2.0]]
EVEN = [[1.0, 2.0], [2.0, 0.0], [4.0, 2.0], [3.0, 3.0], [1.0, 2.0], [2.0, 2.0]]
TEXT = ["ab", "b", "abba", "ba", "a", "bb"]
SMALL = Network(units=4, dropout=0.0)
SHORT = Training(epochs=2, verbose=False)


def encoded(a, y, *, stated=None):
    """Return the encoder of two columns, and their encoded rows."""
    frame = read({"a": a, "y": y})
    values, into, out = infer_table(frame, ["a"], ["y"], stated=stated)
    encoder = TableEncoder.fit(infer_schema(values, into, out), values)
    return encoder, encoder.encode(values, targets=True)


def build(a, y, *, network=SMALL, **stated):
    return fitting.build_untrained(*encoded(a, y, **stated), network, SHORT)


SPELLED, NUMBERS = {"stated": {"y": "characters"}}, {"stated": {"y": "numbers"}}


@pytest.mark.parametrize(
    ("a", "y", "given", "taken"),
    [
        (FACTS, EVEN, NUMBERS, ("one-to-many", "repeat", False, False)),
        (FACTS, OPEN, {}, ("one-to-many", "decoder", False, True)),
        (FACTS, TEXT, SPELLED, ("one-to-many", "decoder", True, False)),
        (STEPS, EVEN, NUMBERS, ("unaligned", "repeat", False, False)),
        (STEPS, OPEN, {}, ("unaligned", "decoder", False, True)),
        (STEPS, TEXT, SPELLED, ("unaligned", "decoder", True, False)),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_outputs_of_differing_length_are_given_a_decoder(a, y, given, taken):
    trained = build(a, y, **given)
    spec = trained.spec
    assert (spec.shape, trained.network.architecture, spec.tokens, spec.stops) == taken
    assert (trained.models.step is None) == (taken[1] != "decoder")
    answers = spec.tokens and spec.shape == "unaligned"
    assert trained.training.label_smoothing == (0.1 if answers else 0.0)


@pytest.mark.parametrize(
    ("y", "units", "rate"),
    [(["x", "y", "x", "y", "x", "y"], 64, 0.001), ([list(word) for word in TEXT], 128, 0.003)],
    ids=["a label", "steps of their own"],
)
def test_steps_with_an_output_each_are_more_to_learn_from(y, units, rate):
    trained = build([list(word) for word in TEXT], y, network=Network())
    assert (trained.network.units, trained.network.dropout) == (units, 0.5)
    assert (trained.training.learning_rate, trained.training.label_smoothing) == (rate, 0.1)


def test_numbers_of_differing_length_are_refused_where_nothing_ends_them():
    with pytest.raises(SettingError) as caught:
        build(STEPS, OPEN, network=Network(architecture="repeat"))
    assert str(caught.value) == (
        "The architecture 'repeat' produces the same number of steps for every row, and the output"
        " rows have different lengths. Cut or pad the rows, or use architecture='decoder'."
    )


def test_text_may_still_come_out_without_a_decoder():
    trained = build(FACTS, TEXT, network=Network(architecture="repeat"), **SPELLED)
    assert (trained.models.step, trained.training.label_smoothing) == (None, 0.0)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("sampling", ["none", "linear"])
@pytest.mark.parametrize(
    ("a", "y", "given"),
    [(FACTS, OPEN, {}), (STEPS, TEXT, SPELLED)],
    ids=["numbers from facts", "text from steps"],
)
def test_a_decoder_is_fitted_saved_and_loaded_with_all_its_models(a, y, given, sampling, tmp_path):
    encoder, rows = encoded(a, y, **given)
    training = SHORT.model_copy(update={"scheduled_sampling": sampling})
    untrained = fitting.build_untrained(encoder, rows, SMALL, training)
    trained = fitting.fit_model(untrained, rows, rows)
    assert np.isfinite(trained.histories[0].loss).all()
    write_model(tmp_path / "model", serialization.to_files(trained))
    loaded = read_model(tmp_path / "model", {SEQUENCES: serialization.from_files})
    assert (loaded.spec, loaded.network, loaded.training) == (
        trained.spec,
        trained.network,
        trained.training,
    )
    for name in ("model", "encode", "step"):
        ours, theirs = (getattr(m.models, name).get_weights() for m in (trained, loaded))
        assert len(ours) > 2
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(other, one)
