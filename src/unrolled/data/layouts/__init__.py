"""Layouts: how the examples of a model stand in a table whose rows or columns are steps."""
