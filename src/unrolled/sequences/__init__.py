"""SequenceModel: an example is a row of a table."""
