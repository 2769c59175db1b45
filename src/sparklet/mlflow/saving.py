"""Write models that MLflow's `spark` and `python_function` flavors open, and load any of them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparklet import __version__
from sparklet.engines import OnlinePipelineModel, load
from sparklet.engines.tracked import download
from sparklet.errors import OptionError
from sparklet.extras import require_mlflow, require_pyspark
from sparklet.saved import is_mlflow_folder, mlflow_data

if TYPE_CHECKING:
    from mlflow.models import Model, ModelSignature
    from mlflow.models.model import ModelInfo
    from pyspark.sql import DataFrame

__all__ = ["load_model", "log_model", "register_online", "save_model"]

_LOADER = "sparklet.mlflow"
_OPTIONS = ("ansi", "blas", "missing", "outputs", "schema", "spark", "timezone", "trusted", "undeclared")


def load_model(uri: str, **options: Any) -> OnlinePipelineModel:
    """Load a Spark model that MLflow stores, to score rows without Spark.

    `uri` is an address such as `models:/name@alias`, `models:/name/3`, `models:/m-…`, `runs:/…/name` or a
    local folder; `options` are those of `sparklet.load`. The signature declares the types of the columns for
    which sparklet stored none. Raises `ModelNotFoundError` if MLflow does not have the model, and the errors
    of `sparklet.load`.
    """
    require_mlflow("load_model")
    return load(uri, **options)


def save_model(
    spark_model: Any,
    path: str,
    *,
    example: DataFrame | None = None,
    signature: ModelSignature | None = None,
    input_example: Any = None,
    model_config: Mapping[str, Any] | None = None,
    pip_requirements: Sequence[str] | None = None,
    mlflow_model: Model | None = None,
) -> None:
    """Write a fitted Spark model to a local folder that `mlflow.spark` and `mlflow.pyfunc` load.

    - `example`: a DataFrame of typical rows. They are stored with Spark's results, as `sparklet.save` does;
      the default of `signature` and of `input_example` comes from them.
    - `model_config`: arguments of `sparklet.load` for the `python_function` flavor, such as
      `{"outputs": ["prediction"]}`; `mlflow.pyfunc.load_model` can replace them.
    - `pip_requirements`: the requirements of the serving environment; the default is sparklet with its extra.

    Raises `OptionError` for an unknown argument in `model_config`, and the errors of `sparklet.save`.
    """
    require_mlflow("save_model")
    require_pyspark("save_model")
    import pyspark

    from sparklet.spark import save

    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "sparkml"
        save(spark_model, data.as_uri(), example=example)
        if example is not None:
            options = {"undeclared": "infer", **_checked(model_config)}
            inferred, rows = _described(load(data, **options), example)
            signature = inferred if signature is None else signature
            input_example = rows if input_example is None else input_example
        spark = {
            "model_class": f"{type(spark_model).__module__}.{type(spark_model).__qualname__}",
            "model_data": "data/sparkml",
            "pyspark_version": pyspark.__version__,
        }
        _write(path, data, mlflow_model, spark, signature, input_example, model_config, pip_requirements)


def log_model(
    spark_model: Any, name: str, *, registered_model_name: str | None = None, **arguments: Any
) -> ModelInfo:
    """Log a fitted Spark model to the current MLflow run, and register it under `registered_model_name`.

    `arguments` are those of `save_model`, and of MLflow's `Model.log`. Returns MLflow's ModelInfo.
    """
    require_mlflow("log_model")
    from mlflow.models import Model

    arguments |= {"name": name, "registered_model_name": registered_model_name}
    return Model.log(artifact_path=None, flavor=_Flavor(save_model), spark_model=spark_model, **arguments)


def register_online(
    uri: str,
    registered_model_name: str,
    *,
    alias: str | None = None,
    model_config: Mapping[str, Any] | None = None,
    pip_requirements: Sequence[str] | None = None,
) -> ModelInfo:
    """Register an existing Spark model again, for serving without Java.

    The new version contains the files of the model at `uri` and only the `python_function` flavor, so that
    MLflow builds an image without Java for it. `alias` is set to the new version. The model is loaded
    first: a model that sparklet cannot score raises the error of `sparklet.load` and is not registered.
    """
    require_mlflow("register_online")
    from mlflow import MlflowClient
    from mlflow.models import Model

    with tempfile.TemporaryDirectory() as downloads:
        folder = uri if is_mlflow_folder(uri) else download(uri, downloads)
        load(folder, **_checked(model_config))
        info = Model.log(
            artifact_path=None,
            flavor=_Flavor(_save_online),
            name=registered_model_name,
            registered_model_name=registered_model_name,
            folder=folder,
            model_config=model_config,
            pip_requirements=pip_requirements,
        )
    if alias is not None:
        MlflowClient().set_registered_model_alias(
            registered_model_name, alias, str(info.registered_model_version)
        )
    return info


class _Flavor:
    """What `Model.log` needs of a flavor: `save_model`."""

    def __init__(self, save: Any) -> None:
        self.save_model = save


def _save_online(
    path: str,
    folder: str,
    mlflow_model: Model,
    model_config: Mapping[str, Any] | None,
    pip_requirements: Sequence[str] | None,
) -> None:
    from mlflow.models import Model as StoredModel

    stored = StoredModel.load(folder)
    _write(
        path,
        Path(mlflow_data(folder)),
        mlflow_model,
        None,
        stored.signature,
        None if stored.saved_input_example_info is None else stored.load_input_example(folder),
        model_config,
        pip_requirements,
    )


def _write(
    path: str,
    data: Path,
    mlflow_model: Model | None,
    spark: Mapping[str, str] | None,
    signature: ModelSignature | None,
    input_example: Any,
    model_config: Mapping[str, Any] | None,
    pip_requirements: Sequence[str] | None,
) -> None:
    import mlflow.pyfunc
    from mlflow.models import Model as NewModel

    model = NewModel() if mlflow_model is None else mlflow_model
    if spark is not None:
        model.add_flavor("spark", **spark)
    mlflow.pyfunc.save_model(
        path,
        loader_module=_LOADER,
        data_path=str(data),
        mlflow_model=model,
        signature=signature,
        input_example=input_example,
        model_config=_checked(model_config) or None,
        pip_requirements=list(pip_requirements or [f"sparklet[mlflow]=={__version__}", "pandas"]),
    )


def _described(model: OnlinePipelineModel, example: DataFrame) -> tuple[Any, Any]:
    """Return the signature and the first row of an example, of the columns that the model needs."""
    from mlflow.models import ModelSignature, infer_signature

    from sparklet.mlflow.pyfunc import ScoringModel

    names = [column.name for column in model.inputs]
    rows = example.select([f"`{name.replace('`', '``')}`" for name in names])
    first = rows.limit(1).toPandas()
    results = infer_signature(model_output=ScoringModel(model).predict(first))
    return ModelSignature(infer_signature(rows).inputs, results.outputs), first


def _checked(model_config: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the arguments of `load`; raise `OptionError` for one that is none."""
    config = dict(model_config or {})
    for name in config:
        if name not in _OPTIONS:
            raise OptionError("model_config", name, f"has arguments of sparklet.load: {', '.join(_OPTIONS)}")
    return config
