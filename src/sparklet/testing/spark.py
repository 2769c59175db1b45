"""Score rows with a live Spark and return each row's outcome; only the functions import pyspark."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from sparklet.engines.blas import vector_order
from sparklet.errors import OptionError
from sparklet.linalg import DenseVector, SparseVector
from sparklet.types import parse_type, to_json

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = [
    "SPARK_OPTIONS",
    "SparkFailure",
    "SparkScores",
    "load_with_spark",
    "orders_of",
    "pin_blas",
    "pinned",
    "session_of_its_own",
    "spark_scores",
    "spark_session",
    "spark_type",
    "to_frame",
]

# A small JVM without log output, whose results do not depend on the machine.
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
_NETLIB = "dev.ludovic.netlib.blas."
_CLASSES = {"java8": "Java8BLAS", "java11": "Java11BLAS"}


def spark_session(**options: str) -> SparkSession:
    """Return a local SparkSession with `SPARK_OPTIONS` that uses the reference BLAS.

    `options` are other Spark settings, with `_` instead of `.`.
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


@contextmanager
def session_of_its_own() -> Iterator[SparkSession]:
    """Start a local Spark for a `with` block, then stop it.

    If a Spark runs in this process, the block gets a new session of it, and its BLAS is restored.
    """
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        with pinned(running):
            yield running.newSession()
        return
    spark = spark_session()
    try:
        yield spark
    finally:
        spark.stop()


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


def orders_of(spark: SparkSession) -> tuple[str, ...]:
    """Return the summation orders that a session's JVM can use: two Java ones, and that of its vectors."""
    vector = vector_order(spark.sparkContext._jvm)
    return (*_CLASSES, vector) if vector else tuple(_CLASSES)


def pin_blas(spark: SparkSession, order: str = "java11") -> str:
    """Make a live local Spark sum dot products in an order, and return the class of its BLAS.

    Spark stores its two BLAS objects in private fields, which it sets once. A JVM with the vector module
    (PySpark 4 starts one) chooses VectorBLAS, whose summation order depends on the CPU. Raises `RuntimeError`
    unless the master is local, because executors in other JVMs cannot be changed, and `OptionError` for an
    order that is not among `orders_of(spark)`.
    """
    if not (spark.sparkContext.master or "").startswith("local"):
        raise RuntimeError(f"only a local Spark can be pinned; the master is {spark.sparkContext.master}")
    if order not in (orders := orders_of(spark)):
        raise OptionError("blas", order, f"this JVM can sum as {', '.join(orders)}")
    name = _NETLIB + _CLASSES.get(order, "VectorBLAS")
    get_instance = _java_class(spark, name).getMethod("getInstance", None)
    get_instance.setAccessible(True)
    blas = get_instance.invoke(None, None)
    for field, module in _blas_fields(spark):
        field.set(module, blas)
    _pin_netlib(spark, blas)
    return name


def _pin_netlib(spark: SparkSession, blas: Any) -> None:
    """Pin the BLAS that Breeze gets from netlib (for LDA): a final field, which only Unsafe can set."""
    holder = _java_class(spark, "sun.misc.Unsafe").getDeclaredField("theUnsafe")
    holder.setAccessible(True)
    unsafe = holder.get(None)
    field = _java_class(spark, f"{_NETLIB}InstanceBuilder").getDeclaredField("blas")
    unsafe.putObject(unsafe.staticFieldBase(field), unsafe.staticFieldOffset(field), blas)


@contextmanager
def pinned(spark: SparkSession) -> Iterator[SparkSession]:
    """Pin the BLAS during a `with` block, then restore the previous one."""
    before = [(field, module, field.get(module)) for field, module in _blas_fields(spark)]
    pin_blas(spark)
    try:
        yield spark
    finally:
        for field, module, value in before:
            field.set(module, value)


# --- input --------------------------------------------------------------------------------------


def _data_type(type_name: str) -> Any:
    from pyspark.sql.types import _parse_datatype_json_string

    return _parse_datatype_json_string(to_json(parse_type(type_name)))


