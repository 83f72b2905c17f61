"""From tables of steps to series, windows and their features."""
