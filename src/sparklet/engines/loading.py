"""`sparklet.load`: choose the engine and load a saved model into it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sparklet.engines.model import OnlinePipelineModel
from sparklet.engines.python import load_python
from sparklet.engines.tracked import load_tracked
from sparklet.errors import OptionError, SchemaError, SparkletError, UnsupportedModelError

if TYPE_CHECKING:
    from pathlib import PurePath

__all__ = ["load"]


def load(
    path: str | PurePath,
    *,
    outputs: str | Sequence[str] | None = None,
    schema: object = None,
    spark: str | None = None,
    blas: str | None = None,
    ansi: bool | None = None,
    timezone: str | None = None,
    missing: str = "error",
    undeclared: str = "refuse",
    trusted: Sequence[str] = (),
    verify: bool = False,
    engine: str = "python",
) -> OnlinePipelineModel:
    """Load a model that Spark saved, to score rows without Spark.

    `path` is the folder that `model.save` wrote, local or anything that `pyarrow.fs` opens (`s3://...`); with
    the extra `mlflow` also a model of MLflow: `models:/name@alias`, `runs:/...`, or a folder with an MLmodel.

    - `outputs`: the names of the output columns. The default is those of the last predictor and of the stages
      after it; `"*"` selects all columns that Spark's `transform` adds. With a list, stages that come after
      these columns need not be supported, unless their params say that they drop rows.
    - `schema`: the Spark types of input columns: a mapping such as `{"age": "int"}`, DDL such as `"age INT"`,
      Spark's JSON, a PySpark StructType, whose ML attributes are used, a pyarrow Schema, a signature of
      MLflow, or the path of a Parquet, Arrow or Delta table. A mapping must name input columns of the model;
      the schema of a table may have more. Other columns have the types that `sparklet schema` or
      `sparklet.save` stored with the model, or those of its signature in MLflow, if there are any.
    - `spark`: the Spark release to reproduce. The default is the one that saved the model, or 3.5 if that is
      older. A release newer than all that sparklet is checked against is a warning.
    - `blas`: the order in which dot products are summed: `"java11"`, or that of a JVM with the vector module,
      as PySpark 4 starts it: `"vector2"`, `"vector4"` or `"vector8"`, the number of doubles in a register of
      the processor. The default is the order that the example recorded, else `"java11"`.
    - `ansi`, `timezone`: `spark.sql.ansi.enabled` and `spark.sql.session.timeZone` of the session to
      reproduce. The default is the session of the example that `sparklet.save` stored; without one, the
      release's own ANSI mode and no known zone: then an expression that depends on it is refused.
    - `missing`: `"error"` or `"null"`, for a column that a row lacks.
    - `undeclared`: for input columns whose types change the answer and are neither declared nor stored with
      an example: `"refuse"` raises `UndeclaredTypeError`; `"infer"` takes the types that the error proposes;
      `"tables"` loads the model for `transform`, as tables carry types, and refuses rows.
    - `trusted`: packages whose Python-defined stages may be imported; no other package is imported.
    - `verify`: whether to score the example rows of the model folder and refuse the model if a result
      differs.
    - `engine`: `"python"`; `"jvm"`, Spark's own code in a JVM (extra `jvm`); or `"auto"`, which uses the JVM
      engine, with a warning, for pipelines that the Python engine does not support.

    Raises a `ModelError` for a folder that cannot be scored, which lists every unsupported stage;
    `SchemaError` for columns that do not match the stages; `OptionError` for an invalid argument.
    """
    if missing not in ("error", "null"):
        raise OptionError("missing", missing, "'error' or 'null'")
    if undeclared not in ("refuse", "infer", "tables"):
        raise OptionError("undeclared", undeclared, "'refuse', 'infer' or 'tables'")
    if engine not in ("python", "jvm", "auto"):
        raise OptionError("engine", engine, "'python', 'jvm' or 'auto'")
    options = {"outputs": outputs, "schema": schema, "spark": spark, "missing": missing}
    options |= {"blas": blas, "undeclared": undeclared, "ansi": ansi, "timezone": timezone}
    return load_tracked(path, partial(_load_folder, engine, options, trusted, verify))


def _load_folder(
    engine: str, options: dict[str, Any], trusted: Sequence[str], verify: bool, path: str | PurePath
) -> OnlinePipelineModel:
    if engine == "jvm":
        return _in_jvm(path, options, trusted, verify)
    try:
        return _verified(load_python(path, trusted=trusted, **options), verify)
    except (UnsupportedModelError, SchemaError) as error:
        if engine == "python":
            raise
        try:
            model = _in_jvm(path, options, (), verify)
        except SparkletError as other:
            error.add_note(f"the JVM engine does not support it either: {other}")
            raise error from other
        message = f"using the JVM engine, because the Python engine reports: {error}"
        warnings.warn(message, stacklevel=4)  # the caller of `load`
        return model


OnlinePipelineModel._load = staticmethod(load)


def _in_jvm(
    path: str | PurePath, options: dict[str, Any], trusted: Sequence[str], verify: bool
) -> OnlinePipelineModel:
    from sparklet.engines.jvm import load_jvm

    if trusted:
        raise OptionError("trusted", trusted, "the JVM engine does not support Python-defined stages")
    return _verified(load_jvm(path, **options), verify)


def _verified(model: OnlinePipelineModel, verify: bool) -> OnlinePipelineModel:
    if verify:
        model.verify()
    return model
