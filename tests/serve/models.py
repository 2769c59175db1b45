"""Certified models for a server: prediction = 2 age + 10 (city is SF) + 1, and versions of it."""

from __future__ import annotations

from tests.models import CITY, encoder, indexer, linear_regression, save_pipeline
from tests.test_example import ROWS, put


def save(folder, *, wrong=False):
    """Write a certified model; a wrong one gives results that differ from its certificate."""
    weights = (3.0, 10.0, 0.0) if wrong else (2.0, 10.0, 0.0)
    save_pipeline(
        folder,
        [
            indexer(handleInvalid="skip"),
            encoder(dropLast=False),
            *CITY[2:3],
            linear_regression(weights=weights),
        ],
    )
    return put(folder)


__all__ = ["ROWS", "save"]
