"""Explain a network: as code, as a diagram, as a page."""
