"""Which days and times a series has steps at, and how they are written."""
