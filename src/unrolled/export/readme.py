"""The README of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

TEMPLATE = """# {title}

An exported model of unrolled: it runs with numpy and onnxruntime, without unrolled and Keras.

    pip install numpy onnxruntime
    python predict.py table.csv -o predictions.csv

{shape}

| file | what it is |
|---|---|
{files}

## encode.onnx

{encode}
{step}
## The proof

The export compared {compared} numbers, labels and words with those of the trained model, on
{rows}. The largest difference is {largest:.1e}, relative to the scale of
the output; above {limit:.0e}, or with one different label or word, nothing would have been written.
"""


def readme_text(facts: Mapping[str, Any], proof: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        facts: What is in `bundle.json`.
        proof: What is in `proof.json`.
    """
    columns = [f"`{c['encoder']['column']['name']}`" for c in facts["inputs"]]
    outputs = [f"`{c['encoder']['column']['name']}`" for c in facts["outputs"]]
    about = {
        "encode.onnx": "the network" if facts["decoder"] is None else "the encoder of the network",
        "step.onnx": "one step of the decoder: states in and out",
        "bundle.json": "columns, scaling, vocabularies, and the sha256 of the ONNX files",
        "proof.json": "what was compared, and the largest difference",
        "predict.py": "reads a table and writes it with the predictions",
    }
    present = {*facts["files"], "bundle.json", "proof.json", "predict.py"}
    step = ""
    if facts["decoder"] is not None:
        step = "\n## step.onnx\n\n" + STEP
    return TEMPLATE.format(
        title=f"{', '.join(outputs)} from {', '.join(columns)}",
        shape=f"The shape is {facts['shape']}.",
        files="\n".join(
            f"| `{name}` | {what} |" for name, what in about.items() if name in present
        ),
        encode=ENCODE + _inputs(facts),
        step=step,
        compared=proof["compared"],
        rows=f"{len(proof['rows'])} tables of made and real rows" if proof["rows"] else "no rows",
        largest=proof["largest_difference"],
        limit=proof["limit"],
    )


ENCODE = """Numbers go in as they are in the table, NaN where missing: they are scaled inside, and
numbers that come out are in their own units. Labels come out as probabilities. The first axis is
the batch. Rows of different lengths are padded at the end, and `mask` says which steps are real.

"""
STEP = """`previous` is the output of the step before. `states.N` are at first those of
`encode.onnx`, and then the `next.states.N` of the step before. Ids have log-probabilities. The
first id is 2, the end mark.
"""


def _inputs(facts: Mapping[str, Any]) -> str:
    """Return a table of the inputs."""
    lines = ["| input | column | kind | what goes in |", "|---|---|---|---|"]
    for entry in facts["inputs"]:
        column = entry["encoder"]["column"]
        what = {
            "number": "float64 (b 1)",
            "vector": "float64 (b f)",
            "numbers": "float64 (b t f)",
            "category": "the place of its label from 1, 0 for an unknown one: int32",
            "date": "its features: float32 (b f)",
            "labels": "0 and 1: float32 (b k)",
        }.get(column["kind"], "ids of its steps, 1 for an unknown one: int32 (b t)")
        kind = column["kind"] + (f":{column['unit']}" if column["unit"] else "")
        name = json.dumps(column["name"], ensure_ascii=False)
        lines.append(f"| `{entry['tensor']}` | {name} | {kind} | {what} |")
    return "\n".join(lines) + "\n"
