"""A saved model: safetensors, readable JSON and pages, in a folder or one zip file; no pickle.

A manifest says what the model is and names every other file with its size and sha256. That finds
damage, not malice: who can write the files can write the manifest. So nothing of a saved model is
ever run, and whatever it says is checked against limits before memory is taken for it.
"""

from unrolled.saving.checked_json import mapping, number, tuples, from_untrusted
from unrolled.saving.reader import SavedModel, read
from unrolled.saving.tensors import network_weights
from unrolled.saving.writer import FORMAT, MANIFEST, SEQUENCES, head, refuse_other, write

__all__ = [
    "FORMAT",
    "MANIFEST",
    "SEQUENCES",
    "SavedModel",
    "head",
    "mapping",
    "number",
    "read",
    "refuse_other",
    "tuples",
    "from_untrusted",
    "network_weights",
    "write",
]
