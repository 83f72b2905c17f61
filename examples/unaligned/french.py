"""French letters -> phonemes, by a chained decoder."""

from pathlib import Path

import unrolled

FRENCH = Path(__file__).with_name("french.csv")

model = unrolled.SequenceModel(["word:characters"], ["phonemes:tokens"])
print(model.fit_and_evaluate(FRENCH))
print(model.reason_)
print(model.predict({"word": ["abandonner", "bonjour"]}))
print(model.predict({"word": ["eaux"]}, decoding=unrolled.Decoding(beam=5, n_best=3)))
print(model.attention({"word": ["anneaux"]})[0])
