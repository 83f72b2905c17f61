"""Delimited text (CSV, TSV and the like): its separator, header, cells and their types."""
