"""Checks that every model passes whatever its stages compute.

The author of a stage runs them over a saved pipeline and rows that reach each branch of the stage:

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
    """Return what comes of each row: the outputs, None where it was dropped, or the error."""
    return [outcome(model, row) for row in rows]


def assert_same_outcomes(expected: Sequence[Any], actual: Sequence[Any], what: str) -> None:
    """Raise AssertionError at the first row whose outcomes differ; `what` describes the second list."""
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


def check_row_not_mutated(model: Any, rows: Rows) -> None:
    """Leave the caller's row as it is, whether it is scored or refused."""
    for row in rows:
        given = copy.deepcopy(row)
        outcome(model, given)
        assert_same(row, given, "row")


def check_key_order_irrelevant(model: Any, rows: Rows) -> None:
    """Score a row alike in whatever order its keys stand."""
    reordered = [dict(reversed(row.items())) for row in rows]
    assert_same_outcomes(outcomes(model, rows), outcomes(model, reordered), "reordered keys")


def check_extra_columns_pass(model: Any, rows: Rows) -> None:
    """Ignore keys that no stage reads, whatever they hold."""
    more = [{"some other column": object(), **row, "": None} for row in rows]
    assert_same_outcomes(outcomes(model, rows), outcomes(model, more), "extra columns")


def check_missing_column(model: Any, rows: Rows) -> None:
    """Refuse a row that lacks an input column, naming the column and the stage, with a hint."""
    row = next((row for row in rows if isinstance(outcome(model, row), dict)), None)
    if row is None:
        return
    for column in model.inputs:
        if column.name not in row:
            continue
        found = outcome(model, {name: value for name, value in row.items() if name != column.name})
        if isinstance(found, dict) and set(found) < {output.name for output in model.outputs}:
            continue  # Spark's StringIndexerModel leaves out the outputs of an absent column
        if not isinstance(found, MissingColumnError):
            raise AssertionError(f"without {column.name!r}: {found!r}")  # noqa: TRY004 - a failed check
        _must(found.column == column.name, f"names column {found.column!r}, not {column.name!r}")
        _must(found.stage, f"names no stage: {found}")
        _must(found.hint, f"gives no hint: {found}")
        _must(column.name in str(found), f"the message lacks the column: {found}")
        _must(str(found.stage) in str(found), f"the message lacks the stage: {found}")


def check_pickles(model: Any, rows: Rows) -> None:
    """Score alike after a trip through pickle."""
    twin = pickle.loads(pickle.dumps(model))  # noqa: S301 - what was just made here
    assert_same_outcomes(outcomes(model, rows), outcomes(twin, rows), "unpickled")


def check_threads(model: Any, rows: Rows) -> None:
    """Score alike from eight threads that share the model."""
    alone = outcomes(model, rows)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: outcomes(model, rows), range(8)):
            assert_same_outcomes(alone, found, "in a thread")


def check_batch(model: Any, rows: Rows) -> None:
    """Score alike in a loop over columns, without the rows that are refused or dropped."""
    found = [(row, outcome(model, row)) for row in rows]
    good = [(row, scored) for row, scored in found if not isinstance(scored, SparkletError)]
    names = [column.name for column in model.plan.inputs]
    # An output that one row has and another lacks is no column of a table.
    good = [pair for pair in good if all(name in pair[0] for name in names)]
    kept = [scored for _, scored in good if scored is not None]
    assert_same_outcomes(kept, score_batch(model.plan, [row for row, _ in good]), "in a batch")


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
