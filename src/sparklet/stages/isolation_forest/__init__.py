"""Isolation forests of LinkedIn's `isolation-forest`, standard and extended."""

__all__ = ["STAGES"]

STAGES = {
    "com.linkedin.relevance.isolationforest.IsolationForestModel": "standard",
    "com.linkedin.relevance.isolationforest.extended.ExtendedIsolationForestModel": "extended",
}
"""The module that defines each stage, by its class name."""
