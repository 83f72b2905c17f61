"""A fitted model in a notebook, as HTML; every text is escaped."""

from __future__ import annotations

from unrolled.explain.model_card import best_epoch_sentence, network_sentence
from unrolled.explain.notebook import html_lines, html_table
from unrolled.sequences.trained import Trained


def model_facts(trained: Trained) -> str:
    """Return the schema as a table, and the shape, the network and its training as lines."""
    schema = trained.encoder.schema
    columns = [("in", c) for c in schema.inputs] + [("out", c) for c in schema.outputs]
    rows = [(side, c.name, c.kind_name, c.why) for side, c in columns]
    lines = [
        f"{schema.shape} ({schema.pattern}). {schema.reason}",
        network_sentence(trained.network, trained.runtime.weight_count),
        best_epoch_sentence(*trained.histories),
    ]
    return html_table(["", "column", "kind", "why"], rows) + html_lines(lines)
