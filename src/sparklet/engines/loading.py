"""`sparklet.load`: choose the engine and load a saved model into it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sparklet.engines.model import OnlinePipelineModel
from sparklet.engines.python import load_python
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
    missing: str = "error",
    trusted: Sequence[str] = (),
    verify: bool = False,
    engine: str = "python",
) -> OnlinePipelineModel:
    """Load a model that Spark saved, to score rows without Spark.

    `path` is the folder that `model.save` wrote, local or anything that `pyarrow.fs` opens (`s3://...`).

    - `outputs`: names of the columns to give. By default those of the last predictor and of the stages after
      it; `"*"` gives all columns that Spark's `transform` adds.
    - `schema`: Spark types of input columns where they should not be inferred, `{"age": "int"}`, or a PySpark
      StructType. Columns that it leaves out have the types of the example that `sparklet.save` stored.
    - `spark`: the Spark version to agree with, by default the one that saved the model, no older than 3.5.
    - `missing`: `"error"` or `"null"`, for a column that a row lacks.
    - `trusted`: packages whose Python-defined stages may be imported; nothing else ever is.
    - `verify`: score the example rows that the model folder carries, and refuse on the first difference.
    - `engine`: `"python"`; `"jvm"`: Spark's own code in a JVM (extra `jvm`); `"auto"`: Python, and for
      pipelines with stages that only the JVM knows that one, with a warning.

    Raises a `ModelError` for a folder that cannot be scored, listing every stage at fault; `SchemaError` for
    columns that do not fit together; `OptionError` for a bad argument.
    """
    if missing not in ("error", "null"):
        raise OptionError("missing", missing, "'error' or 'null'")
    options = {"outputs": outputs, "schema": schema, "spark": spark, "missing": missing}
    if engine == "python":
        return _verified(load_python(path, trusted=trusted, **options), verify)  # type: ignore[arg-type]
    if engine == "jvm":
        return _in_jvm(path, options, trusted, verify)
    if engine != "auto":
        raise OptionError("engine", engine, "'python', 'jvm' or 'auto'")
    try:
        return _verified(load_python(path, trusted=trusted, **options), verify)  # type: ignore[arg-type]
    except (UnsupportedModelError, SchemaError) as error:
        try:
            model = _in_jvm(path, options, (), verify)
        except SparkletError as other:
            error.add_note(f"nor does the JVM engine score it: {other}")
            raise error from other
        warnings.warn(f"scored by the JVM engine, as the Python engine says: {error}", stacklevel=2)
        return model


OnlinePipelineModel._load = staticmethod(load)


def _in_jvm(
    path: str | PurePath, options: dict[str, Any], trusted: Sequence[str], verify: bool
) -> OnlinePipelineModel:
    from sparklet.engines.jvm import load_jvm

    if trusted:
        raise OptionError("trusted", trusted, "no Python-defined stage runs in the JVM engine")
    return _verified(load_jvm(path, **options), verify)


def _verified(model: OnlinePipelineModel, verify: bool) -> OnlinePipelineModel:
    if verify:
        model.verify()
    return model
