"""AutoML tools as learners: each runs as a program, in a Python environment of its own."""

from __future__ import annotations

BACKENDS = ("autosklearn", "flaml")  # the kinds of learner that stand for them
