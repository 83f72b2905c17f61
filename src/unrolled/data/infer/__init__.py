"""Inference of the columns' kinds and of the shape, with the reasons."""
