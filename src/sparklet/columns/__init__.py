"""Typed columns: what stages are bound to, and how row values are made to fit."""

from sparklet.columns.column import Attribute, Column
from sparklet.columns.rows import ABSENT, RowReader, coercer, encode_vector
from sparklet.columns.scope import Columns, Inputs, fold
from sparklet.columns.types import INTEGRAL, Want, element_type, is_numeric, parse_schema, parse_type, wants

__all__ = [
    "ABSENT",
    "INTEGRAL",
    "Attribute",
    "Column",
    "Columns",
    "Inputs",
    "RowReader",
    "Want",
    "coercer",
    "element_type",
    "encode_vector",
    "fold",
    "is_numeric",
    "parse_schema",
    "parse_type",
    "wants",
]
