"""Spark's directory format: the only room that opens files or knows Parquet.

>>> from sparklet.saved import SparkVersion
>>> SparkVersion.parse("3.5.0-amzn-1") >= (3, 5)
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.saved.checksums import FILES, is_listed, listing
from sparklet.saved.classes import is_estimator
from sparklet.saved.example import EXAMPLE, Example, example_json
from sparklet.saved.folder import SavedStage, open_model
from sparklet.saved.version import SparkVersion

if TYPE_CHECKING:
    from sparklet.saved.tables import Table

__all__ = [
    "EXAMPLE",
    "FILES",
    "Example",
    "SavedStage",
    "SparkVersion",
    "Table",
    "example_json",
    "is_estimator",
    "is_listed",
    "listing",
    "open_model",
]


def __getattr__(name: str) -> Any:
    # Table needs Arrow and numpy; `import sparklet` shall not.
    if name == "Table":
        from sparklet.saved.tables import Table

        return Table
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
