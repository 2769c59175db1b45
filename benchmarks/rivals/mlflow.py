"""MLflow's pyfunc of a Spark model: a pandas frame in, the predictions out, a local Spark beneath."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.spark import quiet_session, schema_of_model, session

__all__ = ["answer", "answers", "load", "prepare", "score_one"]

TYPES = {"string": "object", "double": "float64"}


def prepare(folder: str, target: str) -> dict[str, Any]:
    """Save the pipeline as an MLflow model."""
    import shutil

    import mlflow
    from pyspark.ml import PipelineModel

    shutil.rmtree(Path(target, "mlflow"), ignore_errors=True)
    with quiet_session() as spark:
        # Named requirements spare MLflow to load the model again in order to find them.
        model, needs = PipelineModel.load(f"{folder}/model"), [f"pyspark=={spark.version}"]
        mlflow.spark.save_model(model, f"{target}/mlflow", pip_requirements=needs)
        version = spark.version
    Path(target, "schema.json").write_text(json.dumps(schema_of_model(folder)), encoding="utf-8")
    return {"converted with": f"mlflow {mlflow.__version__}, PySpark {version}"}


def load(path: str) -> Any:
    """Return the pyfunc, on a session with the settings of the others, and the types of its columns."""
    import mlflow

    session()
    kinds = json.loads(Path(path, "schema.json").read_text(encoding="utf-8"))
    return mlflow.pyfunc.load_model(f"{path}/mlflow"), {name: TYPES[kind] for name, kind in kinds.items()}


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row as a frame of one row."""
    return model[0].predict(_frame([row], model[1]))


def _frame(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> Any:
    import pandas

    # A column of nothing but None has no type, and Spark would refuse it; no label is the empty string.
    return pandas.DataFrame(rows).astype(types).fillna(dict.fromkeys(_texts(types), ""))


def _texts(types: Mapping[str, str]) -> list[str]:
    return [name for name, kind in types.items() if kind == "object"]


def answers(model: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the answers to many rows in one job."""
    return [[None, None, float(prediction)] for prediction in model[0].predict(_frame(rows, model[1]))]


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats: the pyfunc gives the prediction alone."""
    return [None, None, float(result[0])]
