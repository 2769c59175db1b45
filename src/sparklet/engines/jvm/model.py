"""The model of the JVM engine: Spark's own expressions score rows in a JVM."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Any, Literal

from sparklet.codegen import Plan
from sparklet.columns import Column, RowReader, fold
from sparklet.engines.blas import blas_facts
from sparklet.engines.jvm.arrow import Failure, decode, encode
from sparklet.engines.jvm.gateway import Gateway, connect
from sparklet.engines.jvm.undeclared import undeclared_inputs
from sparklet.engines.model import OnlinePipelineModel, Row, Scored
from sparklet.engines.schemas import read_schema
from sparklet.engines.settings import warn_if_newer
from sparklet.engines.stored import stored_types
from sparklet.errors import (
    Ask,
    ColumnTypeError,
    EngineError,
    InvalidValueError,
    OptionError,
    RowError,
    SparkletError,
    StageProblem,
    UndeclaredTypeError,
    UnsupportedModelError,
)
from sparklet.profile import UNKNOWN_ORDER, Profile
from sparklet.saved import Example, SavedStage, open_model
from sparklet.saved.connect import ConnectStage
from sparklet.stages import is_builtin, is_python
from sparklet.types import ArrayType, DataType, MapType, StructType, as_nullable, parse_json, to_json

__all__ = ["JvmPipelineModel", "load_jvm"]

_BATCH = 10_000


class JvmPipelineModel(OnlinePipelineModel):
    """Score rows with Spark's own code in a JVM, without planning a job for each call.

    `sparklet.load(path, engine="jvm")` returns it. Each call is one round trip to the JVM, so scoring many
    rows in one call is much faster than scoring them one by one.
    """

    __slots__ = ("_arguments", "_bridge", "_guesses", "_inputs", "_outputs", "_profile", "_read", "_stages")
    _arguments: Mapping[str, Any]
    _bridge: Any
    _guesses: tuple[Ask, ...]
    _inputs: tuple[Column, ...]
    _outputs: tuple[Column, ...]
    _profile: Profile
    _read: RowReader
    _stages: tuple[str, ...]

    def __init__(
        self,
        path: str,
        bridge: Any,
        profile: Profile,
        arguments: Mapping[str, Any],
        inferred: Mapping[str, Column],
        guesses: tuple[Ask, ...],
    ) -> None:
        super().__init__(path)
        facts = json.loads(bridge.facts())
        inputs = tuple(_converting(_column(item), inferred) for item in facts["inputs"])
        stages = dict(zip(inputs, facts["readers"], strict=True))
        self._set(
            _bridge=bridge,
            _guesses=guesses,
            _profile=profile,
            _arguments=arguments,
            _inputs=inputs,
            _outputs=tuple(_column(item) for item in facts["outputs"]),
            _stages=tuple(facts["stages"]),
            _read=RowReader(inputs, frozenset(), arguments["missing"], stages),
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _reload, (self._path, dict(self._arguments))

    @property
    def trusted(self) -> tuple[str, ...]:
        """Return an empty tuple: the JVM runs no Python-defined stage."""
        return ()

    @property
    def profile(self) -> Profile:
        """Return the profile of the Spark in the JVM."""
        return self._profile

    @property
    def plan(self) -> Plan:
        """Raise `EngineError`: the plan is Spark's and stays in the JVM."""
        raise EngineError(
            "jvm", "plan", "the plan is Spark's and stays in the JVM; explain() lists the stages"
        )

    @property
    def stages(self) -> tuple[str, ...]:
        """Return the stages in order, each as its class and uid."""
        return self._stages

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that a row must have, each with its Spark type and the origin of that type."""
        return self._inputs

    @property
    def guesses(self) -> tuple[Ask, ...]:
        """Return the inputs whose types are guesses that change the answer; see `OnlinePipelineModel`."""
        return self._guesses

    @property
    def outputs(self) -> tuple[Column, ...]:
        """Return the columns of a scored row, in order."""
        return self._outputs

    def scoreInstance(self, row: Row) -> Scored | None:
        """Score one row; see `OnlinePipelineModel.scoreInstance`."""
        (scored,) = self._call([self._read(row)], until_error=True)
        if isinstance(scored, SparkletError):
            raise scored
        return scored

    def explain(self, format: Literal["text", "dot", "html"] = "text") -> str:
        """Return the stages as text; Spark's code computes their outputs."""
        if format != "text":
            raise EngineError(
                "jvm", "explain", f"it supports format='text' only; format={format!r} needs the Python engine"
            )
        return "\n".join(("Spark's own expressions, in the JVM:", *self._stages))

    def _score_rows(self, rows: Iterable[Row], *, collect: bool) -> list[Scored | SparkletError | None]:
        results: list[Scored | SparkletError | None] = []
        waiting = iter(rows)
        while batch := list(islice(waiting, _BATCH)):
            results += self._batch(batch, until_error=not collect)
        return results

    def _score_table(self, data: Any) -> Any:
        raise EngineError(
            "jvm",
            "transform",
            "it scores rows and Spark DataFrames; load(path, engine='python') scores other tables",
        )

    def _bound_to_columns(self, table: Any) -> JvmPipelineModel:
        raise EngineError("jvm", "types of tables", "declare them: load(path, engine='jvm', schema=...)")

    @property
    def _optional(self) -> frozenset[Column]:
        return frozenset()

    @property
    def _missing(self) -> str:
        missing: str = self._arguments["missing"]
        return missing

    def _with_schema(self, schema: Mapping[str, Any]) -> JvmPipelineModel:
        return self._with_all_outputs()

    def _scoring_as(self, example: Example) -> tuple[Callable[[Row], Scored | None], None]:
        # The Spark of the JVM is the only one that this engine can score as.
        return self._with_all_outputs().scoreInstance, None

    def _with_all_outputs(self) -> JvmPipelineModel:
        return load_jvm(self._path, **{**self._arguments, "outputs": "*"})

    def _batch(self, rows: Sequence[Row], *, until_error: bool) -> Iterator[Scored | SparkletError | None]:
        read: list[list[Any]] = []
        refused: dict[int, SparkletError] = {}
        for position, row in enumerate(rows):
            try:
                read.append(self._read(row))
            except SparkletError as error:
                refused[position] = error
                if until_error:
                    break
        scored = iter(self._call(read, until_error=until_error))
        for position in range(len(rows)):
            result = refused[position] if position in refused else next(scored)
            if until_error and isinstance(result, SparkletError):
                raise result
            yield result

    def _call(
        self, rows: Sequence[list[Any]], *, until_error: bool
    ) -> Iterator[Scored | SparkletError | None]:
        answer = self._bridge.score(encode(self._inputs, rows, self._profile.zone), until_error)
        for item in decode(self._outputs, bytes(answer), self._profile.zone):
            yield _row_error(item.facts) if isinstance(item, Failure) else item


