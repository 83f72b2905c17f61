"""A name, letter by letter -> the language it comes from."""

from pathlib import Path

import unrolled

NAMES = Path(__file__).with_name("names.csv")

model = unrolled.SequenceModel(["name:characters"], ["language"])
print(model.fit_and_evaluate(NAMES))
print(model.predict({"name": ["Nakamura", "Kowalczyk", "Rossi"]}))
