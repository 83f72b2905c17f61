"""The real sets of the benchmarks: each a table with the names of what goes in and comes out.

They are read from the folder that `UNROLLED_DATA` names (default `../shared/data`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

ROOT = Path(os.environ.get("UNROLLED_DATA", Path(__file__).parents[2] / "shared" / "data"))


@dataclass(frozen=True)
class Real:
    """A set: the table, what goes in and out, and the rows of the standard test part."""

    table: pl.DataFrame
    inputs: dict[str, str] | list[str]
    outputs: dict[str, str] | list[str]
    test: np.ndarray

    @property
    def train(self) -> np.ndarray:
        return np.setdiff1d(np.arange(self.table.height), self.test)


def sentiment() -> Real:
    """3000 sentences of three sites; no standard test part (10-fold)."""
    rows = []
    for path in sorted((ROOT / "sentiment").glob("*_labelled.txt")):
        for line in path.read_text(encoding="utf-8").strip().split("\n"):
            text, label = line.rsplit("\t", 1)
            rows.append({"text": text.strip(), "label": int(label)})
    return Real(pl.DataFrame(rows), ["text"], ["label"], np.array([], int))


def trec() -> Real:
    """Questions of six kinds."""
    parts = []
    for part in ("train", "test"):
        lines = (ROOT / "trec" / f"TREC.{part}.all").read_text(encoding="latin-1").splitlines()
        pairs = [line.split(" ", 1) for line in lines if line.strip()]
        parts.append(pl.DataFrame({"text": [p[1] for p in pairs], "kind": [p[0] for p in pairs]}))
    return _parts(parts, ["text"], ["kind"])


def archive(name: str) -> Real:
    """A set of the UEA/UCR archive."""
    from unrolled.data.formats.read import read  # here: other libraries' sides need only the places

    parts = [read(ROOT / "uea_ucr" / f"{name}_{part}.ts") for part in ("TRAIN", "TEST")]
    return _parts(parts, {"series": "numbers"}, {"class": "category"})


def bike_days() -> Real:
    """Days with all 24 hours; every fifth one is the test."""
    raw = pl.read_csv(ROOT / "bike_sharing" / "hour.csv", infer_schema=False)
    hours = raw.with_columns(pl.col("hr", "cnt").str.strip_chars().cast(pl.Int64))
    curves = hours.group_by("dteday").agg(pl.col("cnt").sort_by("hr").alias("curve"))
    days = pl.read_csv(ROOT / "bike_sharing" / "day.csv", infer_schema_length=None)
    whole = curves.filter(pl.col("curve").list.len() == 24)
    table = days.join(whole, on="dteday").sort("dteday")
    kinds = {
        "season": "category",
        "mnth": "category",
        "weekday": "category",
        "weathersit": "category",
    }
    numbers = ["yr", "holiday", "workingday", "temp", "atemp", "hum", "windspeed"]
    inputs = kinds | dict.fromkeys(numbers, "number")
    return Real(table, inputs, {"curve": "numbers"}, np.arange(table.height)[4::5])


def names() -> Real:
    """Names of 18 languages, duplicates within a language removed; a tenth is the test."""
    rows = [
        {"name": name.strip(), "language": path.stem}
        for path in sorted((ROOT / "names").glob("*.txt"))
        if path.stem not in ("LICENSE", "SOURCE")
        for name in path.read_text(encoding="utf-8").splitlines()
        if name.strip()
    ]
    table = pl.DataFrame(rows).unique(maintain_order=True)
    test = np.random.default_rng(0).permutation(table.height)[: table.height // 10]
    return Real(table, {"name": "characters"}, ["language"], np.sort(test))


def atis() -> Real:
    """Words of requests and their slot tags."""
    parts = [requests(part) for part in ("train", "valid", "test")]
    return _parts([pl.concat(parts[:2]), parts[2]], {"words": "tokens"}, {"tags": "tokens"})


def requests(part: str) -> pl.DataFrame:
    """A part of ATIS: words of requests, their slot tags, and what is asked for."""
    lines = {
        column: (ROOT / "atis" / part / name).read_text(encoding="utf-8").splitlines()
        for column, name in (("words", "seq.in"), ("tags", "seq.out"), ("intent", "label"))
    }
    split = {column: [line.split() for line in lines[column]] for column in ("words", "tags")}
    return pl.DataFrame({**split, "intent": [line.strip() for line in lines["intent"]]})


def _parts(parts: list[pl.DataFrame], inputs: object, outputs: object) -> Real:
    table = pl.concat(parts)
    return Real(table, inputs, outputs, np.arange(parts[0].height, table.height))  # type: ignore[arg-type]


SETS = {
    "sentiment": sentiment,
    "trec": trec,
    "vowels": lambda: archive("JapaneseVowels"),
    "gunpoint": lambda: archive("GunPoint"),
    "bike": bike_days,
    "names": names,
    "atis": atis,
}
