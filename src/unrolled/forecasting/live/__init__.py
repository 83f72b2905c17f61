"""Follow series as they grow: new steps are observed, and the next ones are forecast."""
