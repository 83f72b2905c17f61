"""Use a fitted network: predict, generate and calibrate."""
