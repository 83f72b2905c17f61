"""Tags for the steps and a label for the whole row, from one network."""

import subprocess
import sys

import numpy as np
import pytest

import unrolled
from unrolled.inference import generate
from unrolled.networks import NetworkSpec, build
from unrolled.settings import Network

RNG = np.random.default_rng(0)
PLACES, VERBS = ["rome", "oslo", "lima"], {"fly": "flight", "stay": "hotel"}


def sentence(verb):
    """Return words, their tags, and what they ask for."""
    fillers = RNG.choice(["please", "now", "i"], size=RNG.integers(0, 4)).tolist()
    before = RNG.choice(["from", "to"])
    words = [*fillers, verb, str(before), str(RNG.choice(PLACES))]
    return words, ["O"] * (len(words) - 1) + [f"B-{before}"], VERBS[verb]


ROWS = [sentence(str(RNG.choice(list(VERBS)))) for _ in range(120)]
TABLE = dict(zip(("words", "tags", "intent"), map(list, zip(*ROWS, strict=True)), strict=True))
KINDS = {"words": "tokens"}, {"tags": "tokens", "intent": "category"}


@pytest.fixture(scope="module")
def model():
    training = unrolled.Training(epochs=30, learning_rate=0.01, verbose=False)
    made = unrolled.SequenceModel(*KINDS, network=Network(units=8), training=training)
    return made.fit(TABLE)


@pytest.mark.slow
def test_both_are_learned_and_scored_beside_references_of_their_own(model):
    scores = model.evaluate(TABLE).scores
    assert list(scores["tags"]) == ["network", "most frequent", "ridge"]
    assert list(scores["intent"]) == ["network", "most frequent", "logistic regression"]
    assert next(iter(scores["tags"]["network"].items())) == ("span F1", pytest.approx(1, abs=0.02))
    assert scores["intent"]["network"]["accuracy"] > 0.98
    assert scores["tags"]["most frequent"]["span F1"] == 0
    assert scores["intent"]["most frequent"]["accuracy"] < 0.7


def test_a_row_alone_gets_what_it_gets_among_others(model):
    trained = model._trained
    rows = unrolled.data.ingest.ingest(TABLE, None, model.schema_.inputs, None).table
    examples = trained.encoder.encode(rows, targets=False)
    together = generate.generate_outputs(trained.runtime, trained.spec, examples)
    for row in range(0, 120, 17):
        one = trained.encoder.encode(rows.take([row]), targets=False)
        for name, said in generate.generate_outputs(trained.runtime, trained.spec, one).items():
            np.testing.assert_allclose(said[0], together[name][row], rtol=1e-4, atol=1e-5)


def test_the_label_of_a_row_does_not_see_the_padding():
    spec = NetworkSpec(
        "aligned", values=2, heads={"tags": 3, "label": 2}, pooled=("label",), ragged=True
    )
    network = build(spec, Network(units=4))
    x = RNG.normal(size=(1, 7, 2)).astype("float32")
    mask = np.arange(7)[None] < 4
    padded = network.predict_on_batch({"x": x, "mask": mask})
    cut = network.predict_on_batch({"x": x[:, :4], "mask": mask[:, :4]})
    assert padded["label"].shape == (1, 2)
    np.testing.assert_allclose(padded["label"], cut["label"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(padded["tags"][:, :4], cut["tags"], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_saved_model_says_the_same_and_its_script_runs_alone(model, tmp_path):
    folder = model.save(tmp_path / "model")
    loaded = unrolled.load(folder)
    assert loaded.predict(TABLE) == model.predict(TABLE)
    assert str(loaded.evaluate(TABLE)) == str(model.evaluate(TABLE))
    script = (folder / "code.py").read_text()
    assert "layers.GlobalAveragePooling1D()(h, mask=mask)" in script
    loss = "smoothed"
    assert all(f'"{name}": {loss}' in script for name in ("tags", "intent"))
    shapes = "print({name: y.shape for name, y in model.output.items()})"
    done = subprocess.run(
        [sys.executable, "-c", script + shapes], check=True, capture_output=True, text=True
    )
    assert done.stdout == "{'tags': (None, None, 5), 'intent': (None, 2)}\n"


def test_the_picture_says_that_there_is_one_for_the_row(model):
    words = " ".join(str(model.diagram()).split())
    assert "has its own output, and the mean of all states gives one for the whole row." in words
    assert "and 2 values for the row." in model.diagram().svg


def test_without_tags_beside_it_nothing_says_so():
    plain = unrolled.SequenceModel(
        {"words": "tokens"}, {"tags": "tokens"}, network=Network(units=4)
    )
    plain.set_params(training=unrolled.Training(epochs=1, verbose=False))
    assert "whole row" not in str(plain.fit(TABLE).diagram())


@pytest.mark.slow
def test_a_column_file_goes_in_and_comes_out(tmp_path):
    sentences = zip(TABLE["words"], TABLE["tags"], strict=True)
    train, new, out = (tmp_path / f"{name}.conll" for name in ("train", "new", "out"))
    train.write_text(
        "\n".join(
            "".join(f"{word} {tag}\n" for word, tag in zip(*pair, strict=True))
            for pair in sentences
        )
    )
    new.write_text("please\nfly\nto\nrome\n\nstay\nfrom\nlima\n")
    training = unrolled.Training(epochs=30, learning_rate=0.01, verbose=False)
    made = unrolled.SequenceModel(outputs="tag", network=Network(units=8), training=training)
    assert "BIO tags of 2 types" in str(made.fit(train))
    made.predict_file(new, out)
    assert out.read_text() == "please O\nfly O\nto O\nrome B-to\n\nstay O\nfrom O\nlima B-from\n\n"
