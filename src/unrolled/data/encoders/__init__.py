"""Encoders: a column's values as numbers for a network, and a network's outputs as values."""
