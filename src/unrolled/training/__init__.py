"""Fit networks: datasets, losses, the callback, checkpoints and progress."""
