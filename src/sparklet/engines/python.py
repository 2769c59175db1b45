"""The Python engine: it compiles a model to one function that scores a row, without a JVM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from sparklet.codegen import Lowered, Plan, Score, lower, make_plan, score_rows
from sparklet.columns import Column, Schema, fold
from sparklet.engines.model import OnlinePipelineModel, Row, Scored
from sparklet.engines.settings import profile_of
from sparklet.engines.stored import stored_types
from sparklet.errors import Ask, SparkletError, UndeclaredTypeError
from sparklet.java.clock import one_moment
from sparklet.profile import Profile
from sparklet.records import record, replace
from sparklet.saved import Example, open_model
from sparklet.stages import Stage, build, check_trusted
from sparklet.types import DataType

if TYPE_CHECKING:
    from pathlib import PurePath

    from sparklet.batch import Frame
    from sparklet.codegen.columns import ScoreColumns

_MOST_TABLES = 16
"""Schemas of tables whose bound models are kept."""

__all__ = ["Options", "PythonPipelineModel", "load_python"]


@record()
class Options:
    """The options of `load`; a stage and its options determine a model.

    `example` has the column types of the example that was saved with the model; those of the `table` that is
    scored precede them, and `schema` precedes both.
    """

    profile: Profile
    outputs: str | tuple[str, ...] | None
    schema: Mapping[str, DataType] = MappingProxyType({})
    missing: str = "error"
    example: Mapping[str, DataType] = MappingProxyType({})
    table: Mapping[str, DataType] = MappingProxyType({})
    undeclared: str = "refuse"
    trusted: tuple[str, ...] = ()


class PythonPipelineModel(OnlinePipelineModel):
    """Score rows with a saved Spark ML model in Python; `sparklet.load` returns it by default."""

    __slots__ = ("_clocked", "_lowered", "_options", "_score", "_score_columns", "_stage", "_tables")
    _clocked: bool
    _lowered: Lowered
    _score: Score
    _score_columns: ScoreColumns | None
    _stage: Stage
    _options: Options
    _tables: dict[tuple[tuple[str, str], ...], PythonPipelineModel]

    def __init__(self, stage: Stage, options: Options, path: str) -> None:
        super().__init__(path)
        plan = make_plan(
            stage, options.profile, options.schema, options.outputs, options.example, options.table
        )
        if plan.asks and options.undeclared == "refuse":
            raise UndeclaredTypeError(plan.asks)
        lowered = lower(plan)
        self._set(_stage=stage, _options=options, _lowered=lowered, _score_columns=None, _tables={})
        refused = plan.asks and options.undeclared == "tables"
        score = _refusing(plan.asks) if refused else score_rows(lowered, options.missing)
        clocked = any(stage.reads_clock for stage in plan.stages)
        self._set(_score=_at_one_moment(score) if clocked else score, _clocked=clocked)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._stage, self._options, self._path)

    @property
    def trusted(self) -> tuple[str, ...]:
        """Return the packages whose Python-defined stages the model was allowed to import."""
        return self._options.trusted

    @property
    def profile(self) -> Profile:
        """Return the profile of the Spark release that the model reproduces."""
        return self._options.profile

    @property
    def plan(self) -> Plan:
        """Return the plan: the inputs, the steps in order and the outputs."""
        return self._lowered.plan

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stages in order, composites expanded."""
        return self._lowered.plan.stages

    @property
    def inputs(self) -> tuple[Column, ...]:
        """Return the columns that a row must have, each with its Spark type and the origin of that type."""
        return self._lowered.plan.inputs

    @property
    def outputs(self) -> tuple[Column, ...]:
        """Return the columns of a scored row, in order."""
        return self._lowered.plan.outputs

    def scoreInstance(self, row: Row) -> Scored | None:
        """Score one row; see `OnlinePipelineModel.scoreInstance`."""
        return self._score(row)

    def explain(self, format: Literal["text", "dot", "html"] = "text") -> str:
        """Return a description of how a row is scored; see `OnlinePipelineModel.explain`."""
        from sparklet.codegen.explain import explain

        return explain(self._lowered, format)

    def _score_rows(self, rows: Iterable[Row], *, collect: bool) -> list[Scored | SparkletError | None]:
        if self._clocked:
            with one_moment():
                return self._each(rows, collect=collect)
        return self._each(rows, collect=collect)

    def _each(self, rows: Iterable[Row], *, collect: bool) -> list[Scored | SparkletError | None]:
        score = self._score
        if not collect:
            return [score(row) for row in rows]
        results: list[Scored | SparkletError | None] = []
        for row in rows:
            try:
                results.append(score(row))
            except SparkletError as error:
                results.append(error)
        return results

    def _score_table(self, data: Any) -> Any:
        from sparklet.batch import opened, transform

        frame = opened(data)
        model = self._bound_to(frame)
        with one_moment():
            return transform(frame, model.plan, model._columns_scorer(), self._options.missing)

    def _bound_to(self, frame: Frame) -> PythonPipelineModel:
        """Return the model for the types of a table's columns, which is bound once for each schema.

        Raises `UndeclaredTypeError` if the table does not carry the type of a column that it needs.
        """
        from sparklet.batch import own_types

        model, types = self, own_types(frame, self.plan)
        tables = self._tables
        while types:
            types |= model._options.table
            key = tuple(sorted([(name, str(type)) for name, type in types.items()]))
            if key not in tables:
                if len(tables) >= _MOST_TABLES:
                    tables.clear()
                tables[key] = self._with(table=types, undeclared="infer")
            model = tables[key]
            # Another type of one column can make the types of others matter.
            types = {
                name: type
                for name, type in own_types(frame, model.plan).items()
                if name not in model._options.table
            }
        known = set(map(fold, filter(_is_text, frame.names)))
        asks = tuple([ask for ask in model.plan.asks if fold(ask.column) in known])
        if asks and self._options.undeclared != "infer":
            raise UndeclaredTypeError(asks)
        return model

    def _bound_to_columns(self, table: Any) -> PythonPipelineModel:
        """Return the model for rows whose columns have the types of an empty table."""
        from sparklet.batch import opened

        return self._bound_to(opened(table))

    def _columns_scorer(self) -> ScoreColumns:
        from sparklet.codegen.columns import score_columns

        score = self._score_columns
        if score is None:
            score = score_columns(self._lowered, self._score, self._options.missing)
            self._set(_score_columns=score)
        return score

    @property
    def guesses(self) -> tuple[Ask, ...]:
        """Return the inputs whose types are guesses that change the answer; see `OnlinePipelineModel`."""
        return self._lowered.plan.asks

    @property
    def _optional(self) -> frozenset[Column]:
        return self._lowered.plan.optional

    @property
    def _missing(self) -> str:
        return self._options.missing

    def _with_schema(self, schema: Mapping[str, Any]) -> PythonPipelineModel:
        return self._with(schema=schema, outputs="*", example={})

    def _scoring_as(self, example: Example) -> tuple[Callable[[Row], Scored | None], Plan]:
        model = self._with(profile=example.profile, outputs="*", missing="error")
        return model.scoreInstance, model.plan

    def _with(self, **options: Any) -> PythonPipelineModel:
        return PythonPipelineModel(self._stage, replace(self._options, **options), self._path)


