"""MLflow's pyfunc of a Spark model: a pandas frame in, the predictions out, a local Spark beneath."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rivals.spark import quiet_session, session

__all__ = ["answer", "answers", "load", "prepare", "score_one"]


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
    return {"converted with": f"mlflow {mlflow.__version__}, PySpark {version}"}


def load(path: str) -> Any:
    """Return the pyfunc, on a session with the settings of the others."""
    import mlflow

    session()
    return mlflow.pyfunc.load_model(f"{path}/mlflow")


def score_one(model: Any, row: Mapping[str, Any]) -> Any:
    """Score a row as a frame of one row."""
    import pandas

    return model.predict(pandas.DataFrame([row]))


def answers(model: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the answers to many rows in one job."""
    import pandas

    return [[None, None, float(prediction)] for prediction in model.predict(pandas.DataFrame(rows))]


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats: the pyfunc gives the prediction alone."""
    return [None, None, float(result[0])]
