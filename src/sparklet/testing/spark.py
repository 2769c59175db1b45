"""The live oracle: what Spark itself answers, row by row. pyspark is imported inside functions only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from sparklet.linalg import DenseVector, SparseVector
from sparklet.types import parse_type, to_json

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = [
    "SPARK_OPTIONS",
    "SparkFailure",
    "SparkScores",
    "load_with_spark",
    "pin_blas",
    "pinned",
    "spark_scores",
    "spark_session",
    "spark_type",
    "to_frame",
]

# One small, quiet JVM whose answers depend on nothing of the machine it runs on.
SPARK_OPTIONS: Mapping[str, str] = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-Duser.language=en -Duser.country=US -Duser.timezone=UTC",
    "spark.default.parallelism": "1",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.catalogImplementation": "in-memory",
}

# "org.apache.spark.ml.clustering.LocalLDAModel".hashCode
LOCAL_LDA_SEED = 1421925485

_ROW = "__row"  # carries the position of a row through transform
_BLAS = ("org.apache.spark.ml.linalg.BLAS$", "org.apache.spark.mllib.linalg.BLAS$")
_JAVA11 = "dev.ludovic.netlib.blas.Java11BLAS"
_NETLIB = "dev.ludovic.netlib.blas.InstanceBuilder"


def spark_session(**options: str) -> SparkSession:
    """Return a local SparkSession with `SPARK_OPTIONS`, its BLAS pinned to the reference.

    `options` are further Spark settings, with `_` for `.`.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("sparklet")
    for name, value in {
        **SPARK_OPTIONS,
        **{key.replace("_", "."): value for key, value in options.items()},
    }.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    pin_blas(session)
    return session


def _java_class(spark: SparkSession, name: str) -> Any:
    java = spark.sparkContext._jvm.java.lang
    return java.Class.forName(name, True, java.Thread.currentThread().getContextClassLoader())


def _blas_fields(spark: SparkSession) -> Iterator[tuple[Any, Any]]:
    for name in _BLAS:
        holder = _java_class(spark, name)
        module = holder.getField("MODULE$").get(None)
        for field_name in ("_javaBLAS", "_nativeBLAS"):
            field = holder.getDeclaredField(field_name)
            field.setAccessible(True)
            yield field, module


def pin_blas(spark: SparkSession) -> str:
    """Make a live local Spark sum its dots as the reference does and return the BLAS class in force.

    Spark keeps its two BLAS objects in private fields and fills them once. A JVM with the vector module
    (PySpark 4 starts one) would choose VectorBLAS, whose order of summation follows the CPU. Executors
    in other JVMs are not reached: `RuntimeError` unless the master is local.
    """
    if not (spark.sparkContext.master or "").startswith("local"):
        raise RuntimeError(f"only a local Spark can be pinned, this one is {spark.sparkContext.master}")
    get_instance = _java_class(spark, _JAVA11).getMethod("getInstance", None)
    get_instance.setAccessible(True)
    java11 = get_instance.invoke(None, None)
    for field, module in _blas_fields(spark):
        field.set(module, java11)
    _pin_netlib(spark, java11)
    return _JAVA11


def _pin_netlib(spark: SparkSession, java11: Any) -> None:
    """Pin what Breeze asks netlib for, as LDA does: a final field, which only Unsafe can set."""
    holder = _java_class(spark, "sun.misc.Unsafe").getDeclaredField("theUnsafe")
    holder.setAccessible(True)
    unsafe = holder.get(None)
    field = _java_class(spark, _NETLIB).getDeclaredField("blas")
    unsafe.putObject(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), java11)


@contextmanager
def pinned(spark: SparkSession) -> Iterator[SparkSession]:
    """Pin the BLAS for the length of a `with` block and put back what was there before."""
    before = [(field, module, field.get(module)) for field, module in _blas_fields(spark)]
    pin_blas(spark)
    try:
        yield spark
    finally:
        for field, module, value in before:
            field.set(module, value)


# --- rows in ------------------------------------------------------------------------------------


