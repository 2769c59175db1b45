"""What authors of stages extend: one function of theirs scores rows and DataFrames alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.ml import Estimator, Model, Transformer
from pyspark.ml.param import Param
from pyspark.ml.util import (
    DefaultParamsReadable,
    DefaultParamsReader,
    DefaultParamsWritable,
    DefaultParamsWriter,
)

from sparklet.columns import parse_row_type, split_size
from sparklet.errors import OptionError, did_you_mean
from sparklet.saved import SavedStage
from sparklet.session import Folder
from sparklet.spark.derive import transform
from sparklet.spark.stage import OnlineStage
from sparklet.spark.state import State, checked_names, checked_state, from_arrow, location, to_parquet
from sparklet.stages import Authored, Stage
from sparklet.types import DataType

__all__ = ["OnlineEstimator", "OnlineModel", "OnlineTransformer"]

_INPUTS = ("inputCol", "inputCols", "featuresCol")
_OUTPUTS = ("outputCol", "outputCols", "predictionCol")


def _unwritten(method: Any) -> Any:
    method.unwritten = True
    return method


class _Keywords:
    """Params in the constructor, without an `__init__` in every class."""

    defaults: ClassVar[Mapping[str, Any]] = {}
    """Default values of params, by name."""

    def __init__(self, **params: Any) -> None:
        super().__init__()
        for name, value in params.items():
            if not self.hasParam(name):  # type: ignore[attr-defined]
                hint = did_you_mean(name, [param.name for param in self.params])
                raise OptionError(name, value, f"{type(self).__name__} has no such param{hint}")
        self._setDefault(**self.defaults)  # type: ignore[attr-defined]
        self._set(**params)  # type: ignore[attr-defined]

    @property
    def params(self) -> list[Param]:
        """Return the params in the order of their names.

        PySpark's own looks at every attribute, and so would compute an author's cached properties early.
        """
        return [value for _, value in sorted(vars(self).items()) if isinstance(value, Param)]


class OnlineTransformer(Authored, _Keywords, Transformer, DefaultParamsReadable, DefaultParamsWritable):
    """Write a PySpark transformer by what it does to one row.

    A subclass adds PySpark's own mixins for its params (`HasInputCol`, `HasOutputCol` ...), declares its
    outputs and writes `scoreInstance`, or `scoreBatch` for speed; either gives both. `transform`, `save` and
    `load` follow, and `sparklet.load(path, trusted=[...])` scores it without a JVM.

    >>> from pyspark.ml.param.shared import HasInputCol, HasOutputCol
    >>> class Square(OnlineTransformer, HasInputCol, HasOutputCol):
    ...     outputType = "double"
    ...
    ...     def scoreInstance(self, row):
    ...         x = row[self.getInputCol()]
    ...         return {self.getOutputCol(): None if x is None else x * x}
    >>> Square(inputCol="x", outputCol="y").scoreInstance({"x": 3.0})
    {'y': 9.0}
    """

    inputType: ClassVar[Any] = None
    """Spark type of the columns that `inputCol`, `inputCols` name; None takes them as they are."""

    outputType: ClassVar[Any] = None
    """Spark type of the columns that `outputCol`, `outputCols` or `predictionCol` name."""

    batchFormat: ClassVar[Literal["arrow", "pandas"]] = "arrow"
    """What `scoreBatch` is given: a `pyarrow.RecordBatch`, or a pandas DataFrame, in which null is NaN."""

    def inputs(self) -> Mapping[str, Any]:
        """Return the columns that a row brings, each with its Spark type, or None to take it as it is.

        By default those that the params inputCol, inputCols and featuresCol name, of the class's `inputType`.
        A column declared `double` takes every number, `bigint` every integer.
        """
        found = dict.fromkeys(self._named(_INPUTS), self.inputType)
        if not found:
            raise OptionError(
                "inputs", type(self).__name__, "set inputCol or inputCols, or write inputs(self)"
            )
        return found

    def outputs(self) -> Mapping[str, Any]:
        """Return the columns that the stage makes, each with its Spark type (`"double"`, `VectorUDT()` ...).

        By default those that the params outputCol, outputCols and predictionCol name, of the class's
        `outputType`.
        """
        found = self._named(_OUTPUTS)
        if not found or self.outputType is None:
            problem = "set outputCol and the class's outputType, or write outputs(self)"
            raise OptionError("outputs", type(self).__name__, problem)
        return dict.fromkeys(found, self.outputType)

    @_unwritten
    def scoreInstance(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the outputs of one row by name; `row` has the inputs, null as None, sparklet's vectors."""
        raise NotImplementedError(f"{type(self).__name__} writes neither scoreInstance nor scoreBatch")

    @_unwritten
    def scoreBatch(self, batch: Any) -> Any:
        """Return the outputs of many rows: a mapping, DataFrame or Arrow table of columns by name."""
        raise NotImplementedError(f"{type(self).__name__} writes neither scoreInstance nor scoreBatch")

    def _named(self, params: tuple[str, ...]) -> list[str]:
        found: list[str] = []
        for name in params:
            if self.hasParam(name) and self.isDefined(name):
                value = self.getOrDefault(name)
                found += [value] if isinstance(value, str) else value
        return found

    def _declared_inputs(self) -> dict[str, tuple[DataType | None, int | None]]:
        return {
            name: (None, None) if type_ is None else split_size(parse_row_type(type_))
            for name, type_ in self.inputs().items()
        }

    def _declared_outputs(self) -> dict[str, tuple[DataType, int | None]]:
        return {name: split_size(parse_row_type(type_)) for name, type_ in self.outputs().items()}

    def _transform(self, dataset: Any) -> Any:
        return transform(self, dataset)

    @classmethod
    def online(cls, saved: SavedStage) -> Stage:
        """Return the stage that `sparklet.load` scores; needs PySpark's Params, and no JVM."""
        made = cls()
        made._resetUid(saved.uid)
        DefaultParamsReader.getAndSetParams(made, dict(saved.metadata))
        made._restore(saved)
        return OnlineStage(uid=saved.uid, author=made)

    def _restore(self, saved: SavedStage) -> None:
        """Take what is saved beside the params."""


