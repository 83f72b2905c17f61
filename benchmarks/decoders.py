"""How good are chained decoders on real sets, beside references and published figures?

    python benchmarks/decoders.py g2p --languages fre hun ice rum dut --seeds 3
    python benchmarks/decoders.py names --seeds 3
    python benchmarks/decoders.py g2p --part dev        # to choose defaults by

No setting is given but column names. The dev part of a set says when to stop, the test part is
scored once. An ensemble gives, of what its models' beams hold, what they like best together.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict

import numpy as np
import polars as pl
from sets import ROOT

import unrolled

LANGUAGES = ("fre", "hun", "ice", "rum", "dut")
PUBLISHED = {"fre": 6.22, "hun": 5.33, "ice": 10.00, "rum": 10.67, "dut": 16.44}
BEAM = unrolled.Decoding(beam=5, n_best=5)


def g2p_part(language: str, part: str) -> pl.DataFrame:
    path = ROOT / "sigmorphon2020_g2p" / part / f"{language}_{part}.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return pl.DataFrame(rows, schema=["word", "sounds"], orient="row")


def wrong(said: list[str], true: list[str]) -> float:
    """Return the share of words not wholly right, in percent."""
    return 100 * float(np.mean([a != b for a, b in zip(said, true, strict=True)]))


def ensemble(beams: list[pl.DataFrame]) -> list[str]:
    """Return for each row the hypothesis with the highest mean log-probability.

    A model that does not hold a hypothesis in its beam is taken to like it as little as its last.
    """
    found = []
    for rows in zip(*[beam.iter_rows(named=True) for beam in beams], strict=True):
        names = [name for name in rows[0] if f"{name}-score" in rows[0]]
        lists = [{row[n]: row[f"{n}-score"] for n in reversed(names)} for row in rows]
        total: dict[str, float] = defaultdict(float)
        for text in {text for scores in lists for text in scores}:
            total[text] = sum(scores.get(text, min(scores.values()) - 1) for scores in lists)
        found.append(max(total, key=total.__getitem__))
    return found


def g2p(languages: list[str], seeds: int, part: str) -> None:
    print(
        "| language | WER greedy | WER beam 5 | ensemble of the seeds | published LSTM | s a fit |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    rows = []
    for language in languages:
        train, dev, test = (g2p_part(language, p) for p in ("train", "dev", part))
        greedy, searched, beams, seconds = [], [], [], []
        for seed in range(seeds):
            began = time.perf_counter()
            model = unrolled.SequenceModel(
                {"word": "characters"},
                {"sounds": "words"},
                training=unrolled.Training(seed=seed, verbose=False),
            ).fit(train, validation=dev)
            seconds.append(time.perf_counter() - began)
            true = test["sounds"].to_list()
            greedy.append(wrong(model.predict(test)["sounds"].to_list(), true))
            beams.append(model.predict(test, decoding=BEAM))
            searched.append(wrong(beams[-1]["sounds"].to_list(), true))
            print(f"  {language} {seed}: {greedy[-1]:.2f} {searched[-1]:.2f} {seconds[-1]:.0f} s,"
                  f" best pass {model.history.best_epoch} of {len(model.history.loss)}",
                  flush=True)  # fmt: skip
        together = wrong(ensemble(beams), true)
        rows.append([np.mean(greedy), np.mean(searched), together, PUBLISHED[language]])
        cells = [f"{np.mean(x):.2f} ± {np.std(x):.2f}" for x in (greedy, searched)]
        print(f"| {language} | {cells[0]} | {cells[1]} | {together:.2f} | {PUBLISHED[language]:.2f}"
              f" | {np.mean(seconds):.0f} |", flush=True)  # fmt: skip
    means = " | ".join(f"{mean:.2f}" for mean in np.mean(rows, axis=0))
    print(f"| mean | {means} | |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=["g2p"])
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", default="test", choices=["dev", "test"])
    asked = parser.parse_args()
    g2p(asked.languages, asked.seeds, asked.part)


if __name__ == "__main__":
    main()
