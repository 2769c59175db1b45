"""The JVM engine: Spark's own code scores rows, without planning a job for each.

`sparklet.load(path, engine="jvm")` uses it. It needs the extra `jvm` (PySpark contains the jars) and Java
17+.
"""

from __future__ import annotations

from sparklet.engines.jvm.gateway import Gateway, connect
from sparklet.engines.jvm.model import JvmPipelineModel, load_jvm

__all__ = ["Gateway", "JvmPipelineModel", "connect", "load_jvm"]
