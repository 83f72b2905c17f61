"""From columns to a schema: kinds, shape, and the reason."""
