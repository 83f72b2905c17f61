"""Hourly weather -> the day's rentals."""

from importlib.resources import files

import unrolled

DAYS = files("unrolled") / "demos" / "days.jsonl"

model = unrolled.SequenceModel(
    ["hours", "year", "season", "workday"],
    "total",
    training=unrolled.Training(split="time", split_by="date"),
)
print(model.fit_and_evaluate(DAYS))
print(model.code())
