"""Tests run on JAX unless `KERAS_BACKEND` says otherwise, whichever file imports Keras first."""

from unrolled.backend import prefer_jax

prefer_jax()

collect_ignore = ["saved"]  # models of every format, whose code.py is no test
