"""What `SequenceModel` and `Forecaster` share."""

from unrolled.estimators.base import Estimator, Names

__all__ = ["Estimator", "Names"]
