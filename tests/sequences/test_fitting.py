"""From encoded rows to a network: which wiring and which settings the rows ask for."""

import numpy as np
import pytest

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.tables.table import make_table
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
    """Return the encoding of two columns, and their rows."""
    frame = read({"a": a, "y": y})
    values, into, out = infer_table(frame, ["a"], ["y"], stated=stated)
    encoding = TableEncoder.fit(infer_schema(values, into, out), values)
    return encoding, encoding.encode(values, targets=True)


def built(a, y, *, network=SMALL, **stated):
    return fitting.built(*encoded(a, y, **stated), network, SHORT)


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
    made = built(a, y, **given)
    spec = made.spec
    assert (spec.shape, made.network.architecture, spec.tokens, spec.stops) == taken
    assert (made.bundle.step is None) == (taken[1] != "decoder")
    answers = spec.tokens and spec.shape == "unaligned"
    assert made.training.label_smoothing == (0.1 if answers else 0.0)


@pytest.mark.parametrize(
    ("y", "units", "rate"),
    [(["x", "y", "x", "y", "x", "y"], 64, 0.001), ([list(word) for word in TEXT], 128, 0.003)],
    ids=["a label", "steps of their own"],
)
def test_steps_with_an_output_each_are_more_to_learn_from(y, units, rate):
    made = built([list(word) for word in TEXT], y, network=Network())
    assert (made.network.units, made.network.dropout) == (units, 0.5)
    assert (made.training.learning_rate, made.training.label_smoothing) == (rate, 0.1)


def test_numbers_of_differing_length_are_refused_where_nothing_ends_them():
    with pytest.raises(SettingError) as caught:
        built(STEPS, OPEN, network=Network(architecture="repeat"))
    assert str(caught.value) == (
        "got output rows of different lengths for the architecture 'repeat', expected as many"
        " steps in every row: nothing would say where they end. Cut or fill the rows, or take"
        " architecture='decoder'."
    )


def test_text_may_still_be_said_without_a_decoder():
    made = built(FACTS, TEXT, network=Network(architecture="repeat"), **SPELLED)
    assert (made.bundle.step, made.training.label_smoothing) == (None, 0.0)


@pytest.mark.parametrize("sampling", ["none", "linear"])
@pytest.mark.parametrize(
    ("a", "y", "given"),
    [(FACTS, OPEN, {}), (STEPS, TEXT, SPELLED)],
    ids=["numbers from facts", "text from steps"],
)
def test_a_decoder_is_fitted_saved_and_loaded_with_all_its_faces(a, y, given, sampling, tmp_path):
    encoding, rows = encoded(a, y, **given)
    settings = SHORT.model_copy(update={"scheduled_sampling": sampling})
    made = fitting.fitted(fitting.built(encoding, rows, SMALL, settings), rows, rows)
    assert np.isfinite(made.histories[0].loss).all()
    write_model(tmp_path / "model", serialization.to_files(made))
    loaded = read_model(tmp_path / "model", {SEQUENCES: serialization.from_files})
    assert (loaded.spec, loaded.network, loaded.training) == (
        made.spec,
        made.network,
        made.training,
    )
    for name in ("model", "encode", "step"):
        ours, theirs = (getattr(trained.bundle, name).get_weights() for trained in (made, loaded))
        assert len(ours) > 2
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(other, one)
