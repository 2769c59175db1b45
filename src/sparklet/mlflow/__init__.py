"""Models in MLflow, scored without Spark: load, log, and serve as `python_function` (extra `mlflow`)."""

from sparklet.mlflow.pyfunc import _load_pyfunc as _load_pyfunc  # MLflow calls it by this name
from sparklet.mlflow.saving import load_model, log_model, register_online, save_model

__all__ = ["load_model", "log_model", "register_online", "save_model"]
