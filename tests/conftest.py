"""Tests run on JAX unless `KERAS_BACKEND` says otherwise, whichever file imports Keras first."""

from unrolled.backend import prefer_jax

prefer_jax()

collect_ignore = ["saved", "fuzz"]  # models of every format; what `make fuzz` runs