class OnlineModel(OnlineTransformer, Model):
    """Write a fitted stage: an `OnlineTransformer` with what it learned, arrays and tables, in `state`.

    `state` maps names to numpy arrays (read-only) or Arrow tables; they are saved as Parquet beside the
    metadata. Numbers, lists and pandas frames are made such.
    """

    def __init__(self, *, state: Mapping[str, Any] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._state: dict[str, Any] = checked_state(state or {})

    @property
    def state(self) -> State:
        """Return what the stage learned, by name."""
        return self._state

    def write(self) -> DefaultParamsWriter:
        """Return the writer that saves params and state."""
        return _StateWriter(self)

    @classmethod
    def read(cls) -> DefaultParamsReader:
        """Return the reader of params and state."""
        return _StateReader(cls)

    def _restore(self, saved: SavedStage) -> None:
        names = checked_names(saved.metadata.get("state", []), saved.path)
        # `_StateWriter` writes one file for each.
        files = {name: saved.arrow_files(f"state/{name}")[0] for name in names}
        self._state = {name: from_arrow(path, table) for name, (path, table) in files.items()}


class OnlineEstimator(_Keywords, Estimator, DefaultParamsReadable, DefaultParamsWritable):
    """Write the estimator beside an `OnlineModel`: params in the constructor, saved and loaded as Spark's.

    A subclass writes `_fit(self, dataset)` and returns `self.fitted(MyModel, name=array, ...)`.
    """

    def fitted(self, model: type[OnlineModel], **state: Any) -> OnlineModel:
        """Return a model with this state and this estimator's params and uid, as Spark's estimators do."""
        made = model(state=state)
        made._resetUid(self.uid)
        found: OnlineModel = self._copyValues(made)
        return found


class _StateWriter(DefaultParamsWriter):
    def saveImpl(self, path: str) -> None:
        state = self.instance.state
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sc, {"state": sorted(state)})
        folder = Folder(self.sparkSession, path)
        for name, value in state.items():
            folder.write(location(name), to_parquet(value))


class _StateReader(DefaultParamsReader):
    def load(self, path: str) -> Any:
        made = super().load(path)
        names = DefaultParamsReader.loadMetadata(path, self.sc).get("state", [])
        folder = Folder(self.sparkSession, path)
        made._state = {
            name: from_arrow(path, pq.read_table(pa.BufferReader(folder.read(location(name)))))
            for name in checked_names(names, path)
        }
        return made
