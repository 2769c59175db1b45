"""Typed columns, to which stages are bound, and the conversion of row values to the types of columns."""

from sparklet.columns.column import Attribute, Column, split_size
from sparklet.columns.declared import Schema
from sparklet.columns.labels import TEXT, WHOLE, Notation, notation_of
from sparklet.columns.moments import holds_instants, inward, outward
from sparklet.columns.names import parse_name, quoted
from sparklet.columns.rows import ABSENT, RowReader, coercer, encode_vector
from sparklet.columns.schema import parse_row_type, parse_schema, schema_of, table_schema
from sparklet.columns.scope import Columns, Inputs, fold
from sparklet.columns.wants import Want, wants

__all__ = [
    "ABSENT",
    "TEXT",
    "WHOLE",
    "Attribute",
    "Column",
    "Columns",
    "Inputs",
    "Notation",
    "RowReader",
    "Schema",
    "Want",
    "coercer",
    "encode_vector",
    "fold",
    "holds_instants",
    "inward",
    "notation_of",
    "outward",
    "parse_name",
    "parse_row_type",
    "parse_schema",
    "quoted",
    "schema_of",
    "split_size",
    "table_schema",
    "wants",
]
