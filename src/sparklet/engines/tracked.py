"""Models in MLflow: the folder that Spark wrote, for an address or a folder of MLflow."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable
from typing import Any

from sparklet.engines.model import OnlinePipelineModel
from sparklet.errors import ModelNotFoundError
from sparklet.extras import require_mlflow
from sparklet.saved import is_mlflow_folder, mlflow_data

__all__ = ["download", "load_tracked"]

_ADDRESS = re.compile(r"(models|runs|mlflow-artifacts):/", re.IGNORECASE)


def load_tracked(path: Any, load_folder: Callable[[Any], OnlinePipelineModel]) -> OnlinePipelineModel:
    """Load the folder that Spark wrote, for an address or a folder of MLflow; any other `path` as it is.

    A download is deleted with the model, which reads its example from it, or when Python ends. Raises
    `MissingExtraError` without MLflow, a `ModelError` if the address or the folder has no Spark model.
    """
    if not (isinstance(path, str) and _ADDRESS.match(path)) or os.path.lexists(path):
        return load_folder(mlflow_data(os.fspath(path)) if is_mlflow_folder(path) else path)
    folder = tempfile.mkdtemp(prefix="sparklet-")
    try:
        model = load_folder(mlflow_data(download(path, folder)))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(model, shutil.rmtree, folder, ignore_errors=True)
    return model


def download(address: str, folder: str) -> str:
    """Download the model at an address of MLflow into a folder; return the folder with its MLmodel.

    Raises `MissingExtraError` without MLflow, `ModelNotFoundError` if MLflow cannot resolve the address.
    """
    require_mlflow(f"the address {address!r}")
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return str(download_artifacts(artifact_uri=address, dst_path=folder)).rstrip("/")
    except (MlflowException, OSError) as error:
        hint = "set MLFLOW_TRACKING_URI to the server that has the model"
        raise ModelNotFoundError(address, f"MLflow cannot resolve it: {error}", hint) from error