def _is_text(name: object) -> bool:
    return isinstance(name, str)


def _refusing(asks: tuple[Ask, ...]) -> Score:
    """Return the function that refuses all rows, because they do not carry the types of the columns."""

    def score(_row: Row) -> NoReturn:
        raise UndeclaredTypeError(asks)

    return score


def _at_one_moment(score: Score) -> Score:
    def scored(row: Row) -> Scored | None:
        with one_moment():
            return score(row)

    return scored


def load_python(
    path: str | PurePath,
    *,
    outputs: str | Sequence[str] | None,
    schema: object,
    spark: str | None,
    blas: str | None,
    ansi: bool | None,
    timezone: str | None,
    missing: str,
    trusted: Sequence[str],
    undeclared: str,
) -> PythonPipelineModel:
    """Load a model into the Python engine; arguments and errors are those of `sparklet.load`."""
    packages = check_trusted(trusted)
    saved = open_model(path)
    example = saved.example()
    options = Options(
        profile=profile_of(saved, example, spark, ansi, timezone, blas),
        outputs=outputs if outputs is None or isinstance(outputs, str) else tuple(outputs),
        schema=Schema() if schema is None else _declared(schema),
        missing=missing,
        example=stored_types(saved, example),
        undeclared=undeclared,
        trusted=packages,
    )
    # Stages that cannot be scored are refused where the outputs need them.
    stage = build(saved, packages, partial=options.outputs is not None and options.outputs != "*")
    return PythonPipelineModel(stage, options, saved.path)


def _declared(schema: object) -> Schema:
    from sparklet.engines.schemas import read_schema  # a plain load needs none of its formats

    return read_schema(schema)
