"""A model of several seeds: fitted one by one, saved as one, said to be one."""

import json

import numpy as np
import pytest

import unrolled
from unrolled.errors import SettingError
from unrolled.training.progress import Progress

RNG = np.random.default_rng(0)
WORDS = [" ".join(RNG.choice(list("abcde"), size=n)) for n in RNG.integers(1, 7, size=60)]
TABLE = {"words": WORDS, "label": ["has" if "a" in row else "lacks" for row in WORDS]}
HELD = {name: column[:20] for name, column in TABLE.items()}


def fitted(**settings):
    training = unrolled.Training(**{"epochs": 3, "verbose": False} | settings)
    network = unrolled.Network(units=4)
    made = unrolled.SequenceModel({"words": "words"}, "label", network=network, training=training)
    return made.fit(TABLE, validation=HELD)


@pytest.fixture(scope="module")
def three():
    return fitted(seed=5, seeds=3)


@pytest.mark.slow
def test_it_is_the_mean_of_models_fitted_alone(three):
    alone = [fitted(seed=seed) for seed in (5, 6, 7)]
    assert three.histories_ == tuple(one.history_ for one in alone)
    assert len(set(three.histories_)) == 3
    assert three.history_ == three.histories_[0]
    for member, one in zip(three._trained.models.members, alone, strict=True):
        for ours, theirs in zip(
            member.get_weights(), one._trained.models.models_to_fit[0].get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_it_is_saved_as_one_and_says_the_same(three, tmp_path):
    loaded = unrolled.load(three.save(tmp_path / "model"))
    said = three.predict_proba(TABLE)
    assert loaded.predict_proba(TABLE) == said
    assert loaded.histories_ == three.histories_
    assert str(loaded.evaluate(TABLE)) == str(three.evaluate(TABLE))
    for text in ((tmp_path / "model" / "README.md").read_text(), str(loaded)):
        assert "The mean of 3 such networks, each trained separately." in text
    script = (tmp_path / "model" / "code.py").read_text()
    assert "# Each of the networks was trained separately, compiled like this.\n" in script


@pytest.mark.slow
def test_a_model_saved_before_there_were_several_loads(tmp_path):
    one = fitted()
    path = one.save(tmp_path / "model") / "manifest.json"
    manifest = json.loads(path.read_text())
    (manifest["history"],) = manifest["history"]
    for part, name in (("training", "seeds"), ("training", "class_weight"), ("ports", "labels")):
        del manifest[part][name]
    path.write_text(json.dumps(manifest))
    loaded = unrolled.load(tmp_path / "model")
    assert loaded.histories_ == (one.history_,)
    assert loaded.predict(TABLE) == one.predict(TABLE)


def interrupted(monkeypatch, after):
    """Press Ctrl-C once as many passes, of all networks together, have ended."""
    told, passes = Progress.epoch, []

    def epoch(self, number, **facts):
        told(self, number, **facts)
        passes.append(number)
        if len(passes) == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(Progress, "epoch", epoch)


@pytest.mark.slow
def test_ctrl_c_keeps_the_networks_that_there_are(three, monkeypatch, tmp_path):
    interrupted(monkeypatch, 5)
    two = fitted(seed=5, seeds=3)
    assert [h.stopped for h in two.histories_] == ["limit", "interrupted"]
    assert len(two._trained.models.members) == 2
    kept = three._trained.models.members[0].get_weights()
    for ours, theirs in zip(two._trained.models.members[0].get_weights(), kept, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert unrolled.load(two.save(tmp_path / "model")).predict(TABLE) == two.predict(TABLE)


@pytest.mark.slow
def test_ctrl_c_in_the_first_leaves_one_network(monkeypatch):
    interrupted(monkeypatch, 2)
    one = fitted(seed=5, seeds=3)
    assert (len(one.histories_), one._trained.models.members) == (1, ())
    assert set(one.predict(TABLE)["label"]) <= {"has", "lacks"}


@pytest.mark.slow
def test_each_line_of_progress_says_which_network(capsys):
    fitted(seeds=2, epochs=1, verbose=True)
    *lines, last = capsys.readouterr().err.splitlines()
    assert last.startswith("linear branch  0:")
    assert [line.partition("  ")[0] for line in lines] == ["network 1/2", "network 2/2"]
    assert [line.split()[3] for line in lines] == ["1/1", "1/1"]


@pytest.mark.slow
def test_a_decoder_of_two_writes_by_greedy_choice_and_by_beam():
    table = {
        "word": ["ab", "b", "abba", "ba", "a", "bb"],
        "said": ["a b", "b", "a b b a", "b a", "a", "b b"],
    }
    made = unrolled.SequenceModel(
        {"word": "characters"},
        {"said": "tokens"},
        shape="unaligned",
        network=unrolled.Network(units=8, dropout=0),
        training=unrolled.Training(epochs=60, seeds=2, learning_rate=0.02, verbose=False),
    ).fit(table, validation=table)
    assert made.predict(table)["said"] == table["said"]
    found = made.predict(table, decoding=unrolled.Decoding(beam=2))
    assert found["said"] == table["said"]
    assert made.attention({"word": ["abba"]})[0].weights.shape == (5, 4)
    assert "def generate(" in made.code()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        (
            {"seeds": 2},
            "seeds=2 has no effect on a Forecaster: it is one network and no ensemble. Leave seeds"
            " out of Training.",
        ),
        (
            {"class_weight": "balanced"},
            "class_weight='balanced' has no effect on a Forecaster: its outputs are numbers and no"
            " labels. Leave class_weight out of Training.",
        ),
    ],
    ids=str,
)
def test_a_forecaster_has_one_network(settings, text):
    with pytest.raises(SettingError) as caught:
        unrolled.Forecaster("y", horizon=2, training=unrolled.Training(**settings)).fit(
            {"y": [1.0, 2.0] * 20}
        )
    assert str(caught.value) == text
