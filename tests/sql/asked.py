"""Every table of expressions that both Sparks are asked."""

from __future__ import annotations

from tests.sql import (
    tables,
    tables_arrays,
    tables_bytes,
    tables_json,
    tables_nested,
    tables_spans,
    tables_structs,
    tables_texts,
    tables_web,
)

__all__ = ["TABLES"]

TABLES = [
    *tables.TABLES,
    *tables_texts.TABLES,
    *tables_web.TABLES,
    *tables_arrays.TABLES,
    *tables_nested.TABLES,
    *tables_bytes.TABLES,
    *tables_json.TABLES,
    *tables_spans.TABLES,
    *tables_structs.TABLES,
]
