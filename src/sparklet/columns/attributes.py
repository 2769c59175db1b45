"""The ML attributes in the metadata of a column, which Spark's stages write and read as `ml_attr`.

Follows Spark's `ml/attribute/{attributes,AttributeGroup}.scala` (4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sparklet.columns.column import Attribute, Column
from sparklet.records import replace
from sparklet.types import VectorUDT

__all__ = ["attributed", "num_attributes"]

ML_ATTR = "ml_attr"


def attributed(column: Column, metadata: Mapping[str, Any]) -> Column:
    """Return the column with the ML attributes of its metadata; metadata that Spark did not write is ignored.

    >>> from sparklet.types import DOUBLE
    >>> indexed = Column.of("city_ix", DOUBLE, "schema")
    >>> attributed(indexed, {"ml_attr": {"type": "nominal", "vals": ["SF", "LA"]}}).attribute.values
    ('SF', 'LA')
    """
    described = metadata.get(ML_ATTR)
    if not isinstance(described, Mapping):
        return column
    if not isinstance(column.type, VectorUDT):
        return replace(column, attribute=_attribute(described))
    size = num_attributes(metadata)
    groups = described.get("attrs")
    if not isinstance(groups, Mapping) or size is None:
        return replace(column, size=column.size or size)

    def make() -> tuple[Attribute, ...]:
        attributes = [Attribute()] * size
        for kind, members in groups.items():
            for member in members if isinstance(members, list | tuple) else ():
                index = member.get("idx") if isinstance(member, Mapping) else None
                if isinstance(index, int) and 0 <= index < size:
                    attributes[index] = _attribute({"type": kind, **member})
        return tuple(attributes)

    return replace(column, size=column.size or size, make_attributes=make)


def num_attributes(metadata: Mapping[str, Any]) -> int | None:
    """Return the size of a vector column by its ML attributes, None if they do not state it.

    >>> num_attributes({"ml_attr": {"attrs": {"numeric": [{"idx": 0}, {"idx": 1}]}}})
    2
    """
    described = metadata.get(ML_ATTR)
    if not isinstance(described, Mapping):
        return None
    if isinstance(described.get("num_attrs"), int):
        return int(described["num_attrs"])
    groups = described.get("attrs")
    if not isinstance(groups, Mapping):
        return None
    size = 0
    for members in groups.values():
        size += len(members)
    return size


def _attribute(described: Mapping[str, Any]) -> Attribute:
    kinds: dict[object, Literal["numeric", "nominal", "binary"]] = {"nominal": "nominal", "binary": "binary"}
    kind: Literal["numeric", "nominal", "binary"] = kinds.get(described.get("type"), "numeric")
    name, values, count = (described.get(key) for key in ("name", "vals", "num_vals"))
    return Attribute(
        kind,
        name if isinstance(name, str) else None,
        tuple(values) if kind != "numeric" and isinstance(values, list | tuple) else None,
        count if isinstance(count, int) else None,
    )
