"""French letters -> phonemes: as far as the shape goes."""

from pathlib import Path

import unrolled

FRENCH = Path(__file__).with_name("french.csv")

model = unrolled.SequenceModel(["word:characters"], ["phonemes:tokens"])
print(model.trial(FRENCH))
print(model.reason)
print(model.predict({"word": ["abandonner", "bonjour"]}))
