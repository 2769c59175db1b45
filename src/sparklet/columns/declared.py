"""The declared types of columns, with the metadata that Spark keeps beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sparklet.types import DataType

__all__ = ["Schema"]


class Schema(dict[str, DataType]):
    """The types of columns by name, with the metadata of the columns that have any.

    `whole` declares that it describes a table, which may have columns that a model does not.
    """

    def __init__(
        self,
        types: Mapping[str, DataType] | Iterable[tuple[str, DataType]] = (),
        metadata: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        super().__init__(types)
        self.metadata = dict(metadata or {})
        self.whole = whole
