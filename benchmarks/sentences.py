"""From a dialogue act to a sentence, by the protocol of Wen et al. (EMNLP 2015).

    python benchmarks/sentences.py --seeds 3
    python benchmarks/sentences.py --part valid      # to choose by

Values of slots are replaced by marks (SLOT_NAME) in acts and sentences. For each different act of
the part twenty sentences are written by a beam; the five with the fewest wrong slots, then the
highest log-probability a token, are put back into words and scored. BLEU is that of all five
against every sentence of the part whose act has the same marks, put into this act's words. The
slot error is the number of marks missing or said too often, by the number of marks asked for, over
the five.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter, defaultdict
from typing import NamedTuple

import numpy as np
import polars as pl
import sacrebleu
from sets import ROOT

import unrolled

PLAIN = ("none", "yes", "no", "dontcare", "dont_care")  # values that are not spoken themselves
SPOKEN = {"address", "area", "count", "food", "goodformeal", "name", "near", "phone", "postcode",
          "price", "pricerange"}  # fmt: skip
MANY, KEPT = 20, 5
SLOT = re.compile(r"(\w+)(?:=(?:'([^']*)'|([^;)]*)))?")


class Act(NamedTuple):
    tokens: tuple[str, ...]  # its kind, then its slots with marks for values
    values: tuple[tuple[str, str], ...]  # mark, value


def act(text: str) -> Act:
    kind, _, inside = text.partition("(")
    tokens, values = [kind], []
    for slot, quoted, bare in SLOT.findall(inside.rstrip(")")):
        value = (quoted or bare).lower()
        if slot in SPOKEN and value and value not in PLAIN:
            mark = f"SLOT_{slot.upper()}"
            values.append((mark, value))
            tokens.append(mark)
        else:
            tokens.append(f"{slot}={value}" if value else slot)
    return Act((tokens[0], *sorted(tokens[1:])), tuple(values))


def marked(sentence: str, values: tuple[tuple[str, str], ...]) -> str:
    """Put marks for values, the longest first."""
    for mark, value in sorted(values, key=lambda pair: -len(pair[1])):
        sentence = re.sub(rf"(?<!\S){re.escape(value)}(?!\S)", mark, sentence)
    return sentence


def spoken(sentence: str, values: tuple[tuple[str, str], ...]) -> str:
    """Put values for marks, each value once where a mark comes several times."""
    left = defaultdict(list)
    for mark, value in values:
        left[mark].append(value)
    words = []
    for word in sentence.split():
        found = left.get(word)
        words.append(word if not found else found.pop(0) if len(found) > 1 else found[0])
    return " ".join(words)


def part(name: str) -> list[tuple[Act, str]]:
    text = (ROOT / "rnnlg" / "restaurant" / f"{name}.json").read_text(encoding="utf-8")
    rows = [(act(a), said.lower()) for a, said, _ in json.loads(text[text.index("[") :])]
    return [(a, marked(said, a.values)) for a, said in rows]


def table(rows: list[tuple[Act, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {"act": [list(a.tokens) for a, _ in rows], "sentence": [s.split() for _, s in rows]}
    )


def errors(sentence: list[str], a: Act) -> int:
    """Return how many marks are missing or said too often."""
    asked = Counter(mark for mark, _ in a.values)
    said = Counter(word for word in sentence if word.startswith("SLOT_"))
    return sum((asked - said).values()) + sum((said - asked).values())


def run(seed: int, name: str) -> tuple[float, float, float]:
    """Return BLEU, the slot error in percent, and the seconds of fitting."""
    began = time.perf_counter()
    model = unrolled.SequenceModel(
        {"act": "tokens"}, {"sentence": "tokens"}, shape="unaligned",
        training=unrolled.Training(seed=seed, verbose=False),
    ).fit(table(part("train")), validation=table(part("valid")))  # fmt: skip
    seconds = time.perf_counter() - began
    rows = part(name)
    references = defaultdict(list)
    for a, sentence in rows:
        references[a.tokens].append(sentence)
    acts = list({a: None for a, _ in rows})
    drawn = model.predict(
        {"act": [list(a.tokens) for a in acts]},
        decoding=unrolled.Decoding(beam=MANY, n_best=MANY),
    )
    said, against, wrong, asked = [], [], 0, 0
    names = ["sentence", *(f"sentence-{i}" for i in range(2, MANY + 1))]
    for i, a in enumerate(acts):
        found = {tuple(drawn[n][i]): drawn[f"{n}-score"][i] for n in names}
        best = sorted(found, key=lambda s, a=a, f=found: (errors(list(s), a), -f[s]))[:KEPT]
        for sentence in best:
            wrong += errors(list(sentence), a)
            asked += len(a.values)
            said.append(spoken(" ".join(sentence), a.values))
            against.append([spoken(s, a.values) for s in references[a.tokens]])
    most = max(map(len, against))
    streams = [[r[k] if k < len(r) else None for r in against] for k in range(most)]
    bleu = sacrebleu.corpus_bleu(said, streams, tokenize="none", force=True).score / 100
    return bleu, 100 * wrong / asked, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--part", default="test", choices=["valid", "test"])
    asked = parser.parse_args()
    found = []
    for seed in range(asked.seeds):
        found.append(run(seed, asked.part))
        print(f"  seed {seed}: BLEU {found[-1][0]:.4f}, slot error {found[-1][1]:.2f}%,"
              f" {found[-1][2]:.0f} s", flush=True)  # fmt: skip
    mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
    print("| BLEU | slot error % | SC-LSTM (Wen et al. 2015) | s a fit |\n|---|---|---|---|")
    print(f"| {mean[0]:.4f} ± {spread[0]:.4f} | {mean[1]:.2f} ± {spread[1]:.2f} | .7525, .38"
          f" | {mean[2]:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
