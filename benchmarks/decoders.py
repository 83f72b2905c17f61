"""How good are decoders on real sets, beside baselines and published figures?

    python benchmarks/decoders.py g2p --languages fre hun ice rum dut --seeds 3
    python benchmarks/decoders.py names --seeds 3
    python benchmarks/decoders.py cmudict --epochs 4
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
                  f" best pass {model.history_.best_epoch} of {len(model.history_.loss)}",
                  flush=True)  # fmt: skip
        together = wrong(ensemble(beams), true)
        rows.append([np.mean(greedy), np.mean(searched), together, PUBLISHED[language]])
        cells = [f"{np.mean(x):.2f} ± {np.std(x):.2f}" for x in (greedy, searched)]
        print(f"| {language} | {cells[0]} | {cells[1]} | {together:.2f} | {PUBLISHED[language]:.2f}"
              f" | {np.mean(seconds):.0f} |", flush=True)  # fmt: skip
    means = " | ".join(f"{mean:.2f}" for mean in np.mean(rows, axis=0))
    print(f"| mean | {means} | |", flush=True)


def named() -> list[pl.DataFrame]:
    """Return names with their languages, each pair once: test (a tenth), dev (a tenth), train."""
    rows = sorted({
        (path.stem, line.strip())
        for path in (ROOT / "names").glob("*.txt")
        if path.stem != "SOURCE"
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    })  # fmt: skip
    frame = pl.DataFrame(rows, schema=["language", "name"], orient="row")
    frame, tenth = frame.sample(fraction=1, shuffle=True, seed=0), frame.height // 10
    return [frame[:tenth], frame[tenth : 2 * tenth], frame[2 * tenth :]]


def names(seeds: int, part: str) -> None:
    """Nats a character (the end counts as one) of held-out names, beside a Kneser-Ney 5-gram.

    The 5-gram interpolates that of the language with that of all names.
    """
    test, dev, train = named()
    test = dev if part == "dev" else test
    print("| seed | NLL per character | 5-gram | s |")
    print("|---|---|---|---|", flush=True)
    found = []
    for seed in range(seeds):
        began = time.perf_counter()
        model = unrolled.SequenceModel(
            "language",
            {"name": "text:characters"},
            training=unrolled.Training(seed=seed, verbose=False),
        ).fit(train, validation=dev)
        seconds = time.perf_counter() - began
        scores = model.evaluate(test).scores["name"]
        found.append([scores[who]["NLL per token"] for who in ("network", "n-gram")])
        print(f"| {seed} | {found[-1][0]:.4f} | {found[-1][1]:.4f} | {seconds:.0f} |", flush=True)
    print("| mean | " + " | ".join(f"{mean:.4f}" for mean in np.mean(found, axis=0)) + " | |")
    known = set(train["name"])
    for language in ("Italian", "Japanese", "Russian"):
        drawn = model.predict(
            {"language": [language]}, decoding=unrolled.Decoding(samples=60, seed=1)
        )
        new = dict.fromkeys(drawn[k][0] for k in drawn if not k.endswith(("-score", "-cut")))
        fresh = [name for name in new if name not in known]
        print(f"{language}, {len(new) - len(fresh)} of {len(new)} different ones are in the"
              f" training part; of the others: {', '.join(fresh[:20])}")  # fmt: skip


def cmudict(epochs: int | None) -> None:
    """English words: a word is right if it is said in one of the ways the dictionary has."""
    parts = []
    for name in ("train-dev-20-21", "train-dev-1-21", "test"):
        path = ROOT / "cmudict_g2p" / f"cmudict-0.7b.{name}"
        rows = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        parts.append(pl.DataFrame(rows, schema=["word", "sounds"], orient="row"))
    train, dev, test = parts
    began = time.perf_counter()
    model = unrolled.SequenceModel(
        {"word": "characters"}, {"sounds": "tokens"}, training=unrolled.Training(epochs=epochs)
    ).fit(train, validation=dev)
    seconds = time.perf_counter() - began
    words = test.group_by("word", maintain_order=True).agg("sounds")
    for name, decoding in (("greedy", unrolled.Decoding()), ("beam 5", BEAM)):
        said = model.predict(words.select("word"), decoding=decoding)["sounds"].to_list()
        ways = words["sounds"].to_list()
        off = 100 * np.mean([one not in some for one, some in zip(said, ways, strict=True)])
        print(f"{name}: {off:.2f}% of {words.height} words wrong")
    print(f"{seconds:.0f} s, validation losses {model.history_.validation}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=["g2p", "names", "cmudict"])
    parser.add_argument("--languages", nargs="+", default=list(LANGUAGES))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="of cmudict; takes hours unless given")
    parser.add_argument("--part", default="test", choices=["dev", "test"])
    asked = parser.parse_args()
    if asked.set == "g2p":
        g2p(asked.languages, asked.seeds, asked.part)
    elif asked.set == "names":
        names(asked.seeds, asked.part)
    else:
        cmudict(asked.epochs)


if __name__ == "__main__":
    main()
