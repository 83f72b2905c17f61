"""How good are the defaults on real sets, beside baselines and published figures?

    python benchmarks/accuracy.py --sets bike vowels sentiment --seeds 3

No setting is given but column names. Standard test parts; sentiment by ten folds. Prints a table
in Markdown, each row the mean and standard deviation over seeds (or folds).
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sets import SETS, Real
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import StratifiedKFold

import unrolled

PUBLISHED = {
    "sentiment": "logistic regression on word counts .840",
    "trec": "CNN with random vectors .882 (Kim 2014); n-gram logistic regression .896",
    "vowels": "LSTM-FCN .99; logistic regression on 4 statistics .984",
    "gunpoint": "LSTM-FCN 1.0",
    "names": "character 1-4-gram logistic regression .825",
    "atis": "slot F1: slot-gated BLSTM .9520, deep LSTM .9566 (see tagging.py)",
    "bike": "mean curve RMSE: mean 108.9, ridge 57.7, random forest 52.1",
}


def fitted(real: Real, rows: np.ndarray, seed: int) -> unrolled.SequenceModel:
    """Return a model with default settings, trained on some rows."""
    training = unrolled.Training(seed=seed, verbose=False)
    return unrolled.SequenceModel(real.inputs, real.outputs, training=training).fit(
        real.table[rows]
    )


def scores(real: Real, train: np.ndarray, test: np.ndarray, seed: int) -> dict[str, float]:
    """Return the main score of the network and of its baselines."""
    evaluation = fitted(real, train, seed).evaluate(real.table[test])
    table = next(iter(evaluation.scores.values()))
    return {who: next(iter(metrics.values())) for who, metrics in table.items()}


def curve_scores(real: Real, seed: int) -> dict[str, float]:
    """Return the mean over test days of the RMSE of a day's curve, a random forest beside it."""
    true = np.array(real.table[real.test]["curve"].to_list())
    model = fitted(real, real.train, seed)
    said = {"network": model.predict(real.table[real.test])["curve"].to_list()}
    facts = real.table.select(list(real.inputs)).to_numpy()
    curves = np.array(real.table["curve"].to_list())
    forest = RandomForestRegressor(n_estimators=500, random_state=seed, n_jobs=-1)
    forest.fit(facts[real.train], curves[real.train])
    said["random forest"] = forest.predict(facts[real.test])
    return {
        who: float(np.sqrt(((np.array(curve) - true) ** 2).mean(axis=1)).mean())
        for who, curve in said.items()
    }


def runs(name: str, seeds: int) -> list[dict[str, float]]:
    """Return the scores of every seed, or of every fold."""
    real = SETS[name]()
    if name == "bike":
        return [curve_scores(real, seed) for seed in range(seeds)]
    if len(real.test):
        return [scores(real, real.train, real.test, seed) for seed in range(seeds)]
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    labels = real.table[real.outputs[0]].to_numpy()
    return [scores(real, a, b, 0) for a, b in folds.split(labels, labels)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    print("| set | network | baselines, same run | published | runs | seconds a run |")
    print("|---|---|---|---|---|---|")
    for name in asked.sets:
        began = time.perf_counter()
        found = runs(name, asked.seeds)
        seconds = (time.perf_counter() - began) / len(found)
        means = {who: np.mean([run[who] for run in found]) for who in found[0]}
        spread = np.std([run["network"] for run in found])
        ours = means.pop("network")
        beside = ", ".join(f"{who} {value:.4g}" for who, value in means.items())
        print(
            f"| {name} | {ours:.4g} ± {spread:.2g} | {beside} | {PUBLISHED[name]}"
            f" | {len(found)} | {seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
