"""Which inputs matter: the score that is lost when the cells of one input are exchanged."""

from unrolled.sequences.importance.permutation import compute_importance
from unrolled.sequences.importance.result import Importance

__all__ = ["Importance", "compute_importance"]
