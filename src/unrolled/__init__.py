"""Recurrent networks for every shape."""
