"""A model whose rows are scored in a JVM, with the API of the Python engine."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath
from typing import Any, Literal

from sparklet import pipeline
from sparklet.columns import Column, RowReader, fold, parse_schema
from sparklet.errors import (
    ColumnTypeError,
    InvalidValueError,
    OptionError,
    RowError,
    SchemaError,
    SparkletError,
    UnsupportedModelError,
)
from sparklet.jvm.arrow import Failure, decode, encode
from sparklet.jvm.gateway import Gateway, connect
from sparklet.pipeline import OnlinePipelineModel
from sparklet.profile import Profile
from sparklet.rooms import is_spark_frame
from sparklet.saved import open_model

__all__ = ["JvmPipelineModel", "load"]

Row = Mapping[str, Any]
Scored = dict[str, Any]
_BATCH = 10_000


class JvmPipelineModel(OnlinePipelineModel):
    """Score rows with a saved Spark ML model in a JVM: Spark's own arithmetic, without its planning.

    Made by `sparklet.load(path, engine="jvm")`. Each call is one round trip, so many rows at once are much
    faster than one by one.
    """

    __slots__ = ("_arguments", "_bridge", "_inputs", "_jvm_profile", "_names", "_outputs", "_read")
    _arguments: Mapping[str, Any]
    _bridge: Any
    _inputs: tuple[Column, ...]
    _jvm_profile: Profile
    _names: tuple[Any, ...]
    _outputs: tuple[Column, ...]
    _read: RowReader

    def __init__(self, path: str, bridge: Any, profile: Profile, arguments: Mapping[str, Any]) -> None:
        facts = json.loads(bridge.facts())
        inputs = tuple(_column(item) for item in facts["inputs"])
        stages = dict(zip(inputs, facts["readers"], strict=True))
        values = {
            "_path": path,
            "_bridge": bridge,
            "_jvm_profile": profile,
            "_arguments": arguments,
            "_inputs": inputs,
            "_outputs": tuple(_column(item) for item in facts["outputs"]),
            "_names": tuple(facts["stages"]),
            "_read": RowReader(inputs, frozenset(), arguments["missing"], stages),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _reload, (self._path, dict(self._arguments))

    @property
    def profile(self) -> Profile:
        """Return which Spark the scores are of: the one in the JVM."""
        return self._jvm_profile

    @property
    def trusted(self) -> tuple[str, ...]:
        """Return no packages: no Python-defined stage runs in the JVM."""
        return ()

    @property
    def stages(self) -> tuple[Any, ...]:
        """Return the stages in order, each as class and uid."""
        return self._names

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that a row must bring."""
        return self._inputs

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

    def scoreInstances(
        self, rows: Iterable[Row], *, errors: Literal["raise", "collect"] = "raise"
    ) -> list[Scored | SparkletError | None]:
        """Score many rows, in their order; see `OnlinePipelineModel.scoreInstances`."""
        if errors not in ("raise", "collect"):
            raise OptionError("errors", errors, "'raise' or 'collect'")
        results: list[Scored | SparkletError | None] = []
        waiting = iter(rows)
        while batch := list(islice(waiting, _BATCH)):
            results += self._batch(batch, until_error=errors == "raise")
        return results

    def transform(self, data: Any) -> Any:
        """Let Spark transform a Spark DataFrame; tables of other kinds are scored by the Python engine."""
        if is_spark_frame(data):
            return super().transform(data)
        raise OptionError(
            "engine", "jvm", "scores rows and Spark DataFrames; tables are scored by engine='python'"
        )

    def explain(self) -> str:
        """Return the stages: what they do is Spark's own code."""
        return "\n".join(("Spark's own expressions, in the JVM:", *map(str, self._names)))

    def _with(self, **options: Any) -> OnlinePipelineModel:
        # `verify` asks for a twin that gives all columns, as the Spark of the example; this is the JVM's own.
        return load(self._path, engine="jvm", **{**self._arguments, "outputs": options.get("outputs")})

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
        answer = self._bridge.score(encode(self._inputs, rows), until_error)
        for item in decode(self._outputs, bytes(answer)):
            yield _row_error(item.facts) if isinstance(item, Failure) else item


def _column(facts: Mapping[str, Any]) -> Column:
    casts = facts["origin"] == "casts"
    origin = "inferred" if casts else facts["origin"]
    return Column(facts["name"], facts["type"], facts["size"], origin=origin, casts=casts)


def _row_error(facts: Mapping[str, str]) -> RowError:
    kind = ColumnTypeError if facts["kind"] == "type" else InvalidValueError
    error = kind.__new__(kind, facts["problem"])
    RowError.__init__(error, facts["problem"], column=facts.get("column"), stage=facts.get("stage"))
    return error


def _reload(path: str, arguments: Mapping[str, Any]) -> OnlinePipelineModel:
    return load(path, engine="jvm", **arguments)


def load(
    path: str | PurePath,
    *,
    engine: str,
    outputs: str | Sequence[str] | None = None,
    schema: object = None,
    spark: str | None = None,
    missing: str = "error",
    trusted: Sequence[str] = (),
    verify: bool = False,
    example: Row | None = None,
) -> OnlinePipelineModel:
    """Load a model into the JVM engine (`engine="jvm"`), or there only if it has to be (`"auto"`).

    The arguments are those of `sparklet.load`. `spark` must be the Spark of the JVM, whose answers these are.
    `example` is a row that tells the sizes of vectors, as Spark learns them from the first row of a table.
    """
    chosen = {"outputs": outputs, "schema": schema, "spark": spark, "missing": missing}
    if engine == "auto":
        try:
            return pipeline.load(path, trusted=trusted, verify=verify, **chosen)  # type: ignore[arg-type]
        except (UnsupportedModelError, SchemaError) as error:
            try:
                found = load(path, engine="jvm", verify=verify, **chosen)  # type: ignore[arg-type]
            except SparkletError as other:
                error.add_note(f"nor does the JVM engine score it: {other}")
                raise error from other
            warnings.warn(f"scored by the JVM engine, as the Python engine says: {error}", stacklevel=3)
            return found
    if trusted:
        raise OptionError("trusted", trusted, "no Python-defined stage runs in the JVM engine")
    if outputs is not None and isinstance(outputs, str) and outputs != "*":
        raise OptionError("outputs", outputs, "a list of column names, or '*' for all that transform gives")
    opened = open_model(path)
    known = opened.example()
    declared = {} if schema is None else parse_schema(schema)
    if known is not None:
        named = {fold(name) for name in declared}
        declared |= {name: kind for name, kind in known.schema.items() if fold(name) not in named}
    types = {name: _text(*kind) for name, kind in declared.items()}
    way = connect()
    _check_line(way, spark)
    sizes = {name: value.size for name, value in (example or {}).items() if hasattr(value, "toArray")}
    names = None if outputs is None else [outputs] if isinstance(outputs, str) else list(outputs)
    bridge = way.load(opened.path, types, names, sizes)
    model = JvmPipelineModel(opened.path, bridge, Profile.of(way.spark_version), chosen)
    if verify:
        model.verify()
    return model


def _text(type: str, size: int | None) -> str:
    return type if size is None else f"{type}({size})"


def _check_line(way: Gateway, spark: str | None) -> None:
    if spark is not None and way.spark_version.split(".")[:2] != spark.split(".")[:2]:
        raise OptionError(
            "spark", spark, f"the JVM engine scores as the Spark that it runs: {way.spark_version}"
        )
