"""Score tables column by column: Arrow, pandas or polars tables, and Parquet files."""

from sparklet.batch.files import parquet_rows, score_parquet
from sparklet.batch.transform import transform
from sparklet.batch.writing import objects_of

__all__ = ["objects_of", "parquet_rows", "score_parquet", "transform"]
