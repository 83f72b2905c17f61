"""Last week -> the next three days."""

from importlib.resources import files

import unrolled

DAYS = files("unrolled") / "demos" / "days.jsonl"

model = unrolled.SequenceModel(
    ["last_week"],
    "next_days:numbers",
    training=unrolled.Training(split="time", split_by="date"),
)
print(model.fit_and_evaluate(DAYS))
print(model.code())
