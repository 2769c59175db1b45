"""The connection to a JVM with Spark: that of a running session, or one that sparklet starts."""

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
from sparklet.profile import Profile

__all__ = ["Gateway", "connect", "engine_jar"]

_JARS = Path(__file__).parent / "jars"
# The packages that a Spark driver needs opened on Java 17 and newer (JavaModuleOptions.java).
_OPENED = (
    "java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent "
    "jdk.internal.ref sun.nio.ch sun.util.calendar"
)
_MEMORY = "SPARKLET_JVM_MEMORY"


def engine_jar(spark_version: str) -> Path:
    """Return the jar of the engine for a Spark version; raise `ModelError` if it is not installed."""
    major = "3" if spark_version.startswith("3.") else "4"
    jar = _JARS / f"sparklet-shim-spark{major}.jar"
    if not jar.is_file():
        raise ModelError(str(jar), "the JVM engine is not built", hint="in a checkout, run: make shim")
    return jar


def _spark_jars() -> Path:
    """Return the folder of Spark's jars in SPARK_HOME, else in the installed PySpark."""
    if home := os.environ.get("SPARK_HOME"):
        return Path(home) / "jars"
    return pyspark_folder("engine='jvm'") / "jars"


def _version_of(jars: Path) -> str:
    for jar in jars.glob("spark-core_*.jar"):
        if match := re.fullmatch(r"spark-core_[\d.]+-(.+)\.jar", jar.name):
            return match[1]
    raise ModelError(str(jars), "contains no Spark jars")


class Gateway:
    """A py4j gateway to a JVM that has loaded the engine, and the version of its Spark."""

    def __init__(self, java: Any) -> None:
        self.java = java
        self.bridge = java.jvm.sparklet.Bridge
        self.spark_version: str = self.bridge.sparkVersion()

    @classmethod
    def of_session(cls, context: Any) -> Gateway:
        """Return the gateway of a running SparkContext, after adding the engine's jar to its class path."""
        java = context._gateway
        url = engine_jar(context.version).as_uri()
        loader = java.jvm.java.lang.Thread.currentThread().getContextClassLoader()
        loader.addURL(java.jvm.java.net.URL(url))
        return cls(java)

    @classmethod
    def launch(cls) -> Gateway:
        """Start a JVM with Spark's jars and return its gateway; the JVM ends with this process.

        `JAVA_HOME` selects the Java installation, `SPARKLET_JVM_MEMORY` the maximum heap size (default 2g).
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
        java_map = self.java.jvm.java.util.LinkedHashMap()
        for key, value in entries.items():
            java_map.put(key, value)
        return java_map

    def list(self, items: Sequence[str] | None) -> Any:
        """Return a Java list, None for None."""
        if items is None:
            return None
        java_list = self.java.jvm.java.util.ArrayList()
        for item in items:
            java_list.add(item)
        return java_list

    def profile(self) -> Profile:
        """Return the profile of the Spark in the JVM: its session's settings, or its release's defaults."""
        profile = Profile.of(self.spark_version)
        settings = self.bridge.settings()
        if settings is None:
            return profile
        return profile.with_(
            ansi=settings.get("spark.sql.ansi.enabled") == "true",
            timezone=settings.get("spark.sql.session.timeZone"),
        )

    def load(
        self,
        path: str,
        types: Mapping[str, str],
        outputs: Sequence[str] | None,
        sizes: Mapping[str, int],
        settings: Mapping[str, str],
    ) -> Any:
        """Return the result of `Bridge.load`; convert the engine's exceptions to a `SparkletError`."""
        from py4j.protocol import Py4JJavaError

        try:
            return self.bridge.load(
                path, self.map(types), self.list(outputs), self.map(sizes), self.map(settings)
            )
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
    """Return the gateway of the running SparkSession, else of a JVM that is started once per process."""
    pyspark = sys.modules.get("pyspark")
    context = getattr(getattr(pyspark, "SparkContext", None), "_active_spark_context", None)
    with _lock:
        if context is not None and context._gateway is not None:
            return Gateway.of_session(context)
        if not _launched:
            _launched.append(Gateway.launch())
        return _launched[0]