def _data_type(type_name: str) -> Any:
    from pyspark.sql.types import _parse_datatype_json_string

    return _parse_datatype_json_string(to_json(parse_type(type_name)))


def spark_type(data_type: Any) -> str:
    """Return sparklet's name of a pyspark data type: its `simpleString`, in which UDTs have a short name."""
    return str(data_type.simpleString())


def _to_pyspark(value: Any) -> Any:
    from pyspark.ml.linalg import Vectors

    if isinstance(value, DenseVector):
        return Vectors.dense(list(value.values))
    if isinstance(value, SparseVector):
        return Vectors.sparse(value.size, list(value.indices), list(value.values))
    if isinstance(value, list):
        return [_to_pyspark(item) for item in value]
    return value


def to_frame(
    spark: SparkSession, rows: Sequence[Mapping[str, Any]], schema: Mapping[str, str], partitions: int = 1
) -> DataFrame:
    """Return rows as a DataFrame with exactly these column types; absent keys are null.

    `schema` maps a column to its Spark type ("double", "vector", "array<string>" ...). Rows go straight
    from pickles into the JVM, so that no Python worker is started and every double keeps its bits.
    """
    from pyspark.sql import DataFrame
    from pyspark.sql.types import ArrayType, StructField, StructType

    struct = StructType([StructField(name, _data_type(type_name)) for name, type_name in schema.items()])
    for item in struct.fields:
        # KMeans takes arrays of numbers only where the type says that no element is null.
        if isinstance(item.dataType, ArrayType):
            item.dataType.containsNull = any(None in (row.get(item.name) or ()) for row in rows)
    tuples = [struct.toInternal(tuple(_to_pyspark(row.get(name)) for name in schema)) for row in rows]
    context = spark.sparkContext
    rdd = context.parallelize(tuples, partitions)
    # The elements are pickled batches already, so pythonToJava needs no re-pickling Python worker.
    serde = context._jvm.SerDeUtil
    java_rows = serde.toJavaArray(serde.pythonToJava(rdd._jrdd, True))
    return DataFrame(spark._jsparkSession.applySchemaToPythonRDD(java_rows.rdd(), struct.json()), spark)


def load_with_spark(path: str, spark: SparkSession) -> Any:
    """Let pyspark load the saved model or transformer at `path`, of whatever class it is.

    A DistributedLDAModel gets the seed that sparklet gives it, where Spark's own is drawn anew at each load.
    """
    from pyspark.ml.util import DefaultParamsReader

    kind = DefaultParamsReader.loadMetadata(path, spark.sparkContext)["class"]
    if kind == "org.apache.spark.ml.classification.OneVsRestModel":
        return _JavaModel(
            spark, spark.sparkContext._jvm.org.apache.spark.ml.classification.OneVsRestModel.load(path)
        )
    model = DefaultParamsReader.loadParamsInstance(path, spark.sparkContext)
    if kind == "org.apache.spark.ml.clustering.DistributedLDAModel":
        # Spark draws a seed when it loads such a model: with LocalLDAModel's, answers can be compared.
        model._java_obj.oldLocalModel().setSeed(LOCAL_LDA_SEED)
    return model


class _JavaModel:
    """A model of the JVM for which PySpark has a transform of its own, with rules of its own."""

    def __init__(self, spark: SparkSession, model: Any) -> None:
        self._spark, self._model = spark, model

    def transform(self, frame: DataFrame) -> DataFrame:
        from pyspark.sql import DataFrame

        return DataFrame(self._model.transform(frame._jdf), self._spark)


# --- scores out ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class SparkFailure:
    """Stand for a row, or a whole model, on which Spark threw: the root exception's class and first line."""

    error: str

    @classmethod
    def of(cls, exception: Exception) -> SparkFailure:
        """Return the failure behind an exception that came over py4j."""
        java = getattr(exception, "java_exception", None) or getattr(exception, "_origin", None)
        if java is None:
            return cls(
                f"{type(exception).__name__}: {str(exception).splitlines()[0] if str(exception) else ''}"
            )
        while java.getCause() is not None:
            java = java.getCause()
        message = (java.getMessage() or "").splitlines() or [""]
        return cls(f"{java.getClass().getName()}: {message[0]}"[:300])


