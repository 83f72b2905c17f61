"""`unrolled export`: a bundle from a saved model, and one line for what cannot be exported."""

import json
from pathlib import Path

SAVED = Path(__file__).parents[1] / "saved"


def test_a_saved_model_becomes_a_bundle(unrolled, folder):
    done = unrolled(f"export {SAVED / 'format-3-sequences'} -o bundle.zip")
    assert (done.status, done.out, done.err) == (0, "wrote  bundle.zip\n", "")
    again = unrolled(f"export {SAVED / 'format-3-sequences'} -o bundle")
    assert again.status == 0
    facts = json.loads((folder / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    assert "encode.onnx" in facts["files"]
    assert sorted(path.name for path in folder.iterdir()) == ["bundle", "bundle.zip"]


def test_a_forecaster_is_refused(unrolled, folder):
    done = unrolled(f"export {SAVED / 'format-3-forecasts'} -o bundle")
    assert done.status == 2
    assert "is a forecaster, and a forecaster cannot be exported yet" in " ".join(done.err.split())
    assert list(folder.iterdir()) == []


def test_an_option_without_effect_is_refused(unrolled, folder):
    done = unrolled(f"export {SAVED / 'format-3-sequences'} -o bundle --separator ;")
    assert done.status == 2
    assert "--separator says how a table is read, and no table is given" in " ".join(
        done.err.split()
    )
    assert list(folder.iterdir()) == []
