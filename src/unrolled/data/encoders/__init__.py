"""Encoders: the values of a column as numbers for a network, and back."""
