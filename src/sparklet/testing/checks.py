"""Checks that every stage passes whatever it computes; each runs over a golden case.

A stage author runs them over goldens of the new stage:

    @pytest.mark.parametrize("golden", goldens("tests/golden"), ids=lambda golden: golden.id)
    @pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
    def test_checks(check, golden):
        check(golden)
"""

from __future__ import annotations

import copy
import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sparklet.batch import objects_of
from sparklet.codegen import Plan, Score, interpret, lower, readers_of, score_rows
from sparklet.codegen.arrays import column_of
from sparklet.codegen.columns import score_columns
from sparklet.codegen.lower import step_function
from sparklet.codegen.rows import rows as generated_rows
from sparklet.columns import ABSENT, RowReader, coercer
from sparklet.errors import MissingColumnError, NullValueError, SparkletError
from sparklet.same import assert_same
from sparklet.stages.stage import Dropped
from sparklet.testing.compare import outcome, settled
from sparklet.testing.golden import Golden
from sparklet.testing.spark import SparkFailure

__all__ = [
    "CHECKS",
    "assert_fused_as_unfused",
    "check_answers",
    "check_batch",
    "check_columns",
    "check_documented",
    "check_extra_columns_pass",
    "check_key_order_irrelevant",
    "check_missing_column",
    "check_pickles",
    "check_row_not_mutated",
    "check_threads",
    "check_unfused",
    "score_batch",
]


