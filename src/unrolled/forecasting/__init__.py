"""What a forecaster is made of: scaling, windows, references, intervals, backtests, plots."""
