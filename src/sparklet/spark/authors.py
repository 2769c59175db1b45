"""Base classes of user-written stages, which score rows and DataFrames with one function."""

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
    """Take params as keyword arguments, so that classes need no `__init__`."""

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
        """Return the params, sorted by name.

        PySpark's version reads every attribute, which would compute cached properties too early.
        """
        return [value for _, value in sorted(vars(self).items()) if isinstance(value, Param)]


class OnlineTransformer(Authored, _Keywords, Transformer, DefaultParamsReadable, DefaultParamsWritable):
    """Base class of a PySpark transformer that is defined by what it does to one row.

    A subclass adds PySpark's mixins for its params (`HasInputCol`, `HasOutputCol` ...), declares its outputs
    and defines `scoreInstance`, or `scoreBatch` for speed; each is derived from the other. The class inherits
    `transform`, `save` and `load`, and `sparklet.load(path, trusted=[...])` scores it without a JVM.

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
    """Spark type of the columns that `inputCol` and `inputCols` name; None accepts any type."""

    outputType: ClassVar[Any] = None
    """Spark type of the columns that `outputCol`, `outputCols` or `predictionCol` name."""

    batchFormat: ClassVar[Literal["arrow", "pandas"]] = "arrow"
    """Argument of `scoreBatch`: a `pyarrow.RecordBatch`, or a pandas DataFrame, in which null is NaN."""

    def inputs(self) -> Mapping[str, Any]:
        """Return the input columns, each with its Spark type, or None to accept any type.

        The default is the columns that the params inputCol, inputCols and featuresCol name, with the class's
        `inputType`. A column declared `double` accepts every number, `bigint` every integer.
        """
        types = dict.fromkeys(self._named(_INPUTS), self.inputType)
        if not types:
            raise OptionError(
                "inputs", type(self).__name__, "set inputCol or inputCols, or define inputs(self)"
            )
        return types

    def outputs(self) -> Mapping[str, Any]:
        """Return the output columns, each with its Spark type (`"double"`, `VectorUDT()` ...).

        The default is the columns that the params outputCol, outputCols and predictionCol name, with the
        class's `outputType`.
        """
        names = self._named(_OUTPUTS)
        if not names or self.outputType is None:
            problem = "set outputCol and the class's outputType, or define outputs(self)"
            raise OptionError("outputs", type(self).__name__, problem)
        return dict.fromkeys(names, self.outputType)

    @_unwritten
    def scoreInstance(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the outputs of one row by name.

        `row` maps the input columns to their values; null is None, and vectors are those of sparklet.
        """
        raise NotImplementedError(f"{type(self).__name__} defines neither scoreInstance nor scoreBatch")

    @_unwritten
    def scoreBatch(self, batch: Any) -> Any:
        """Return the outputs of many rows: a mapping, DataFrame or Arrow table of columns by name."""
        raise NotImplementedError(f"{type(self).__name__} defines neither scoreInstance nor scoreBatch")

    def _named(self, params: tuple[str, ...]) -> list[str]:
        columns: list[str] = []
        for name in params:
            if self.hasParam(name) and self.isDefined(name):
                value = self.getOrDefault(name)
                columns += [value] if isinstance(value, str) else value
        return columns

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
        """Return the stage that `sparklet.load` scores; needs PySpark's Params, but no JVM."""
        author = cls()
        author._resetUid(saved.uid)
        DefaultParamsReader.getAndSetParams(author, dict(saved.metadata))
        author._restore(saved)
        return OnlineStage(uid=saved.uid, author=author)

    def _restore(self, saved: SavedStage) -> None:
        """Read the data that is saved beside the params."""


class OnlineModel(OnlineTransformer, Model):
    """Base class of a fitted stage: an `OnlineTransformer` that keeps what it learned in `state`.

    `state` maps names to read-only numpy arrays or Arrow tables, which are saved as Parquet beside the
    metadata. The constructor converts numbers, lists and pandas frames to them.
    """

    def __init__(self, *, state: Mapping[str, Any] | None = None, **params: Any) -> None:
        super().__init__(**params)
        self._state: dict[str, Any] = checked_state(state or {})

    @property
    def state(self) -> State:
        """Return the arrays and tables that the stage learned, by name."""
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
        # `_StateWriter` writes one file for each item.
        files = {name: saved.arrow_files(f"state/{name}")[0] for name in names}
        self._state = {name: from_arrow(path, table) for name, (path, table) in files.items()}


class OnlineEstimator(_Keywords, Estimator, DefaultParamsReadable, DefaultParamsWritable):
    """Base class of the estimator that fits an `OnlineModel`; it is saved and loaded like Spark's.

    A subclass defines `_fit(self, dataset)`, which returns `self.fitted(MyModel, name=array, ...)`.
    """

    def fitted(self, model: type[OnlineModel], **state: Any) -> OnlineModel:
        """Return a model with this state and, as in Spark, this estimator's params and uid."""
        instance = model(state=state)
        instance._resetUid(self.uid)
        copy: OnlineModel = self._copyValues(instance)
        return copy


class _StateWriter(DefaultParamsWriter):
    def saveImpl(self, path: str) -> None:
        state = self.instance.state
        DefaultParamsWriter.saveMetadata(self.instance, path, self.sc, {"state": sorted(state)})
        folder = Folder(self.sparkSession, path)
        for name, value in state.items():
            folder.write(location(name), to_parquet(value))


class _StateReader(DefaultParamsReader):
    def load(self, path: str) -> Any:
        model = super().load(path)
        names = DefaultParamsReader.loadMetadata(path, self.sc).get("state", [])
        folder = Folder(self.sparkSession, path)
        model._state = {
            name: from_arrow(path, pq.read_table(pa.BufferReader(folder.read(location(name)))))
            for name in checked_names(names, path)
        }
        return model
