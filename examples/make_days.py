"""Make the table of days that the demo and the examples use from the UCI bike-sharing files.

    python examples/make_days.py PATH_TO/bike_sharing

Each row of `days.jsonl` is a day: its facts, its total, its 24-hour curve, its 24 hours of
weather, the week before it and three days from it on. Days that lack an hour, or whose week
before or days after reach beyond the data, are left out. Normalised weather is turned back into
degrees, percent and km/h as the data's Readme says.
"""

import json
import sys
from pathlib import Path

import polars as pl

SEASONS = {1: "winter", 2: "spring", 3: "summer", 4: "autumn"}
SKIES = {1: "clear", 2: "mist", 3: "rain or snow", 4: "storm"}
WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]


def main(folder: Path) -> None:
    hour = pl.read_csv(folder / "hour.csv", infer_schema=False).with_columns(
        pl.exclude("dteday").str.strip_chars().cast(pl.Float64)
    )
    days = pl.read_csv(folder / "day.csv", infer_schema_length=None).sort("dteday").to_dicts()
    hours = {key[0]: part.sort("hr").to_dicts() for key, part in hour.group_by("dteday")}
    target = Path(__file__).parents[1] / "src" / "unrolled" / "demos" / "days.jsonl"
    lines = [
        json.dumps(row(days, i, hours[day["dteday"]]))
        for i, day in enumerate(days)
        if 7 <= i < len(days) - 3 and len(hours[day["dteday"]]) == 24
    ]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} days -> {target}")


def row(days: list[dict], i: int, hours: list[dict]) -> dict:
    """Return one day."""
    day = days[i]
    return {
        "date": day["dteday"],
        "year": 2011 + day["yr"],
        "season": SEASONS[day["season"]],
        "month": day["mnth"],
        "weekday": WEEKDAYS[day["weekday"]],
        "workday": day["workingday"],
        "sky": SKIES[day["weathersit"]],
        **weather(day),
        "total": day["cnt"],
        "curve": [int(h["cnt"]) for h in hours],
        "hours": [[*weather(h).values(), int(h["weathersit"]), int(h["hr"])] for h in hours],
        "last_week": [
            [d["cnt"], *weather(d).values(), d["weathersit"], d["workingday"]]
            for d in days[i - 7 : i]
        ],
        "next_days": [d["cnt"] for d in days[i : i + 3]],
    }


def weather(facts: dict) -> dict:
    """Return the temperature (deg C), humidity (%) and wind (km/h) of an hour or a day."""
    return {
        "temperature": round(facts["temp"] * 41, 1),
        "humidity": round(facts["hum"] * 100),
        "wind": round(facts["windspeed"] * 67, 1),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
