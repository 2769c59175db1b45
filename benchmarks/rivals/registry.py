"""Who is measured, and the environment that each is given."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.rivals.adapter import CACHE, Unable

__all__ = ["RIVALS", "Rival", "command", "environment"]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Rival:
    """One way to score a row, in a process of its own.

    `packages` are installed into a virtual environment of its own; without any, it runs in this Python.
    `converts` says that it does not read what Spark saved. `slow` ones start a job for each row. Models of
    `copied` ones live in the process itself, so that its memory tells how large they are.
    """

    name: str
    title: str
    packages: tuple[str, ...] = ()
    converts: bool = False
    slow: bool = False
    copied: bool = False
    note: str = ""


RIVALS = {
    rival.name: rival
    for rival in (
        Rival("sparklet", "sparklet", copied=True),
        Rival("floor", "the floor: C written by hand", copied=True, note="not for text"),
        Rival(
            "mleap",
            "MLeap, row API, in its own JVM",
            converts=True,
            note="0.20, Spark's fitted numbers in MLeap's classes, own Imputer for Spark's; ready-made Rows",
        ),
        Rival(
            "onnx",
            "ONNX Runtime (onnxmltools)",
            (
                "onnxmltools>=1.16",
                "onnxruntime>=1.31",
                "pyspark==4.3.*",
                "pandas>=2.2,<3",
                "setuptools>=65,<81",
            ),
            converts=True,
            copied=True,
            note="float32",
        ),
        Rival(
            "jpmml",
            "JPMML (pyspark2pmml, jpmml_evaluator)",
            (
                "jpmml_evaluator>=0.16",
                "jpype1>=1.7",
                "pyspark2pmml>=0.12",
                "pyspark==4.2.*",
                "pandas>=2.2,<3",
            ),
            converts=True,
            note="converted under PySpark 4.2, the newest it knows",
        ),
        Rival("spark", "Spark: PipelineModel.transform", slow=True, note="rows are cached DataFrames"),
        Rival(
            "mlflow",
            "MLflow: pyfunc of the Spark model",
            ("mlflow>=3.17", "pyspark==4.3.*", "pandas>=2.2,<3"),
            converts=True,
            slow=True,
            note="gives the prediction only",
        ),
    )
}


def environment(rival: Rival) -> str:
    """Return the rival's Python, its environment made on first use. Raises `Unable` where pip cannot."""
    if not rival.packages:
        return sys.executable
    key = hashlib.sha256(repr((rival.packages, sys.version_info[:2])).encode()).hexdigest()[:8]
    home = CACHE / "environments" / f"{rival.name}-{key}"
    python, ready = home / "bin" / "python", home / "ready"
    if not ready.exists():
        print(f"{rival.name}: installing {', '.join(rival.packages)}", file=sys.stderr)
        home.parent.mkdir(parents=True, exist_ok=True)
        for words in (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(python), "-m", "pip", "install", "--quiet", *rival.packages],
        ):
            done = subprocess.run(words, check=False, capture_output=True, text=True)
            if done.returncode:
                lines = [line for line in (done.stdout + done.stderr).splitlines() if "rror" in line]
                raise Unable(f"cannot be installed: {(lines or [f'exit code {done.returncode}'])[0]}")
        ready.touch()
    return str(python)


def command(rival: Rival) -> tuple[list[str], dict[str, str]]:
    """Return what starts the rival's child, and the environment variables that it gets."""
    hidden = {
        "PYTHONDONTWRITEBYTECODE",  # rivals are compiled by pip, a checkout at its first import
        "SPARK_HOME",
        "SPARK_CONF_DIR",
        "SPARK_REMOTE",
        "PYSPARK_SUBMIT_ARGS",
        "PYTHONHOME",
        "VIRTUAL_ENV",
    }
    variables = {name: value for name, value in os.environ.items() if name not in hidden}
    variables |= {
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        "PYTHONWARNINGS": "ignore",
        "SPARKLET_BENCH_CACHE": str(CACHE),
    }
    # MLflow and Spark would otherwise speak to the world, or leave files where they are started.
    variables |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}
    if rival.name == "mleap":
        from benchmarks.rivals import mleap

        return mleap.command(), variables
    python = environment(rival)
    return [python, "-m", "benchmarks.rivals.child", rival.name], variables | {"PYSPARK_PYTHON": python}
