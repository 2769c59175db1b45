"""Models in MLflow: the folder that Spark wrote, for an address or a folder of MLflow."""

from __future__ import annotations

import os
import re
from typing import Any

from sparklet.errors import ModelNotFoundError
from sparklet.extras import require_mlflow
from sparklet.saved import is_mlflow_folder, mlflow_data

__all__ = ["download", "untracked"]

_ADDRESS = re.compile(r"(models|runs|mlflow-artifacts):/", re.IGNORECASE)


def untracked(path: Any) -> Any:
    """Return the folder that Spark wrote, for an address or folder of MLflow; any other path as it is.

    Raises `MissingExtraError` without MLflow, a `ModelError` if the address or the folder has no Spark model.
    """
    if isinstance(path, str) and _ADDRESS.match(path) and not os.path.lexists(path):
        return mlflow_data(download(path))
    return mlflow_data(os.fspath(path)) if is_mlflow_folder(path) else path


def download(address: str) -> str:
    """Return the local folder of the model at an address of MLflow, downloaded unless it is local already.

    Raises `MissingExtraError` without MLflow, `ModelNotFoundError` if MLflow cannot resolve the address.
    """
    require_mlflow(f"the address {address!r}")
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return str(download_artifacts(artifact_uri=address)).rstrip("/")
    except (MlflowException, OSError) as error:
        hint = "set MLFLOW_TRACKING_URI to the server that has the model"
        raise ModelNotFoundError(address, f"MLflow cannot resolve it: {error}", hint) from error
