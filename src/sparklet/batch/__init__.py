"""Score tables column by column: Arrow, pandas or polars tables, and Parquet files."""

from sparklet.batch.binding import own_types
from sparklet.batch.files import parquet_rows, parquet_schema, score_parquet
from sparklet.batch.frames import Frame, opened
from sparklet.batch.transform import transform
from sparklet.batch.writing import objects_of

__all__ = [
    "Frame",
    "objects_of",
    "opened",
    "own_types",
    "parquet_rows",
    "parquet_schema",
    "score_parquet",
    "transform",
]