def spark_type(data_type: Any) -> str:
    """Return sparklet's name of a pyspark data type: its `simpleString`, which abbreviates UDTs."""
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
    """Return rows as a DataFrame with the columns of `schema`; absent keys are null.

    `schema` maps a column to its Spark type ("double", "vector", "array<string>" ...). The JVM reads the
    pickled rows directly, so no Python worker is started and every double keeps its bits.
    """
    from pyspark.sql import DataFrame
    from pyspark.sql.types import ArrayType, StructField, StructType

    struct = StructType([StructField(name, _data_type(type_name)) for name, type_name in schema.items()])
    for item in struct.fields:
        # KMeans accepts arrays of numbers only if their type excludes null elements.
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
    """Load the saved model or transformer at `path` with pyspark.

    A DistributedLDAModel gets the seed that sparklet uses, because Spark draws a random one at each load.
    """
    from pyspark.ml.util import DefaultParamsReader

    kind = DefaultParamsReader.loadMetadata(path, spark.sparkContext)["class"]
    if kind == "org.apache.spark.ml.classification.OneVsRestModel":
        return _JavaModel(
            spark, spark.sparkContext._jvm.org.apache.spark.ml.classification.OneVsRestModel.load(path)
        )
    model = DefaultParamsReader.loadParamsInstance(path, spark.sparkContext)
    if kind == "org.apache.spark.ml.clustering.DistributedLDAModel":
        # With LocalLDAModel's fixed seed, the results can be compared.
        model._java_obj.oldLocalModel().setSeed(LOCAL_LDA_SEED)
    return model


class _JavaModel:
    """A JVM model whose PySpark wrapper has a Python `transform` with other rules."""

    def __init__(self, spark: SparkSession, model: Any) -> None:
        self._spark, self._model = spark, model

    def transform(self, frame: DataFrame) -> DataFrame:
        from pyspark.sql import DataFrame

        return DataFrame(self._model.transform(frame._jdf), self._spark)


# --- results ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SparkFailure:
    """The exception that Spark threw for a row or a whole model: class and first line of its root cause."""

    error: str

    @classmethod
    def of(cls, exception: Exception) -> SparkFailure:
        """Return the failure that caused an exception from py4j."""
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
    """The results of Spark's `transform` for a list of rows.

    `columns` maps each column that transform added or replaced to its Spark type, in Spark's order.
    `outcomes` has one entry per row: the values of those columns, None for a dropped row, or a
    `SparkFailure`. If `transform` itself threw, `failure` is set and the other attributes are empty.
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


def _each_alone(
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    typed: Mapping[str, str],
    columns: Mapping[str, str],
    spark: SparkSession,
) -> list[dict[str, Any] | SparkFailure | None]:
    """Return the outcome of each row of a model that drops the row's position: each has its own partition."""
    frame = model.transform(to_frame(spark, rows, typed, len(rows)))
    outcomes: list[dict[str, Any] | SparkFailure | None] = []
    for position in range(len(rows)):
        try:
            scored = _collect(frame, [position])
        except Exception as exception:
            outcomes.append(SparkFailure.of(exception))
            continue
        outcomes.append({name: scored[0][name] for name in columns} if scored else None)
    return outcomes


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
    """Score rows with `model.transform` and return the outcome of each: values, dropped, or the error.

    Rows are distributed over partitions of `group` rows. If the batch throws, each partition is run alone,
    and a partition that throws is halved until the failing rows are found. `suspects` are the positions of
    rows that are expected to fail; they get their own partitions from the start, which only saves time.
    `replaced` names input columns that the model overwrites. Spark may read metadata from the first row, so
    it must be a row that Spark can score.
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
            groups = [[0], *groups]  # the first row, which Spark may inspect, must be valid in every round
        # Partitions have equal lengths: a shorter group repeats its last row.
        width = max(map(len, groups))
        flat = [
            position for members in groups for position in members + members[-1:] * (width - len(members))
        ]
        data = [{**rows[position], _ROW: position} for position in flat]
        try:
            frame = model.transform(to_frame(spark, data, typed, len(groups)))
            all_columns = {field.name: spark_type(field.dataType) for field in frame.schema.fields}
        except Exception as exception:
            return SparkScores({}, [], SparkFailure.of(exception))
        columns = {
            name: kind
            for name, kind in all_columns.items()
            if name != _ROW and (name not in schema or name in replaced)
        }
        if _ROW not in all_columns:
            return SparkScores(columns, _each_alone(model, rows, typed, columns, spark))
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
