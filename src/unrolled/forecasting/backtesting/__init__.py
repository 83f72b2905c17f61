"""Score a forecaster on steps that are known."""
