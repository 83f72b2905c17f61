"""How well are words tagged, and what is asked for found, by the defaults?

    python benchmarks/tagging.py --seeds 3              # trained on train, stopped by valid
    python benchmarks/tagging.py --seeds 1 --part valid # to choose settings by

ATIS: slot F1 as conlleval counts it, intent accuracy. No setting is given but column names. Each
network is trained on the standard train part and stopped by the valid part. Prints a table in
Markdown, each row the mean and standard deviation over seeds.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from sets import ROOT, requests

import unrolled

WORDS = {"words": "tokens"}
ASKED = {
    "tags and intent": {"tags": "tokens", "intent": "category"},
    "tags": {"tags": "tokens"},
}
PUBLISHED = "slot-gated BLSTM 95.20, deep LSTM 95.66; intent 94.1"


def scores(outputs: dict[str, str], part: str, seed: int) -> dict[str, dict[str, float]]:
    """Return the first metric of each output, by who predicted."""
    train, valid, held = (requests(name) for name in ("train", "valid", part))
    training = unrolled.Training(seed=seed, verbose=False)
    model = unrolled.SequenceModel(WORDS, outputs, training=training)
    model.fit(train, validation=valid)
    scored = {
        name: {who: next(iter(metrics.values())) for who, metrics in table.items()}
        for name, table in model.evaluate(held).scores.items()
    }
    ours = ", ".join(f"{name} {100 * table['network']:.2f}" for name, table in scored.items())
    print(f"seed {seed}: {ours}", file=sys.stderr, flush=True)
    return scored


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", choices=["valid", "test"], default="test")
    parser.add_argument("--outputs", nargs="+", choices=list(ASKED), default=list(ASKED))
    asked = parser.parse_args()
    print(f"{ROOT / 'atis'}, scored on {asked.part}. Published: {PUBLISHED}.\n")
    print("| network of | output | network | references, same run | runs | seconds a run |")
    print("|---|---|---|---|---|---|")
    for label in asked.outputs:
        began = time.perf_counter()
        runs = [scores(ASKED[label], asked.part, seed) for seed in range(asked.seeds)]
        seconds = (time.perf_counter() - began) / len(runs)
        for output in ASKED[label]:
            tables = [run[output] for run in runs]
            means = {who: 100 * np.mean([table[who] for table in tables]) for who in tables[0]}
            spread = 100 * np.std([table["network"] for table in tables])
            ours = f"{means.pop('network'):.2f} ± {spread:.2f}"
            beside = ", ".join(f"{who} {value:.2f}" for who, value in means.items())
            print(
                f"| {label} | {output} | {ours} | {beside} | {len(runs)} | {seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
