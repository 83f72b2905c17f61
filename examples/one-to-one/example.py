"""A day's facts -> its rentals."""

from importlib.resources import files

import unrolled

DAYS = files("unrolled") / "demos" / "days.jsonl"

model = unrolled.SequenceModel(
    ["year", "season", "weekday", "workday", "sky", "temperature", "humidity", "wind"],
    "total",
    training=unrolled.Training(split="time", split_by="date"),
)
print(model.fit_and_evaluate(DAYS))
print(model.code())
