"""Tables of checked values: cells, sequences of different lengths, splits, fingerprints."""