@dataclass(frozen=True)
class SparkScores:
    """Hold what Spark's `transform` gave for a list of rows.

    `columns` maps each column that transform added or replaced to its Spark type, in Spark's order.
    `outcomes` has one entry a row: the values of those columns, None for a dropped row, or a `SparkFailure`.
    `failure` is set, and the rest is empty, where `transform` itself threw.
    """

    columns: Mapping[str, str]
    outcomes: Sequence[dict[str, Any] | SparkFailure | None]
    failure: SparkFailure | None = None


def _collect(frame: DataFrame, partitions: Sequence[int]) -> list[Any]:
    from pyspark.serializers import CPickleSerializer

    context = frame.sparkSession.sparkContext
    wanted = context._gateway.new_array(context._jvm.int, len(partitions))
    for position, partition in enumerate(partitions):
        wanted[position] = partition
    pickled = chain.from_iterable(frame._jdf.javaToPython().collectPartitions(wanted))
    loads = CPickleSerializer().loads
    return [row for batch in pickled for row in loads(bytes(batch))]


def spark_scores(
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    schema: Mapping[str, str],
    spark: SparkSession,
    *,
    replaced: Iterable[str] = (),
    suspects: Iterable[int] = (),
    group: int = 1,
) -> SparkScores:
    """Let `model.transform` score rows and say for each what came of it: values, dropped, or the error.

    Rows are spread over partitions of `group` rows. Where the batch throws, each partition is run alone, and
    one that throws is cut in two until the failing rows are found. `suspects` are rows (by position) expected
    to fail: they get a partition of their own from the start, which only saves time. `replaced` names input
    columns that the model overwrites. The first row decides what Spark learns by peeking, so make it plain.
    """
    typed = {**schema, _ROW: "bigint"}
    outcomes: dict[int, dict[str, Any] | SparkFailure | None] = {}
    alone = set(suspects)
    plain = [position for position in range(len(rows)) if position not in alone]
    groups = [plain[start : start + group] for start in range(0, len(plain), group)]
    columns: dict[str, str] = {}
    rounds = [groups, [[position] for position in sorted(alone)]]
    while rounds:
        groups = rounds.pop(0)
        if not groups:
            continue
        if columns:
            groups = [[0], *groups]  # what Spark peeks at must be plain in every round
        # Partitions of equal length: the last group is filled up by repeating a row of its own.
        width = max(map(len, groups))
        flat = [
            position for members in groups for position in members + members[-1:] * (width - len(members))
        ]
        data = [{**rows[position], _ROW: position} for position in flat]
        try:
            frame = model.transform(to_frame(spark, data, typed, len(groups)))
            found = {field.name: spark_type(field.dataType) for field in frame.schema.fields}
        except Exception as exception:
            return SparkScores({}, [], SparkFailure.of(exception))
        if _ROW not in found:
            raise ValueError("the model drops columns it does not know, so its rows cannot be told apart")
        columns = {
            name: kind
            for name, kind in found.items()
            if name != _ROW and (name not in schema or name in replaced)
        }
        broken: list[list[int]] = []
        collected: list[Any] = []
        try:
            collected = _collect(frame, range(len(groups)))
        except Exception:
            for partition, members in enumerate(groups):
                try:
                    collected += _collect(frame, [partition])
                except Exception as exception:
                    if len(members) == 1:
                        outcomes[members[0]] = SparkFailure.of(exception)
                    else:
                        broken += [members[: len(members) // 2], members[len(members) // 2 :]]
        failing = set(chain.from_iterable(broken))
        for position in flat:
            if position not in failing:
                outcomes.setdefault(position, None)
        for row in collected:
            outcomes[row[_ROW]] = {name: row[name] for name in columns}
        if broken:
            rounds.append(broken)
    return SparkScores(columns, [outcomes[position] for position in range(len(rows))])
