"""One function builds one wiring; one file for each shape. The registry is `architectures.py`."""
