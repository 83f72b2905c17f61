"""How long does writing the sounds of 450 French words take, beside the compiled loop of before?

    git worktree add /tmp/before ee02272
    cp .venv-3.11/lib/python3.11/site-packages/unrolled/kernels/_kernels.* \\
        /tmp/before/src/unrolled/kernels/
    python benchmarks/decoding_speed.py --before /tmp/before/src

Commit ee02272 is the last one that decodes with a loop that JAX compiles. It trains a network (a
bidirectional encoder and a decoder with attention, 128 units) for two epochs and saves it. Both
sides load it and predict the same words, greedily and with a beam of four, each in a process of its
own, asked in turn. Figures are medians in seconds; what is compiled is compiled before, and the
time of the first call is stated beside. The written text must be the same, and the scores to 1e-4.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from turns import answer, in_turn, timed

BEFORE, NOW = "compiled by JAX", "NumPy"
COLUMNS = {"word": "characters"}, {"sounds": "tokens"}


def use_source(folder):
    """Import `unrolled` from a folder, and not from where it is installed."""
    sys.meta_path = [f for f in sys.meta_path if not type(f).__module__.startswith("_editable")]
    sys.path.insert(0, folder)


def parts():
    from decoders import g2p_part

    return [{n: g2p_part("fre", part)[n].to_list() for n in ("word", "sounds")}
            for part in ("train", "dev")]  # fmt: skip


def train(folder):
    import unrolled

    rows, dev = parts()
    model = unrolled.SequenceModel(
        *COLUMNS,
        network=unrolled.Network(architecture="decoder", units=128),
        training=unrolled.Training(epochs=2, verbose=False),
    )
    model.fit(rows, validation=dev).save(folder)


def work(side, folder):
    def built():
        import unrolled

        words = {"word": parts()[1]["word"]}
        model = unrolled.load(folder)
        ways = [unrolled.Decoding(), unrolled.Decoding(beam=4)]
        first = [timed(lambda way=way: model.predict(words, decoding=way)) for way in ways]
        tables = [model.predict(words, decoding=way) for way in ways]
        written = [{name: list(column) for name, column in table.items()} for table in tables]
        Path(folder, f"{side}.json").write_text(json.dumps(written, default=float))
        return lambda: [
            *(timed(lambda way=way: model.predict(words, decoding=way)) for way in ways),
            *first,
        ]

    answer(built)


def compare(folder):
    """Return the largest difference of scores; what is written must be the same."""
    before, now = (json.loads(Path(folder, f"{side}.json").read_text()) for side in (BEFORE, NOW))
    worst = 0.0
    for a, b in zip(before, now, strict=True):
        assert a["sounds"] == b["sounds"]
        assert a["sounds-cut"] == b["sounds-cut"]
        worst = max(worst, np.abs(np.subtract(a["sounds-score"], b["sounds-score"])).max())
    assert worst < 1e-4, worst
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", help="the folder `src` of the older commit")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--model", help="a folder with the trained network, to train it only once")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        if options.work != NOW:
            use_source(os.environ["BEFORE"])
        folder = os.environ["MODEL"]
        train(folder) if options.work == "train" else work(options.work, folder)
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.model or str(Path(temporary, "model"))
        os.environ |= {"BEFORE": options.before, "MODEL": folder}
        if not Path(folder).exists():
            subprocess.run([sys.executable, __file__, "--work", "train"], check=True)
        took = in_turn(__file__, [(BEFORE, "jax"), (NOW, "jax")], options.rounds)
        difference = compare(folder)
    seconds = {side: np.median(rows, axis=0) for (side, _), rows in took.items()}
    print("| loop | greedy | beam of 4 | first call, greedy | first call, beam |")
    print("|---|---|---|---|---|")
    for side, row in seconds.items():
        print(f"| {side} | {' | '.join(f'{s:.3f}' for s in row)} |")
    ratios = seconds[NOW] / seconds[BEFORE]
    print(f"| ratio | {' | '.join(f'{r:.2f}' for r in ratios)} |")
    print(f"the same text; scores differ by at most {difference:.1e}")


if __name__ == "__main__":
    main()
