"""Fit a network: dataset, losses, callback, checkpoints, progress."""
