"""A day's facts -> its 24-hour curve."""

from importlib.resources import files

import unrolled

DAYS = files("unrolled") / "demos" / "days.jsonl"

model = unrolled.SequenceModel(
    ["year", "season", "weekday", "workday", "sky", "temperature", "humidity", "wind"],
    "curve:numbers",
    training=unrolled.Training(split="time", split_by="date"),
)
print(model.fit_and_evaluate(DAYS))
print(model.code())
