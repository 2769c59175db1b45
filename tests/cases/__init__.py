"""The parity cases: one module for each of Spark's packages; importing one registers its cases."""

from __future__ import annotations

import importlib
import pkgutil


def load_all() -> None:
    """Import every module of cases; needs pyspark."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
