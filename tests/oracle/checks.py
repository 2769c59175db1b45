"""Checks of goldens: Spark's answers, and that all backends give the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sparklet.codegen import Lowered, Plan, Score, interpret, lower, readers_of
from sparklet.codegen.lower import step_function
from sparklet.codegen.rows import rows as generated_rows
from sparklet.columns import ABSENT, RowReader
from sparklet.errors import NullValueError, SparkletError
from sparklet.same import assert_same
from sparklet.stages import registry
from sparklet.stages.stage import Dropped
from sparklet.testing import SparkFailure, settled
from sparklet.testing.checks import assert_same_outcomes, outcomes
from tests.oracle.golden import Golden

__all__ = [
    "assert_fused_as_unfused",
    "check_answers",
    "check_columns",
    "check_documented",
    "check_unfused",
    "loaded",
]


def loaded(golden: Golden) -> Any:
    """Load the model, or return None where Spark itself refuses it."""
    if golden.failure is None:
        return golden.load()
    try:
        return golden.load()
    except SparkletError:
        return None


def check_answers(golden: Golden) -> None:
    """Give Spark's answer for every row: its values, dropped where it dropped, an error where it threw."""
    model = loaded(golden)
    if model is None:
        return
    found = outcomes(model, golden.rows)
    expected = golden.expected if golden.failure is None else [SparkFailure(golden.failure)] * len(found)
    problems = []
    for position, (theirs, ours) in enumerate(zip(expected, found, strict=True)):
        if isinstance(theirs, SparkFailure) or isinstance(ours, SparkletError):
            if not (isinstance(theirs, SparkFailure) and isinstance(ours, SparkletError)):
                problems.append(
                    f"row {position} {golden.rows[position]!r}: Spark: {theirs!r}, sparklet: {ours!r}"
                )
            continue
        try:
            unordered = golden.facts.get("unordered", ())
            place = f"row {position} {golden.rows[position]!r}: $"
            assert_same(settled(theirs, unordered), settled(ours, unordered), place, golden.slack)
        except AssertionError as problem:
            problems.append(str(problem))
    if problems:
        shown = "\n".join(problems[:8])
        raise AssertionError(
            f"{golden.id}: {len(problems)} of {len(found)} rows differ from Spark {golden.release}\n{shown}"
        )


def check_columns(golden: Golden) -> None:
    """State the output columns that Spark's transform adds: same names, order and Spark types."""
    model = loaded(golden)
    if model is not None and golden.failure is None:
        types = {column.name: str(column.type) for column in model.outputs}
        # An indexer leaves its column out where the row lacks the input, as Spark does for the table.
        scored = next((found for found in outcomes(model, golden.rows) if isinstance(found, dict)), types)
        assert_same(
            golden.columns, {name: type_ for name, type_ in types.items() if name in scored}, "outputs"
        )


def check_unfused(golden: Golden) -> None:
    """Score alike stage by stage, each vector built, as in one fused function."""
    model = loaded(golden)
    if model is not None:
        assert_fused_as_unfused(model, golden.rows)


def assert_fused_as_unfused(model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Raise AssertionError where a model's one function and its stages, one by one, differ on a row."""
    lowered, fused = lower(model.plan), outcomes(model, rows)
    interpreted = interpret(lowered, "error")
    for words, score in (
        ("node by node", interpreted),
        ("as generated Python", generated(lowered, interpreted)),
    ):
        assert_same_outcomes(outcomes(_Scoring(score), rows), fused, words)
    by_stage = outcomes(_Scoring(stage_by_stage(model.plan)), rows)
    assert_same_outcomes(_without_reasons(by_stage), _without_reasons(fused), "stage by stage")


def _without_reasons(outcomes: Sequence[Any]) -> list[Any]:
    return ["refused" if isinstance(found, SparkletError) else found for found in outcomes]


def generated(lowered: Lowered, interpreted: Score) -> Score:
    """Return the generated Python function of a graph, which hands over to `interpreted` where it fails."""
    plan = lowered.plan
    reader = RowReader(plan.inputs, plan.optional, "error", readers_of(plan))

    def again(row: Mapping[str, Any]) -> dict[str, Any] | None:
        present = {name: value for name, value in reader.arrange(row).items() if value is not ABSENT}
        return interpreted(present)

    return generated_rows(lowered, reader, again)[0]


def stage_by_stage(plan: Plan) -> Score:
    """Return the function that scores a row with each stage's own graph: every vector becomes an object."""
    read = RowReader(plan.inputs, plan.optional, "error", readers_of(plan))
    steps = [(step, step_function(step)) for step in plan.steps]

    def score(row: Mapping[str, Any]) -> dict[str, Any] | None:
        values = dict(zip(plan.inputs, read(row), strict=True))
        for step, function in steps:
            inputs = [values[column] for column in step.bound.inputs]
            if None in inputs and not step.bound.nulls:
                raise NullValueError
            absent = bool(plan.optional.intersection(step.bound.inputs)) and inputs[0] is ABSENT
            try:
                made = ABSENT if absent else function(*inputs)
            except Dropped:
                return None
            except (TypeError, ValueError, AttributeError, IndexError, ArithmeticError, LookupError) as error:
                raise SparkletError(str(error)) from error
            results = made if len(step.bound.outputs) > 1 else (made,)
            values.update(zip(step.bound.outputs, results, strict=False))
        return {c.name: values[c] for c in plan.outputs if values[c] is not ABSENT}

    return score


@dataclass(frozen=True)
class _Scoring:
    scoreInstance: Callable[[Mapping[str, Any]], dict[str, Any] | None]


def check_documented(golden: Golden) -> None:
    """Describe the stage and cite the source file of Spark or XGBoost that it follows."""
    cls = registry[golden.facts["class"]]
    text = cls.__doc__ or ""
    assert text, f"{cls.__name__} has no docstring"
    assert not text.startswith(f"{cls.__name__}("), f"{cls.__name__} has no docstring"
    cited = re.search(r"ml(lib)?/[\w/]+\.scala|xgboost/[\w/]+\.py", text)
    assert cited, f"{cls.__name__} cites no source file of the class"
