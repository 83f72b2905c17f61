"""The content of a file: decompressed, and decoded as text."""
