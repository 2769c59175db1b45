"""Compile the JVM engine with the Scala compiler inside PySpark's jars: `python tools/build_shim.py`.

The jar is built for the release of the installed PySpark, and written to where `sparklet.engines.jvm` looks
for it.
One that is newer than the sources is left as it is.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scala-shim" / "src" / "main"
TARGET = ROOT / "src" / "sparklet" / "engines" / "jvm" / "jars"
OPTIONS = ["-encoding", "UTF-8", "-deprecation", "-feature", "-language:existentials", "-Xfatal-warnings"]


def main() -> int:
    """Build the jar of the installed PySpark's release; return the compiler's exit code."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        print("PySpark, whose jars contain the compiler, is not installed", file=sys.stderr)
        return 1
    jars = sorted((Path(found.origin).parent / "jars").glob("*.jar"))
    major = "3" if any(jar.name.startswith("spark-core_") and "-3." in jar.name for jar in jars) else "4"
    classpath = os.pathsep.join(map(str, jars))
    sources = [
        str(path)
        for folder in (SOURCES / "scala", SOURCES / f"scala-spark-{major}")
        for path in sorted(folder.rglob("*.scala"))
    ]
    jar = TARGET / f"sparklet-shim-spark{major}.jar"
    newest = max(Path(path).stat().st_mtime for path in [*sources, __file__])
    if jar.is_file() and jar.stat().st_mtime > newest:
        return 0
    with tempfile.TemporaryDirectory() as out:
        command = ["java", "-Xss8m", "-cp", classpath, "scala.tools.nsc.Main", *OPTIONS]
        done = subprocess.run([*command, "-d", out, "-cp", classpath, *sources], check=False)
        if done.returncode:
            return done.returncode
        TARGET.mkdir(parents=True, exist_ok=True)
        # Written under another name and renamed, because a JVM may have the old jar open.
        fresh = jar.with_suffix(".new")
        with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(out).rglob("*.class")):
                archive.write(path, path.relative_to(out).as_posix())
        fresh.replace(jar)
    print(f"{jar.relative_to(ROOT)}: {jar.stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
