"""The ids with a meaning of their own in every vocabulary."""

PADDING, UNKNOWN, END = 0, 1, 2  # END closes a row of outputs; a decoder also starts from it
