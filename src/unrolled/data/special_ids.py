"""The ids and the names with a meaning of their own."""

PADDING, UNKNOWN, END = 0, 1, 2  # END closes a row of outputs; a decoder also starts from it
PREVIOUS, STOP = "previous", "stop"  # the additional input and output of a decoder
