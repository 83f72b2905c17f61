"""Scores of a trained model beside those of its baselines, with a verdict."""

from unrolled.sequences.evaluation.evaluate import evaluate, score
from unrolled.sequences.evaluation.result import Evaluation

__all__ = ["Evaluation", "evaluate", "score"]