def _column(facts: Mapping[str, Any]) -> Column:
    casts = facts["origin"] == "casts"
    origin = "inferred" if casts else facts["origin"]
    return Column(
        facts["name"], as_nullable(parse_json(facts["type"])), facts["size"], origin=origin, casts=casts
    )


def _written(type: DataType) -> str:
    """Return a type as the engine reads it; the text of a struct does not quote the names of its fields."""
    return to_json(type) if _has_names(type) else str(type)


def _has_names(type: DataType) -> bool:
    match type:
        case ArrayType(element):
            return _has_names(element)
        case MapType() | StructType():
            return True
    return False


def _converting(column: Column, inferred: Mapping[str, Column]) -> Column:
    """Return an undeclared input with the conversions of values that the Python engine does."""
    known = inferred.get(fold(column.name))
    return known if known is not None and known.type == column.type and not known.size else column


def _row_error(facts: Mapping[str, str]) -> RowError:
    kind = ColumnTypeError if facts["kind"] == "type" else InvalidValueError
    error = kind.__new__(kind, facts["problem"])
    RowError.__init__(error, facts["problem"], column=facts.get("column"), stage=facts.get("stage"))
    return error


def _reload(path: str, arguments: Mapping[str, Any]) -> JvmPipelineModel:
    return load_jvm(path, **arguments)


