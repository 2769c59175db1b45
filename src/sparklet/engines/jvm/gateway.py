"""The connection to a JVM with Spark: that of a running session, or one that is started for scoring."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparklet.errors import (
    ModelError,
    OptionError,
    SchemaError,
    SparkletError,
    StageProblem,
    UnsupportedModelError,
)
from sparklet.extras import pyspark_folder, require_py4j

__all__ = ["Gateway", "connect", "engine_jar"]

_JARS = Path(__file__).parent / "jars"
# What Spark needs of Java 17 and newer (JavaModuleOptions.java), as far as a driver uses it.
_OPENED = (
    "java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent "
    "jdk.internal.ref sun.nio.ch sun.util.calendar"
)
_MEMORY = "SPARKLET_JVM_MEMORY"


def engine_jar(spark_version: str) -> Path:
    """Return the jar of the engine for a Spark version; `ModelError` where this installation has none."""
    major = "3" if spark_version.startswith("3.") else "4"
    jar = _JARS / f"sparklet-shim-spark{major}.jar"
    if not jar.is_file():
        raise ModelError(str(jar), "the JVM engine is not built", hint="in a checkout: make shim")
    return jar


def _spark_jars() -> Path:
    """Return the folder of Spark's jars: SPARK_HOME's, else the installed PySpark's."""
    if home := os.environ.get("SPARK_HOME"):
        return Path(home) / "jars"
    return pyspark_folder("engine='jvm'") / "jars"


def _version_of(jars: Path) -> str:
    for jar in jars.glob("spark-core_*.jar"):
        if match := re.fullmatch(r"spark-core_[\d.]+-(.+)\.jar", jar.name):
            return match[1]
    raise ModelError(str(jars), "holds no jars of Spark")


class Gateway:
    """A py4j gateway to a JVM in which the engine is loaded, and the version of Spark there."""

    def __init__(self, java: Any) -> None:
        self.java = java
        self.bridge = java.jvm.sparklet.Bridge
        self.spark_version: str = self.bridge.sparkVersion()

    @classmethod
    def of_session(cls, context: Any) -> Gateway:
        """Return the gateway of a running SparkContext; the engine's jar joins its class path."""
        java = context._gateway
        url = engine_jar(context.version).as_uri()
        loader = java.jvm.java.lang.Thread.currentThread().getContextClassLoader()
        loader.addURL(java.jvm.java.net.URL(url))
        return cls(java)

    @classmethod
    def launch(cls) -> Gateway:
        """Start a JVM with Spark's jars, which ends with this process.

        `JAVA_HOME` says which Java, `SPARKLET_JVM_MEMORY` how large its heap may grow (default 2g).
        """
        require_py4j("engine='jvm'")
        from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

        jars = _spark_jars()
        engine = engine_jar(_version_of(jars))
        home = os.environ.get("JAVA_HOME")
        program = str(Path(home) / "bin" / "java") if home else "java"
        if shutil.which(program) is None:
            raise ModelError(program, "engine='jvm' needs Java 17 or newer", hint="set JAVA_HOME")
        options = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED.split()]
        options += [f"-Xmx{os.environ.get(_MEMORY, '2g')}", "-Duser.timezone=UTC", "-Duser.language=en"]
        options += ["-Duser.country=US", "-XX:+IgnoreUnrecognizedVMOptions"]
        options += ["-Dio.netty.tryReflectionSetAccessible=true"]
        port, token = launch_gateway(
            jarpath=str(next(jars.glob("py4j-*.jar"))),
            classpath=os.pathsep.join([str(engine), str(jars / "*")]),
            javaopts=options,
            java_path=program,
            die_on_exit=True,
            enable_auth=True,
            redirect_stdout=subprocess.DEVNULL,
            redirect_stderr=subprocess.DEVNULL,
        )
        return cls(JavaGateway(gateway_parameters=GatewayParameters(port=port, auth_token=token)))

    def map(self, entries: Mapping[str, Any]) -> Any:
        """Return a Java map."""
        made = self.java.jvm.java.util.LinkedHashMap()
        for key, value in entries.items():
            made.put(key, value)
        return made

    def list(self, items: Sequence[str] | None) -> Any:
        """Return a Java list, None for None."""
        if items is None:
            return None
        made = self.java.jvm.java.util.ArrayList()
        for item in items:
            made.add(item)
        return made

    def load(
        self, path: str, types: dict[str, str], outputs: Sequence[str] | None, sizes: dict[str, int]
    ) -> Any:
        """Return `Bridge.load` of a model; what the engine throws becomes a `SparkletError`."""
        from py4j.protocol import Py4JJavaError

        try:
            return self.bridge.load(path, self.map(types), self.list(outputs), self.map(sizes))
        except Py4JJavaError as error:
            text = self.bridge.explain(error.java_exception)
            if text is None:
                raise
            raise _model_error(json.loads(text), path) from error


def _model_error(facts: dict[str, str], path: str) -> SparkletError:
    problem, stage = facts["problem"], facts.get("stage")
    if facts["class"] == "SchemaException":
        if "is not made by the model" in problem:
            return OptionError("outputs", facts["column"], problem)
        return SchemaError(facts["column"], problem)
    if stage is not None:
        name = stage.split(" ", maxsplit=1)[0]
        return UnsupportedModelError(path, [StageProblem(name, stage, problem)])
    return ModelError(path, problem.removeprefix(f"{path}: "))


_lock = threading.Lock()
_launched: list[Gateway] = []


def connect() -> Gateway:
    """Return the gateway of the running SparkSession, else of the one JVM that this process starts."""
    pyspark = sys.modules.get("pyspark")
    context = getattr(getattr(pyspark, "SparkContext", None), "_active_spark_context", None)
    with _lock:
        if context is not None and context._gateway is not None:
            return Gateway.of_session(context)
        if not _launched:
            _launched.append(Gateway.launch())
        return _launched[0]
