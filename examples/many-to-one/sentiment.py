"""A sentence -> whether it praises."""

from pathlib import Path

import unrolled

SENTENCES = Path(__file__).with_name("sentences.csv")

model = unrolled.SequenceModel(["text"], ["label"])
print(model.fit_and_evaluate(SENTENCES))
print(model.predict({"text": ["What a waste of money.", "I love this place!"]}))
