"""The builders of the architectures, one file for each shape."""
