"""The model that callers hold: loaded once, then a function from a row to a row."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from sparklet.columns import Column, fold, parse_schema
from sparklet.compiler import Plan, Score, explain, fuse, make_plan
from sparklet.errors import ModelError, OptionError, SparkletError
from sparklet.profile import Profile
from sparklet.rooms import is_spark_frame, jvm_room, spark_room
from sparklet.saved import Example, SavedStage, open_model
from sparklet.stages import Stage, build, check_trusted
from sparklet.verify import verify as verify_example

if TYPE_CHECKING:
    from sparklet.compiler.loop import Loop

__all__ = ["OnlinePipelineModel", "load"]

Row = Mapping[str, Any]
Scored = dict[str, Any]


@dataclass(frozen=True)
class _Options:
    """What `load` was told: with the stage, all that a model is made of."""

    profile: Profile
    outputs: str | tuple[str, ...] | None
    schema: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    missing: str = "error"
    # Types of the columns of the example that the model was saved with; `schema` comes first.
    example: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)
    trusted: tuple[str, ...] = ()


class OnlinePipelineModel:
    """Score rows with a saved Spark ML model: immutable, safe to share between threads, picklable.

    Made by `sparklet.load`.
    """

    # Weakly referable: what Spark loads of a model lives as long as the model.
    __slots__ = ("__weakref__", "_loop", "_options", "_path", "_plan", "_score", "_stage")
    _path: str
    _plan: Plan
    _score: Score
    _loop: Loop | None
    _stage: Stage
    _options: _Options

    def __init__(self, stage: Stage, options: _Options, path: str) -> None:
        plan = make_plan(stage, options.profile, options.schema, options.outputs, options.example)
        values = {"_stage": stage, "_options": options, "_path": path, "_plan": plan, "_loop": None}
        for name, value in (values | {"_score": fuse(plan, options.missing)[0]}).items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable: load the model again with other options")

    __delattr__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._stage, self._options, self._path)

    @property
    def path(self) -> str:
        """Return the folder that the model was loaded from."""
        return self._path

    @property
    def trusted(self) -> tuple[str, ...]:
        """Return the packages whose Python-defined stages the model was allowed to import."""
        return self._options.trusted

    @property
    def profile(self) -> Profile:
        """Return which Spark the scores agree with."""
        return self._options.profile

    @property
    def plan(self) -> Plan:
        """Return what scoring a row takes: the inputs to read, the steps in order, the outputs to give."""
        return self._plan

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages in order, composites expanded."""
        return self._plan.stages

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that a row must bring, each with its Spark type and where that is known from."""
        return self._plan.inputs

    @property
    def outputs(self) -> tuple[Column, ...]:
        """Return the columns of a scored row, in order."""
        return self._plan.outputs

    @property
    def schema(self) -> dict[str, str]:
        """Return the inputs' Spark types by name, in the form that `load(schema=...)` takes."""
        return {c.name: c.type if c.size is None else f"{c.type}({c.size})" for c in self.inputs}

    def scoreInstance(self, row: Row) -> Scored | None:
        """Score one row, given as a mapping of column names to values.

        Returns the outputs by name, or None where a stage with `handleInvalid="skip"` drops the row.
        Raises a `RowError` that names stage, column and value: `MissingColumnError`, `ColumnTypeError`,
        `InvalidValueError` ...
        """
        return self._score(row)

    def scoreInstances(
        self, rows: Iterable[Row], *, errors: Literal["raise", "collect"] = "raise"
    ) -> list[Scored | SparkletError | None]:
        """Score many rows, in their order.

        With `errors="collect"` the error of a failed row stands in its place, else the first is raised.
        """
        if errors not in ("raise", "collect"):
            raise OptionError("errors", errors, "'raise' or 'collect'")
        score = self._score
        if errors == "raise":
            return [score(row) for row in rows]
        results: list[Scored | SparkletError | None] = []
        for row in rows:
            try:
                results.append(score(row))
            except SparkletError as error:
                results.append(error)
        return results

    def transform(self, data: Any) -> Any:
        """Score a table: a pyarrow Table or RecordBatch, a pandas or a polars DataFrame, a Spark DataFrame.

        Returns a table of the same kind with the outputs after its own columns, without the rows that a stage
        drops, as Spark's `transform` does. In Arrow and polars a vector is the struct that Spark stores for
        it (type, size, indices, values), in pandas an object. Raises the `RowError` of the first row that
        cannot be scored, with its place.

        A Spark DataFrame is transformed by Spark itself, with its own model, which is loaded on first use:
        all columns are given. `OptionError` for one of Spark Connect.
        """
        if is_spark_frame(data):
            return spark_room("transform of a Spark DataFrame").transform(self, data)
        from sparklet.batch import transform
        from sparklet.compiler.loop import loop

        score = self._loop or loop(self._plan)
        object.__setattr__(self, "_loop", score)
        return transform(data, self._plan, score, self._options.missing)

    def explain(self) -> str:
        """Return what scoring a row takes, as text: stage by stage, the generated lines of Python."""
        return explain(self._plan)

    def example(self, row: int = 0) -> dict[str, Any]:
        """Return one of the example rows that the model was saved with, as `scoreInstance` takes it.

        Raises `ModelError` where the folder carries no example, `OptionError` where it has no such row.
        """
        rows = self._example().rows()
        if not 0 <= row < len(rows):
            raise OptionError("row", row, f"the example has {len(rows)} rows")
        needed = {fold(column.name) for column in self.inputs}
        return {name: value for name, value in rows[row][0].items() if fold(name) in needed}

    def verify(self) -> int:
        """Score the example rows again, compare with what Spark gave, and return how many they are.

        They are scored as the Spark of the example scores, its order of summing dots included. Before, every
        file of the model is compared with what it was when it was saved. Raises `VerificationError` at the
        first difference, `ModelError` where the folder carries no example.
        """
        example = self._example()
        twin = self._with(profile=example.profile, outputs="*", missing="error")
        # What a JVM scores has no plan of ours.
        return verify_example(self._path, example, twin.scoreInstance, getattr(twin, "_plan", None))

    def _with(self, **options: Any) -> OnlinePipelineModel:
        return OnlinePipelineModel(self._stage, replace(self._options, **options), self._path)

    def _example(self) -> Example:
        found = open_model(self._path).example()
        if found is None:
            raise ModelError(
                self._path,
                "carries no example rows",
                hint="sparklet.save(model, path, example=df) saves them with the model; "
                "`sparklet verify MODEL --rows R` compares with a live Spark",
            )
        return found

    @classmethod
    def fromSpark(cls, model: Any, **options: Any) -> OnlinePipelineModel:
        """Make a fitted Spark model servable, by way of a temporary folder.

        `options` are those of `load`; the packages of Python-defined stages are trusted, as they run already.
        `transform` then uses the Spark model itself. Raises what `load` raises, and `MissingExtraError`
        without PySpark.
        """
        found: OnlinePipelineModel = spark_room("fromSpark").from_spark(model, **options)
        return found

    def __repr__(self) -> str:
        def names(columns: Sequence[Column]) -> str:
            shown = ", ".join(f"{column.name}: {column.type}" for column in columns[:8])
            return shown + (f", … {len(columns) - 8} more" if len(columns) > 8 else "")

        return (
            f"OnlinePipelineModel({self._path!r}, Spark {self.profile.release}, {len(self.stages)} stages\n"
            f"  inputs:  {names(self.inputs)}\n  outputs: {names(self.outputs)})"
        )

    def _repr_html_(self) -> str:
        def rows(columns: Sequence[Column], kind: str) -> str:
            return "".join(
                f"<tr><td>{kind}</td><td>{html.escape(c.name)}</td><td>{html.escape(c.type)}"
                f"{'' if c.size is None else f'({c.size})'}</td><td>{html.escape(c.origin)}</td></tr>"
                for c in columns
            )

        listed = "".join(f"<li>{html.escape(str(stage))}</li>" for stage in self.stages)
        return (
            f"<b>OnlinePipelineModel</b> <code>{html.escape(self._path)}</code>"
            f", as Spark {self.profile.release}"
            f"<ol>{listed}</ol><table><tr><th></th><th>column</th><th>type</th><th>from</th></tr>"
            f"{rows(self.inputs, 'input')}{rows(self.outputs, 'output')}</table>"
        )


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
    if engine in ("jvm", "auto"):
        chosen = {"outputs": outputs, "schema": schema, "spark": spark, "missing": missing}
        found: OnlinePipelineModel = jvm_room().load(
            path, engine=engine, trusted=trusted, verify=verify, **chosen
        )
        return found
    if engine != "python":
        raise OptionError("engine", engine, "'python', 'jvm' or 'auto'")
    packages = check_trusted(trusted)
    saved = open_model(path)
    example = saved.example()
    options = _Options(
        profile=_profile(saved, example, spark),
        outputs=outputs if outputs is None or isinstance(outputs, str) else tuple(outputs),
        schema={} if schema is None else parse_schema(schema),
        missing=missing,
        example={} if example is None else example.schema,
        trusted=packages,
    )
    model = OnlinePipelineModel(build(saved, packages), options, saved.path)
    if verify:
        model.verify()
    return model


def _profile(saved: SavedStage, example: Example | None, spark: str | None) -> Profile:
    """Return what to score as; the session that gave the example tells more than a version does."""
    if spark is not None or example is None:
        return Profile.of(saved.version.text if spark is None else spark)
    told = example.profile
    return Profile.of(saved.version.text).with_(ansi=told.ansi, timezone=told.timezone, locale=told.locale)
