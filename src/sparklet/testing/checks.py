"""Checks that every model must pass, whatever its stages compute.

The author of a stage runs them with a saved pipeline and rows that reach each branch of the stage:

    @pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
    def test_check(check):
        model = sparklet.load("model_dir", trusted=["my_package"])
        check(model, rows)
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sparklet.batch import objects_of
from sparklet.codegen import Plan, lower, score_rows
from sparklet.codegen.arrays import column_of
from sparklet.codegen.columns import score_columns
from sparklet.columns import coercer
from sparklet.errors import MissingColumnError, SparkletError
from sparklet.same import assert_same
from sparklet.testing.compare import outcome

__all__ = [
    "CHECKS",
    "assert_same_outcomes",
    "check_batch",
    "check_extra_columns_pass",
    "check_key_order_irrelevant",
    "check_missing_column",
    "check_pickles",
    "check_row_not_mutated",
    "check_threads",
    "outcomes",
    "score_batch",
]


Rows = Sequence[dict[str, Any]]


def outcomes(model: Any, rows: Rows) -> list[Any]:
    """Return the outcome of each row: its outputs, None if it was dropped, or the error."""
    return [outcome(model, row) for row in rows]


def assert_same_outcomes(expected: Sequence[Any], actual: Sequence[Any], label: str) -> None:
    """Raise AssertionError at the first row whose outcomes differ; `label` describes `actual`."""
    __tracebackhide__ = True
    for position, (one, other) in enumerate(zip(expected, actual, strict=True)):
        if isinstance(one, SparkletError) and isinstance(other, SparkletError):
            assert_same(
                f"{type(one).__name__}: {one}", f"{type(other).__name__}: {other}", f"{label}, row {position}"
            )
        else:
            assert_same(one, other, f"{label}, row {position}: $")


def _require(condition: object, problem: str) -> None:
    __tracebackhide__ = True
    if not condition:
        raise AssertionError(problem)


def check_row_not_mutated(model: Any, rows: Rows) -> None:
    """Check that the caller's row is not changed, whether it is scored or refused."""
    for row in rows:
        scored = copy.deepcopy(row)
        outcome(model, scored)
        assert_same(row, scored, "row")


def check_key_order_irrelevant(model: Any, rows: Rows) -> None:
    """Check that the order of a row's keys does not change its outcome."""
    reordered = [dict(reversed(row.items())) for row in rows]
    assert_same_outcomes(outcomes(model, rows), outcomes(model, reordered), "reordered keys")


def check_extra_columns_pass(model: Any, rows: Rows) -> None:
    """Check that keys that no stage reads are ignored, whatever their values are."""
    more = [{"some other column": object(), **row, "": None} for row in rows]
    assert_same_outcomes(outcomes(model, rows), outcomes(model, more), "extra columns")


def check_missing_column(model: Any, rows: Rows) -> None:
    """Check that a row without an input column is refused in an error with column, stage and hint."""
    row = next((row for row in rows if isinstance(outcome(model, row), dict)), None)
    if row is None:
        return
    for column in model.inputs:
        if column.name not in row:
            continue
        result = outcome(model, {name: value for name, value in row.items() if name != column.name})
        if isinstance(result, dict) and set(result) < {output.name for output in model.outputs}:
            continue  # Spark's StringIndexerModel omits the outputs of an absent column
        if not isinstance(result, MissingColumnError):
            raise AssertionError(f"without {column.name!r}: {result!r}")  # noqa: TRY004 - a failed check
        _require(result.column == column.name, f"names column {result.column!r}, not {column.name!r}")
        _require(result.stage, f"names no stage: {result}")
        _require(result.hint, f"has no hint: {result}")
        _require(column.name in str(result), f"the message lacks the column: {result}")
        _require(str(result.stage) in str(result), f"the message lacks the stage: {result}")


def check_pickles(model: Any, rows: Rows) -> None:
    """Check that a pickled copy of the model gives the same outcomes."""
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301 - pickled on this line
    assert_same_outcomes(outcomes(model, rows), outcomes(copied, rows), "unpickled")


def check_threads(model: Any, rows: Rows) -> None:
    """Check that eight threads that share the model get the same outcomes."""
    expected = outcomes(model, rows)
    with ThreadPoolExecutor(8) as pool:
        for actual in pool.map(lambda _: outcomes(model, rows), range(8)):
            assert_same_outcomes(expected, actual, "in a thread")


def check_batch(model: Any, rows: Rows) -> None:
    """Check that scoring whole columns gives the outputs of the rows that are not refused or dropped."""
    results = [(row, outcome(model, row)) for row in rows]
    good = [(row, scored) for row, scored in results if not isinstance(scored, SparkletError)]
    names = [column.name for column in model.plan.inputs]
    # A table has no place for an output that only some rows have.
    good = [pair for pair in good if all(name in pair[0] for name in names)]
    kept = [scored for _, scored in good if scored is not None]
    assert_same_outcomes(kept, score_batch(model.plan, [row for row, _ in good]), "in a batch")


def score_batch(plan: Plan, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the outputs of rows, scored as whole columns, without the rows that are dropped."""
    columns = [column_of([coercer(c)(row[c.name]) for row in rows], c.type) for c in plan.inputs]
    lowered = lower(plan)
    score = score_columns(lowered, score_rows(lowered, "null"), "null", fewest=0)
    done = score(columns, len(rows))
    names = [column.name for column in plan.outputs]
    if not names:
        return [{}] * (len(rows) - len(done.dropped))
    values = [objects_of(*pair) for pair in zip(done.columns, done.widths, strict=True)]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


CHECKS: Mapping[str, Callable[[Any, Rows], None]] = {
    check.__name__: check
    for check in (
        check_row_not_mutated,
        check_key_order_irrelevant,
        check_extra_columns_pass,
        check_missing_column,
        check_pickles,
        check_threads,
        check_batch,
    )
}
