"""Measurements: one script per question; every figure is taken beside its rival, in one run."""
