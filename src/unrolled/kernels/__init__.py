"""The recurrence itself: readable references, and the faster forms of the same signature."""
