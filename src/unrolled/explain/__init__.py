"""Explain a network: as code, as a picture, as a page."""
