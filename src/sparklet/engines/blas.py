"""Detect the BLAS with which a JVM computes Spark's dot products, and its order of summation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.session import jvm

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["blas_facts", "blas_in_use", "vector_order"]

_HOLDER = "org.apache.spark.ml.linalg.BLAS$"
_ORDERS = {"Java8BLAS": "java8", "Java11BLAS": "java11"}
# The first Java whose compiled code adds the lanes of a vector in pairs on x86 (JDK-8337062), while its
# interpreter adds them one by one: a sum then depends on how often it was computed before.
_UNORDERED = 24


def blas_in_use(spark: SparkSession) -> tuple[dict[str, Any], str | None]:
    """Return facts about the BLAS of the driver, and the name of its summation order, None if unknown.

    The order is known only if the executors run in the driver's JVM and Spark has loaded no native library.
    Raises `OptionError` for a session of Spark Connect.
    """
    facts, order = blas_facts(jvm(spark, "the BLAS"))
    master = spark.sparkContext.master or ""
    local = master.startswith("local") and "local-cluster" not in master
    return facts, order if local else None


def blas_facts(gate: Any) -> tuple[dict[str, Any], str | None]:
    """Return facts about the BLAS of Spark in a JVM, and the name of its summation order, None if unknown.

    `gate` is the JVM as py4j shows it. The order of a native library is unknown, and so is that of vectors
    of more than two lanes on x86 from Java 24 on.
    """
    java = gate.java.lang
    holder = java.Class.forName(_HOLDER, True, java.Thread.currentThread().getContextClassLoader())
    module = holder.getField("MODULE$").get(None)
    names = []
    for getter in ("javaBLAS", "nativeBLAS"):
        blas = holder.getMethod(getter, None).invoke(module, None)
        names.append(str(blas.getClass().getSimpleName()))
    facts: dict[str, Any] = {"java": names[0], "native": names[1]}
    if names[0] != "VectorBLAS":
        return facts, _ORDERS.get(names[0]) if names[0] == names[1] else None
    facts["lanes"] = _lanes(gate)
    return facts, vector_order(gate) if names[0] == names[1] else None


def vector_order(gate: Any) -> str | None:
    """Return the summation order of VectorBLAS in a JVM, None when it has none or the order is not fixed."""
    java = gate.java.lang
    if not java.ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent():
        return None
    lanes = _lanes(gate)
    x86 = str(java.System.getProperty("os.arch")) in ("amd64", "x86_64", "x86")
    fixed = int(java.Runtime.version().feature()) < _UNORDERED or lanes == 2 or not x86
    return f"vector{lanes}" if fixed else None


def _lanes(gate: Any) -> int:
    return int(gate.jdk.incubator.vector.DoubleVector.SPECIES_MAX.length())
