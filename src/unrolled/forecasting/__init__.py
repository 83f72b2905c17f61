"""Forecaster: a network that forecasts the next rows of a table, and its backtests."""
