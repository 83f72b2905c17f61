"""From tables to series: times, ids, covariates and steps that are combined."""
