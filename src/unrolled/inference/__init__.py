"""Use a trained network: predict, generate, calibrate."""
