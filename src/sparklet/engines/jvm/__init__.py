"""The JVM engine: Spark itself does the arithmetic, row by row, without its planning.

`sparklet.load(path, engine="jvm")` uses it. Needs the extra `jvm` (PySpark brings the jars) and Java 17+.
"""

from __future__ import annotations

from sparklet.engines.jvm.gateway import Gateway, connect
from sparklet.engines.jvm.model import JvmPipelineModel, load_jvm

__all__ = ["Gateway", "JvmPipelineModel", "connect", "load_jvm"]
