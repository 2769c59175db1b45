"""Tables: Arrow, pandas or polars in, the same kind out, scored column by column."""

from sparklet.batch.files import parquet_rows, score_parquet
from sparklet.batch.transform import transform
from sparklet.batch.writing import objects_of

__all__ = ["objects_of", "parquet_rows", "score_parquet", "transform"]
