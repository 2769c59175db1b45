"""The JVM engine: Spark itself does the arithmetic, row by row, without its planning.

`sparklet.load(path, engine="jvm")` comes here. Needs the extra `jvm` (PySpark brings the jars) and Java 17+.
"""

from __future__ import annotations

from sparklet.jvm.gateway import Gateway, connect
from sparklet.jvm.model import JvmPipelineModel, load

__all__ = ["Gateway", "JvmPipelineModel", "connect", "load"]