def load_jvm(
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
    example: Row | None = None,
) -> JvmPipelineModel:
    """Load a model into the JVM engine.

    The arguments are those of `sparklet.load`. `spark` must be the release of the Spark in the JVM and `blas`
    its summation order. `example` is a row from which the sizes of vectors are taken, as Spark takes them
    from the first row of a table.
    """
    if outputs is not None and isinstance(outputs, str) and outputs != "*":
        raise OptionError(
            "outputs", outputs, "a list of column names, or '*' for all columns that transform adds"
        )
    saved = open_model(path)
    if isinstance(saved, ConnectStage):
        raise EngineError(
            "jvm", "models of pyspark.ml.connect", "they are Python; engine='python' scores them"
        )
    _refuse_python(saved)
    declared: dict[str, DataType] = dict(read_schema(schema))
    named = {fold(name) for name in declared}
    recorded = saved.example()
    stored = stored_types(saved, recorded)
    declared |= {name: kind for name, kind in stored.items() if fold(name) not in named}
    types = {name: _written(kind) for name, kind in declared.items()}
    warn_if_newer(saved.version.text, stacklevel=7)
    gateway = connect()
    _check_release(gateway, spark)
    order = blas_facts(gateway.java.jvm)[1] or UNKNOWN_ORDER
    if blas not in (None, order):
        raise OptionError("blas", blas, f"the JVM engine sums as the Spark that it runs: {order}")
    sizes = {name: value.size for name, value in (example or {}).items() if hasattr(value, "toArray")}
    names = None if outputs is None else [outputs] if isinstance(outputs, str) else list(outputs)
    session = None if recorded is None else recorded.profile
    profile = gateway.profile().in_session(session, ansi=ansi, timezone=timezone)
    settings = {"spark.sql.ansi.enabled": str(profile.ansi).lower()}
    if profile.timezone is not None:
        settings["spark.sql.session.timeZone"] = profile.timezone
    bridge = gateway.load(saved.path, types, names, sizes, settings)
    arguments = {"outputs": outputs, "schema": schema, "spark": spark, "missing": missing}
    arguments |= {"blas": blas, "undeclared": undeclared, "ansi": ansi, "timezone": timezone}
    inferred, asks = undeclared_inputs(saved, profile, declared, outputs)
    if asks and undeclared != "infer":
        raise UndeclaredTypeError(asks)
    return JvmPipelineModel(saved.path, bridge, profile.with_(blas=order), arguments, inferred, asks)


def _refuse_python(saved: SavedStage) -> None:
    """Raise `UnsupportedModelError` for the stages of a pipeline that are written in Python."""
    waiting, problems = [saved], []
    while waiting:
        stage = waiting.pop(0)
        if stage.className == "org.apache.spark.ml.PipelineModel":
            waiting = [*stage.stages(), *waiting]
        elif is_python(stage.className):
            reason = "written in Python, which a JVM does not run"
            if is_builtin(stage.className):
                reason += "; engine='python' scores it"
            problems.append(StageProblem(stage.className, stage.path, reason))
    if problems:
        raise UnsupportedModelError(saved.path, problems)


def _check_release(gateway: Gateway, spark: str | None) -> None:
    if spark is not None and gateway.spark_version.split(".")[:2] != spark.split(".")[:2]:
        raise OptionError(
            "spark", spark, f"the JVM engine reproduces the Spark that it runs: {gateway.spark_version}"
        )
