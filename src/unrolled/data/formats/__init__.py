"""File formats in and out: CSV, TSV, JSON lines, JSON, Parquet, CoNLL and `.ts`."""
