"""Detect the BLAS with which a Spark computes dot products, and its order of summation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparklet.session import jvm

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["blas_in_use"]

_HOLDER = "org.apache.spark.ml.linalg.BLAS$"
_ORDERS = {"Java8BLAS": "java8", "Java11BLAS": "java11"}
# The JDK against which the summation order of VectorBLAS is tested; its vector reduction has a fixed order.
_VECTOR_JDK = "17"


def blas_in_use(spark: SparkSession) -> tuple[dict[str, Any], str | None]:
    """Return facts about the BLAS of the driver, and the name of its summation order, None if unknown.

    The order is known only if the executors run in the driver's JVM and Spark has loaded no native library.
    """
    gate = jvm(spark, "the BLAS")
    java = gate.java.lang
    holder = java.Class.forName(_HOLDER, True, java.Thread.currentThread().getContextClassLoader())
    module = holder.getField("MODULE$").get(None)
    names = []
    for getter in ("javaBLAS", "nativeBLAS"):
        blas = holder.getMethod(getter, None).invoke(module, None)
        names.append(str(blas.getClass().getSimpleName()))
    facts: dict[str, Any] = {"java": names[0], "native": names[1]}
    version = str(java.System.getProperty("java.specification.version"))
    if names[0] == "VectorBLAS":
        facts["lanes"] = int(gate.jdk.incubator.vector.DoubleVector.SPECIES_MAX.length())
    local = (spark.sparkContext.master or "").startswith(
        "local"
    ) and "local-cluster" not in spark.sparkContext.master
    if not local or names[0] != names[1]:
        return facts, None
    if names[0] == "VectorBLAS":
        return facts, f"vector{facts['lanes']}" if version == _VECTOR_JDK else None
    return facts, _ORDERS.get(names[0])
