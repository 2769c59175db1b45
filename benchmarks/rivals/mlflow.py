"""MLflow's pyfunc of a Spark model: a pandas frame in, the predictions out, a local Spark beneath."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.rivals.spark import quiet_session, session

__all__ = ["answer", "load", "prepare", "score_one"]


def prepare(folder: str, target: str) -> dict[str, Any]:
    """Save the pipeline as an MLflow model."""
    import shutil

    import mlflow
    from pyspark.ml import PipelineModel

    shutil.rmtree(Path(target, "mlflow"), ignore_errors=True)
    with quiet_session() as spark:
        mlflow.spark.save_model(PipelineModel.load(f"{folder}/model"), f"{target}/mlflow")
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


def answer(result: Any) -> list[Any]:
    """Return the outputs as floats: the pyfunc gives the prediction alone."""
    return [None, None, float(result[0])]
