"""The Python engine: it compiles a model to one function that scores a row, without a JVM."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sparklet.codegen import Lowered, Plan, Score, lower, make_plan, score_rows
from sparklet.columns import Column, parse_schema
from sparklet.engines.model import OnlinePipelineModel, Row, Scored
from sparklet.errors import SparkletError
from sparklet.profile import Profile
from sparklet.records import record, replace
from sparklet.saved import Example, SavedStage, open_model
from sparklet.stages import Stage, build, check_trusted
from sparklet.types import DataType

if TYPE_CHECKING:
    from pathlib import PurePath

    from sparklet.codegen.columns import ScoreColumns

__all__ = ["Options", "PythonPipelineModel", "load_python"]


@record()
class Options:
    """The options of `load`; a stage and its options determine a model.

    `example` has the column types of the example that was saved with the model; `schema` overrides them.
    """

    profile: Profile
    outputs: str | tuple[str, ...] | None
    schema: Mapping[str, DataType] = MappingProxyType({})
    missing: str = "error"
    example: Mapping[str, DataType] = MappingProxyType({})
    trusted: tuple[str, ...] = ()


class PythonPipelineModel(OnlinePipelineModel):
    """Score rows with a saved Spark ML model in Python; `sparklet.load` returns it by default."""

    __slots__ = ("_lowered", "_options", "_score", "_score_columns", "_stage")
    _lowered: Lowered
    _score: Score
    _score_columns: ScoreColumns | None
    _stage: Stage
    _options: Options

    def __init__(self, stage: Stage, options: Options, path: str) -> None:
        super().__init__(path)
        plan = make_plan(stage, options.profile, options.schema, options.outputs, options.example)
        lowered = lower(plan)
        self._set(_stage=stage, _options=options, _lowered=lowered, _score_columns=None)
        self._set(_score=score_rows(lowered, options.missing))

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
        from sparklet.batch import transform
        from sparklet.codegen.columns import score_columns

        score = self._score_columns
        if score is None:
            score = score_columns(self._lowered, self._score, self._options.missing)
            self._set(_score_columns=score)
        return transform(data, self._lowered.plan, score, self._options.missing)

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


def load_python(
    path: str | PurePath,
    *,
    outputs: str | Sequence[str] | None,
    schema: object,
    spark: str | None,
    missing: str,
    trusted: Sequence[str],
) -> PythonPipelineModel:
    """Load a model into the Python engine; arguments and errors are those of `sparklet.load`."""
    packages = check_trusted(trusted)
    saved = open_model(path)
    example = saved.example()
    options = Options(
        profile=_profile(saved, example, spark),
        outputs=outputs if outputs is None or isinstance(outputs, str) else tuple(outputs),
        schema={} if schema is None else parse_schema(schema),
        missing=missing,
        example={} if example is None else example.inputs,
        trusted=packages,
    )
    # Stages that cannot be scored are refused where the outputs need them.
    stage = build(saved, packages, partial=options.outputs is not None and options.outputs != "*")
    return PythonPipelineModel(stage, options, saved.path)


def _profile(saved: SavedStage, example: Example | None, spark: str | None) -> Profile:
    """Return the profile of the release `spark`, else of the saving release with the example's settings."""
    if spark is not None or example is None:
        return Profile.of(saved.version.text if spark is None else spark)
    session = example.profile
    return Profile.of(saved.version.text).with_(
        ansi=session.ansi, timezone=session.timezone, locale=session.locale
    )
