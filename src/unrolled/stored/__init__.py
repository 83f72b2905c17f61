"""The parts of a saved model on the disk: JSON, arrays, files, reading and writing."""
