"""Predicts the rows of a table with an exported model. It needs numpy and onnxruntime only.

    python predict.py table.csv -o predictions.csv
    python predict.py words.jsonl --beam 5 --n-best 3

The table is CSV with commas, TSV or JSON lines. Its columns are kept, and the predictions are added
to them. In Python: `Bundle(folder).predict({"text": ["to be", "or not"]})`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from unrolled.export.standalone.bundle import Bundle
from unrolled.export.standalone.cells import BundleError, Columns


def read_table(path: Path) -> Columns:
    """Return the cells of a table by column; those of CSV are text, None where empty."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix in (".jsonl", ".ndjson"):
                rows = [json.loads(line) for line in file if line.strip()]
                names = list(dict.fromkeys(name for row in rows for name in row))
                return {name: [row.get(name) for row in rows] for name in names}
            if path.suffix not in (".csv", ".tsv"):
                raise BundleError(f"'{path}' must end in .csv, .tsv, .jsonl or .ndjson.")
            header, *lines = list(
                csv.reader(file, delimiter="\t" if path.suffix == ".tsv" else ",")
            )
    except (OSError, UnicodeDecodeError, ValueError, AttributeError) as error:
        raise BundleError(f"'{path}' cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if len(line) != len(header):
            raise BundleError(f"row {number} has {len(line)} cells, the header {len(header)}.")
    return {name: [line[i] or None for line in lines] for i, name in enumerate(header)}


def write_table(table: Columns, out: Any, suffix: str) -> None:
    """Write a table as JSON lines, or as CSV with lists as JSON."""
    rows = list(zip(*table.values(), strict=True))
    if suffix in (".jsonl", ".ndjson"):
        for row in rows:
            record = dict(zip(table, row, strict=True))
            out.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
        return
    writer = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\n")
    writer.writerow(table)
    for row in rows:
        writer.writerow([_written(cell) for cell in row])


def _written(cell: Any) -> Any:
    """Return a cell as it is written in CSV."""
    if isinstance(cell, list):
        return json.dumps(cell, ensure_ascii=False)
    return str(cell).lower() if isinstance(cell, bool) else cell


def main() -> int:
    """Run the command; return 0, or 1 after an error."""
    parser = argparse.ArgumentParser(description="Predict the rows of a table.")
    parser.add_argument("table", type=Path, help="CSV, TSV or JSON lines")
    parser.add_argument(
        "-o", "--out", type=Path, help="the file to write; otherwise CSV is printed"
    )
    parser.add_argument("--beam", type=int, help="hypotheses that a decoder follows")
    parser.add_argument("--n-best", type=int, help="hypotheses to write, best first")
    parser.add_argument("--length-penalty", type=float, help="larger prefers longer outputs")
    parser.add_argument("--max-steps", type=int, help="the most output steps of a decoder")
    options = vars(parser.parse_args())
    path, out = options.pop("table"), options.pop("out")
    try:
        table = read_table(path)
        decoding = {name: value for name, value in options.items() if value is not None}
        predicted = Bundle(Path(__file__).parent).predict(table, **decoding)
        table = {name: cells for name, cells in table.items() if name not in predicted} | predicted
        if out is None:
            write_table(table, sys.stdout, ".csv")
        else:
            with out.open("w", encoding="utf-8", newline="") as file:
                write_table(table, file, out.suffix)
    except (BundleError, OSError) as error:
        print(f"predict.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
