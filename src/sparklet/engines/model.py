"""The interface of a loaded model, which every engine implements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal

from sparklet.codegen import Plan
from sparklet.columns import Column, fold
from sparklet.errors import Ask, ModelError, OptionError, SparkletError
from sparklet.extras import require_pyspark
from sparklet.profile import Profile
from sparklet.saved import Example, open_model
from sparklet.session import is_spark_frame

__all__ = ["OnlinePipelineModel", "Row", "Scored"]

Row = Mapping[str, Any]
Scored = dict[str, Any]


class OnlinePipelineModel(ABC):
    """Score rows with a saved Spark ML model: immutable, safe to share between threads, picklable.

    `sparklet.load` returns one. Its `engine` argument chooses the implementation; both have the same
    attributes and methods. `EngineError` is raised for an operation that an engine does not support.
    """

    # `__weakref__`: `engines.spark` keeps Spark's model for this one in a WeakKeyDictionary.
    __slots__ = ("__weakref__", "_path")
    _path: str

    # Set by `sparklet.engines.loading`, because this module does not import the engines that extend it.
    _load: ClassVar[Callable[..., OnlinePipelineModel]]

    def __init__(self, path: str) -> None:
        self._set(_path=path)

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: load the model again with other options")

    __delattr__ = None  # type: ignore[assignment]

    @property
    def path(self) -> str:
        """Return the folder that the model was loaded from."""
        return self._path

    @property
    @abstractmethod
    def trusted(self) -> tuple[str, ...]:
        """Return the packages whose Python-defined stages the model was allowed to import."""

    @property
    @abstractmethod
    def profile(self) -> Profile:
        """Return the profile of the Spark release that the model reproduces."""

    @property
    @abstractmethod
    def plan(self) -> Plan:
        """Return the plan of the Python engine: the inputs, the steps in order and the outputs.

        Raises `EngineError` in the JVM engine, whose plan is Spark's and stays in the JVM.
        """

    @property
    @abstractmethod
    def stages(self) -> tuple[Any, ...]:
        """Return the stages in order, composites expanded; `str(stage)` shows class and uid."""

    @property
    @abstractmethod
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that a row must have, each with its Spark type and the origin of that type."""

    @property
    @abstractmethod
    def outputs(self) -> tuple[Column, ...]:
        """Return the columns of a scored row, in order."""

    @property
    @abstractmethod
    def guesses(self) -> tuple[Ask, ...]:
        """Return the inputs whose types nobody declared although they change the answer, with the reason.

        Empty unless the model is loaded with `undeclared="infer"` or `undeclared="tables"`.
        """

    @property
    def schema(self) -> dict[str, str]:
        """Return the Spark types of the inputs by name, in the form of `load(schema=...)`."""
        return {column.name: str(column.declaration) for column in self.inputs}

    def requestSchema(self) -> dict[str, Any]:
        """Return the JSON Schema (2020-12) of a row, for callers that send rows as JSON.

        It describes the text that `sparklet.json.loads(text, model.inputs)` reads as a row of this model. The
        names are spelled as in the model; a row may spell them in another case and have further columns.

        >>> import sparklet
        >>> schema = sparklet.load("tests/golden/4.3/Binarizer/default/model").requestSchema()
        >>> schema["required"], schema["properties"]
        (['x'], {'x': {'$ref': '#/$defs/double', 'description': 'double'}})
        """
        from sparklet.json import row_schema

        optional = {column.name for column in self._optional}
        columns = [] if self._missing == "null" else [column.name for column in self.inputs]
        required = [name for name in columns if name not in optional]
        return row_schema(self.inputs, required)

    @abstractmethod
    def scoreInstance(self, row: Row) -> Scored | None:
        """Score one row, a mapping of column names to values.

        Returns the outputs by name, or None if a stage with `handleInvalid="skip"` drops the row.
        Raises a `RowError` that names stage, column and value: `MissingColumnError`, `ColumnTypeError`,
        `InvalidValueError` ...
        """

    def scoreInstances(
        self, rows: Iterable[Row], *, errors: Literal["raise", "collect"] = "raise"
    ) -> list[Scored | SparkletError | None]:
        """Score many rows and return the results in the same order.

        With `errors="collect"` the result of a failed row is its error; otherwise the first error is raised.
        Raises `OptionError` for another value of `errors`.
        """
        if errors not in ("raise", "collect"):
            raise OptionError("errors", errors, "'raise' or 'collect'")
        return self._score_rows(rows, collect=errors == "collect")

    def transform(self, data: Any) -> Any:
        """Score a table: a pyarrow Table or RecordBatch, a pandas or a polars DataFrame, a Spark DataFrame.

        Returns a table of the same kind. Like Spark's `transform`, it appends the outputs to the columns of
        `data` and omits the rows that a stage drops. In Arrow and polars a vector is the struct that Spark
        stores for it (type, size, indices, values), in pandas an object. Raises the `RowError` of the first
        row that cannot be scored, with its index, and `EngineError` in the JVM engine, which scores Spark
        DataFrames only.

        Spark transforms a Spark DataFrame with its own model, which is loaded on first use, and adds all
        output columns. Raises `OptionError` for a DataFrame of Spark Connect.
        """
        if is_spark_frame(data):
            require_pyspark("transform of a Spark DataFrame")
            from sparklet.engines import spark

            return spark.transform(self, data)
        return self._score_table(data)

    @abstractmethod
    def explain(self, format: Literal["text", "dot", "html"] = "text") -> str:
        """Return a description of how a row is scored.

        - `"text"`: the operations on each value, stage by stage.
        - `"dot"`: stages and columns as boxes, with types and sizes on the arrows, for Graphviz.
        - `"html"`: the same picture as an HTML page.

        Raises `OptionError` for another format.
        """

    def example(self, row: int = 0) -> dict[str, Any]:
        """Return one of the example rows that were saved with the model, as an argument of `scoreInstance`.

        Raises `ModelError` if the folder has no example, `OptionError` if the example has no such row.
        """
        rows = self._example().rows()
        if not 0 <= row < len(rows):
            raise OptionError("row", row, f"the example has {len(rows)} rows")
        needed = {fold(column.name) for column in self.inputs}
        return {name: value for name, value in rows[row][0].items() if fold(name) in needed}

    def verify(self) -> int:
        """Score the example rows again, compare the results with Spark's and return the number of rows.

        Compares every file of the model with its checksum first. The rows are scored with the settings and
        the summation order of the Spark that scored the example. Raises `VerificationError` at the first
        difference, `ModelError` if the folder has no example.
        """
        from sparklet.verify import verify

        example = self._example()
        score, plan = self._scoring_as(example)
        return verify(self._path, example, score, plan)

    @classmethod
    def fromSpark(cls, model: Any, **options: Any) -> OnlinePipelineModel:
        """Return a model that scores rows with a fitted Spark model, which is saved to a temporary folder.

        `options` are those of `load`; `blas` is by default the order of the session, if it is known. The
        packages of Python-defined stages are trusted, because their code already runs. On a cluster, pass as
        `folder` a folder that the executors can write to. `transform` uses `model` itself. Raises
        the errors of `load`, and `MissingExtraError` without PySpark.
        """
        require_pyspark("fromSpark")
        from sparklet.engines import spark

        online: OnlinePipelineModel = spark.from_spark(model, cls._load, **options)
        return online

    @abstractmethod
    def _score_rows(self, rows: Iterable[Row], *, collect: bool) -> list[Scored | SparkletError | None]:
        """Score many rows; with `collect` the result of a failed row is its error."""

    @abstractmethod
    def _score_table(self, data: Any) -> Any:
        """Score a table other than a Spark DataFrame."""

    @property
    @abstractmethod
    def _optional(self) -> frozenset[Column]:
        """Return the inputs that a row may lack."""

    @property
    @abstractmethod
    def _missing(self) -> str:
        """Return the option `missing` of `load`."""

    @abstractmethod
    def _with_schema(self, schema: Mapping[str, Any]) -> OnlinePipelineModel:
        """Return the model with all outputs for input types in the form of `parse_schema`."""

    @abstractmethod
    def _bound_to_columns(self, table: Any) -> OnlinePipelineModel:
        """Return the model for rows whose columns have the types of an empty table."""

    @abstractmethod
    def _scoring_as(self, example: Example) -> tuple[Callable[[Row], Scored | None], Plan | None]:
        """Return the function that scores all output columns like the Spark of the example, and its plan.

        The plan is None if it is not known.
        """

    def _example(self) -> Example:
        example = open_model(self._path).example()
        if example is None:
            raise ModelError(
                self._path,
                "contains no example rows",
                hint="sparklet.save(model, path, example=df) saves them with the model; "
                "`sparklet verify MODEL --rows R` compares with a live Spark",
            )
        return example

    def __repr__(self) -> str:
        def names(columns: Sequence[Column]) -> str:
            shown = ", ".join(f"{column.name}: {column.type}" for column in columns[:8])
            return shown + (f", … {len(columns) - 8} more" if len(columns) > 8 else "")

        return (
            f"OnlinePipelineModel({self._path!r}, Spark {self.profile.release}, {len(self.stages)} stages\n"
            f"  inputs:  {names(self.inputs)}\n  outputs: {names(self.outputs)})"
        )

    def _repr_html_(self) -> str:
        import html

        def rows(columns: Sequence[Column], kind: str) -> str:
            return "".join(
                f"<tr><td>{kind}</td><td>{html.escape(c.name)}</td><td>{html.escape(str(c.declaration))}</td>"
                f"<td>{html.escape(c.origin)}</td></tr>"
                for c in columns
            )

        listed = "".join(f"<li>{html.escape(str(stage))}</li>" for stage in self.stages)
        return (
            f"<b>OnlinePipelineModel</b> <code>{html.escape(self._path)}</code>"
            f", as Spark {self.profile.release}"
            f"<ol>{listed}</ol><table><tr><th></th><th>column</th><th>type</th><th>from</th></tr>"
            f"{rows(self.inputs, 'input')}{rows(self.outputs, 'output')}</table>"
        )
