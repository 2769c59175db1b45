"""Derive `transform(df)` of a user-written stage: an Arrow UDF, or `mapInArrow` before PySpark 4.1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sparklet.columns import Column, fold, split_size
from sparklet.errors import AmbiguousColumnError, ColumnExistsError, SchemaError, did_you_mean
from sparklet.spark.types import carried, data_type, seen, want
from sparklet.spark.work import Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["quoted", "transform"]


def transform(author: Any, frame: DataFrame) -> DataFrame:
    """Return the DataFrame with the outputs of a user-written stage added.

    Raises `SchemaError`, before any job runs, for types or names that do not match the stage.
    """
    from pyspark.sql import functions

    stage = f"{type(author).__name__} {author.uid}"
    names, work = _typed(author, frame, stage)
    arguments = [
        functions.col(quoted(name)).cast(data_type(kind)) if kind != own else functions.col(quoted(name))
        for name, (_, own, kind) in zip(names, work.inputs, strict=True)
    ]
    fields = [_field(column) for column in work.outputs]
    if hasattr(functions, "arrow_udf"):
        return _by_udf(frame, work, arguments, fields)
    return _by_batches(frame, work, arguments, fields)


def _typed(author: Any, frame: DataFrame, stage: str) -> tuple[list[str], Work]:
    known: dict[str, list[Any]] = {}
    for field in frame.schema.fields:
        known.setdefault(fold(field.name), []).append(field)
    types = carried(frame.schema)
    names, inputs = [], []
    for name, (declared, _) in author._declared_inputs().items():
        matches = known.get(fold(name), [])
        if not matches:
            hint = did_you_mean(name, [field.name for field in frame.schema.fields])
            raise SchemaError(name, f"is absent from the DataFrame{hint}", stage)
        if len(matches) > 1:
            raise AmbiguousColumnError(name, [field.name for field in matches])
        type_ = types.get(matches[0].name)
        if type_ is None:
            problem = f"has type {matches[0].dataType.simpleString()}, which rows do not support"
            raise SchemaError(name, problem, stage)
        plain, _ = split_size(type_)
        names.append(matches[0].name)
        if not want(declared).accepts(plain):
            raise SchemaError(name, f"must be {want(declared).words}, it is {plain}", stage)
        inputs.append((name, plain, seen(Column(name, plain), declared, stage)))
    outputs: list[Column] = []
    for name, (type_, size) in author._declared_outputs().items():
        if fold(name) in known or any(fold(name) == fold(output.name) for output in outputs):
            raise ColumnExistsError(name, stage=stage)
        outputs.append(Column(name, type_, size, origin=stage))
    return names, Work(author, tuple(inputs), tuple(outputs))


def quoted(name: str) -> str:
    """Return a column name in backquotes, so that Spark's resolver reads it literally."""
    return "`" + name.replace("`", "``") + "`"


def _field(column: Column) -> Any:
    from pyspark.sql.types import StructField

    # As in Spark's own stages, the metadata of a vector column contains its size.
    metadata = None if column.size is None else {"ml_attr": {"num_attrs": column.size}}
    return StructField(column.name, data_type(column.type), nullable=True, metadata=metadata)


def _by_udf(frame: DataFrame, work: Work, arguments: list[Any], fields: list[Any]) -> DataFrame:
    """Score by an Arrow UDF (since 4.1): only the columns that the stage reads are sent to Python."""
    from pyspark.sql import functions
    from pyspark.sql.types import StructField, StructType

    names = [field.name for field in fields]
    # Metadata is set by the aliases of the columns. If the struct declared it, Spark would refuse the Arrow
    # type that Python returns, which has no metadata (ARROW_TYPE_MISMATCH).
    bare = StructType([StructField(field.name, field.dataType) for field in fields])

    def score(*arrays: pa.Array) -> pa.Array:
        return pa.StructArray.from_arrays(work.on_arrays()(arrays), names=names)

    struct = functions.arrow_udf(score, bare)(*arguments)
    temporary = _free("__made", [*frame.columns, *names])
    parts = [
        functions.col(temporary).getField(field.name).alias(field.name, metadata=field.metadata)
        for field in fields
    ]
    return frame.select("*", struct.alias(temporary)).select("*", *parts).drop(temporary)


def _by_batches(frame: DataFrame, work: Work, arguments: list[Any], fields: list[Any]) -> DataFrame:
    """Score by `mapInArrow` (before 4.1): whole rows are sent to Python and return with the outputs."""
    from pyspark.sql.types import StructType

    width, names = len(frame.columns), [*frame.columns, *(field.name for field in fields)]
    taken: list[str] = []
    for _ in arguments:
        taken.append(_free(f"__taken{len(taken)}", [*names, *taken]))

    def score_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        score = work.on_arrays()
        for batch in batches:
            columns = batch.columns
            yield pa.RecordBatch.from_arrays([*columns[:width], *score(columns[width:])], names=names)

    wide = frame.select("*", *[one.alias(name) for one, name in zip(arguments, taken, strict=True)])
    # mapInArrow looks columns up by name and fails on a name with a dot; positions suffice here.
    plain = wide.toDF(*[f"c{index}" for index in range(len(wide.columns))])
    return plain.mapInArrow(score_batches, StructType([*frame.schema.fields, *fields]))


def _free(name: str, taken: Iterable[str]) -> str:
    known = {fold(other) for other in taken}
    while fold(name) in known:
        name += "_"
    return name