def _outcomes(model: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    return [outcome(model, row) for row in rows]


def _assert_same_outcomes(expected: Sequence[Any], actual: Sequence[Any], what: str) -> None:
    __tracebackhide__ = True
    for position, (one, other) in enumerate(zip(expected, actual, strict=True)):
        if isinstance(one, SparkletError) and isinstance(other, SparkletError):
            assert_same(
                f"{type(one).__name__}: {one}", f"{type(other).__name__}: {other}", f"{what}, row {position}"
            )
        else:
            assert_same(one, other, f"{what}, row {position}: $")


def _must(fact: object, problem: str) -> None:
    __tracebackhide__ = True
    if not fact:
        raise AssertionError(problem)


def _plain(golden: Golden, model: Any) -> dict[str, Any] | None:
    """Return the first row that the model scores."""
    return next((row for row in golden.rows if isinstance(outcome(model, row), dict)), None)


def _loaded(golden: Golden) -> Any:
    """Load the model, or return None where Spark itself refuses it."""
    if golden.failure is None:
        return golden.load()
    try:
        return golden.load()
    except SparkletError:
        return None


def check_answers(golden: Golden) -> None:
    """Give Spark's answer for every row: its values, dropped where it dropped, an error where it threw."""
    model = _loaded(golden)
    if model is None:
        return
    found = _outcomes(model, golden.rows)
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
    model = _loaded(golden)
    if model is not None and golden.failure is None:
        types = {column.name: str(column.type) for column in model.outputs}
        # An indexer leaves its column out where the row lacks the input, as Spark does for the table.
        scored = next((found for found in _outcomes(model, golden.rows) if isinstance(found, dict)), types)
        assert_same(
            golden.columns, {name: type_ for name, type_ in types.items() if name in scored}, "outputs"
        )


def check_row_not_mutated(golden: Golden) -> None:
    """Leave the caller's row as it is, whether it is scored or refused."""
    model = _loaded(golden)
    if model is not None:
        for row in golden.rows:
            given = copy.deepcopy(row)
            outcome(model, given)
            assert_same(row, given, "row")


def check_key_order_irrelevant(golden: Golden) -> None:
    """Score a row alike in whatever order its keys stand."""
    model = _loaded(golden)
    if model is not None:
        reordered = [dict(reversed(row.items())) for row in golden.rows]
        _assert_same_outcomes(_outcomes(model, golden.rows), _outcomes(model, reordered), "reordered keys")


def check_extra_columns_pass(golden: Golden) -> None:
    """Ignore keys that no stage reads, whatever they hold."""
    model = _loaded(golden)
    if model is not None:
        more = [{"some other column": object(), **row, "": None} for row in golden.rows]
        _assert_same_outcomes(_outcomes(model, golden.rows), _outcomes(model, more), "extra columns")


def check_missing_column(golden: Golden) -> None:
    """Refuse a row that lacks an input column, naming the column and the stage, with a hint."""
    model = _loaded(golden)
    row = None if model is None else _plain(golden, model)
    if row is None:
        return
    for column in model.inputs:
        if column.name not in row:
            continue
        found = outcome(model, {name: value for name, value in row.items() if name != column.name})
        if isinstance(found, dict) and set(found) < set(golden.columns):
            continue  # Spark's StringIndexerModel leaves out the outputs of an absent column
        if not isinstance(found, MissingColumnError):
            raise AssertionError(f"without {column.name!r}: {found!r}")  # noqa: TRY004 - a failed check
        _must(found.column == column.name, f"names column {found.column!r}, not {column.name!r}")
        _must(found.stage, f"names no stage: {found}")
        _must(found.hint, f"gives no hint: {found}")
        _must(column.name in str(found), f"the message lacks the column: {found}")
        _must(str(found.stage) in str(found), f"the message lacks the stage: {found}")


def check_pickles(golden: Golden) -> None:
    """Score alike after a trip through pickle."""
    model = _loaded(golden)
    if model is not None:
        twin = pickle.loads(pickle.dumps(model))  # noqa: S301 - what was just made here
        _assert_same_outcomes(_outcomes(model, golden.rows), _outcomes(twin, golden.rows), "unpickled")


def check_threads(golden: Golden) -> None:
    """Score alike from eight threads that share the model."""
    model = _loaded(golden)
    if model is not None:
        alone = _outcomes(model, golden.rows)
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(lambda _: _outcomes(model, golden.rows), range(8)):
                _assert_same_outcomes(alone, found, "in a thread")


def check_unfused(golden: Golden) -> None:
    """Score alike stage by stage, each vector built, as in one fused function."""
    model = _loaded(golden)
    if model is not None:
        assert_fused_as_unfused(model, golden.rows)


def assert_fused_as_unfused(model: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Raise AssertionError where a model's one function and its stages, one by one, differ on a row."""
    lowered, outcomes = lower(model.plan), _outcomes(model, rows)
    interpreted = interpret(lowered, "error")
    for words, score in (
        ("node by node", interpreted),
        ("as generated Python", generated_rows(lowered, "error", interpreted)[0]),
    ):
        _assert_same_outcomes(_outcomes(_Scoring(score), rows), outcomes, words)
    by_stage = _outcomes(_Scoring(stage_by_stage(model.plan)), rows)
    _assert_same_outcomes(_without_reasons(by_stage), _without_reasons(outcomes), "stage by stage")


def _without_reasons(outcomes: Sequence[Any]) -> list[Any]:
    return ["refused" if isinstance(found, SparkletError) else found for found in outcomes]


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


def check_batch(golden: Golden) -> None:
    """Score alike in a loop over columns, without the rows that are refused or dropped."""
    model = _loaded(golden)
    if model is None:
        return
    found = [(row, outcome(model, row)) for row in golden.rows]
    good = [(row, scored) for row, scored in found if not isinstance(scored, SparkletError)]
    names = [column.name for column in model.plan.inputs]
    # An output that one row has and another lacks is no column of a table.
    good = [pair for pair in good if all(name in pair[0] for name in names)]
    kept = [scored for _, scored in good if scored is not None]
    _assert_same_outcomes(kept, score_batch(model.plan, [row for row, _ in good]), "in a batch")


def score_batch(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what rows give by whole columns, without those that are dropped."""
    columns = [column_of([coercer(c)(row[c.name]) for row in rows], c.type) for c in plan.inputs]
    lowered = lower(plan)
    score = score_columns(lowered, score_rows(lowered, "null"), "null", fewest=0)
    done = score(columns, len(rows))
    names = [column.name for column in plan.outputs]
    if not names:
        return [{}] * (len(rows) - len(done.dropped))
    values = [objects_of(*pair) for pair in zip(done.columns, done.widths, strict=True)]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def check_documented(golden: Golden) -> None:
    """Describe the stage and cite the Spark source file that it follows."""
    from sparklet.stages import registry

    cls = registry[golden.facts["class"]]
    text = cls.__doc__ or ""
    _must(text and not text.startswith(f"{cls.__name__}("), f"{cls.__name__} has no docstring")
    _must(re.search(r"ml(lib)?/[\w/]+\.scala", text), f"{cls.__name__} cites no Spark source file")


CHECKS: Mapping[str, Callable[[Golden], None]] = {
    check.__name__: check
    for check in (
        check_answers,
        check_columns,
        check_row_not_mutated,
        check_key_order_irrelevant,
        check_extra_columns_pass,
        check_missing_column,
        check_pickles,
        check_threads,
        check_unfused,
        check_batch,
        check_documented,
    )
}
