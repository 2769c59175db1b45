"""Batches in the C module: random graphs and pipelines give what rows and the numpy operations give."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet.codegen import evaluation, lower, readers_of
from sparklet.codegen.arrays import Matrix, column_of, listed
from sparklet.codegen.evaluation import Evaluation
from sparklet.codegen.lower import Lowered, LoweredStep
from sparklet.codegen.plan import Plan, Step
from sparklet.columns import Column, RowReader
from sparklet.errors import InvalidValueError, SparkletError, VectorSizeError
from sparklet.ir import prune, wire
from sparklet.linalg import DenseVector
from sparklet.profile import Profile
from sparklet.stages.stage import Bound, Dropped
from sparklet.testing import assert_same
from sparklet.testing.checks import outcomes
from tests.codegen.test_program import Draw, bits
from tests.conftest import GOLDEN
from tests.oracle import goldens
from tests.oracle.checks import loaded

DROPPED, FAILED = "dropped", "failed"


def lowered_of(graph, outputs, *, drops):
    """Return a graph as that of a plan with one step."""
    nodes = tuple(prune(graph.nodes, [*graph.inputs, *outputs]))
    columns = tuple([Column(f"x{index}", node.type) for index, node in enumerate(graph.inputs)])
    step = Step("a stage", Bound(columns, (), drops=drops))
    plan = Plan((), columns, frozenset(), (step,), (), Profile.of("4.3"))
    named = tuple([(f"y{index}", node) for index, node in enumerate(outputs)])
    steps = (LoweredStep(step, tuple(graph.inputs), len(nodes)),)
    return Lowered(plan, nodes, tuple(graph.inputs), named, steps)


def defined(lowered, rows):
    """Return the outputs of each row by the nodes' own functions, or how it ends."""
    outputs = [node for _, node in lowered.outputs]
    wiring = wire(lowered.nodes, lowered.inputs, outputs)
    answers = []
    for row in rows:
        values = [*wiring.constants, *row]
        try:
            for function, operands in wiring.work:
                values.append(function(*[values[slot] for slot in operands]))
            answers.append([bits(values[wiring.slots[id(node)]]) for node in outputs])
        except Dropped:
            answers.append(DROPPED)
        except (InvalidValueError, VectorSizeError):
            answers.append(FAILED)
    return answers


def evaluated(lowered, rows, native):
    """Return the outputs of each row, a list of input values, by columns, or how it ends."""
    columns = [
        column_of([row[index] for row in rows], node.type) for index, node in enumerate(lowered.inputs)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKLET_NATIVE", native)
        patch.setattr(evaluation, "_MOST_FAILING", 1.0)
        batch = Evaluation(lowered).run(columns, len(rows))
    outputs = [
        list(map(DenseVector, column.tolist())) if isinstance(column, Matrix) else listed(column)
        for column in batch.outputs
    ]
    return [
        DROPPED if batch.dropped[index] else FAILED if batch.fails[index] else [row[index] for row in outputs]
        for index in range(len(rows))
    ]


@pytest.mark.parametrize("native", ["1", "0"], ids=["native", "python"])
@given(seed=st.integers(0, 2**32), count=st.integers(1, 40))
def test_random_graphs(native, seed, count):
    draw = Draw(seed)
    graph, outputs = draw.draw(count)
    lowered = lowered_of(graph, outputs, drops=draw.dropping)
    names = [f"x{index}" for index in range(len(graph.inputs))]
    rows = [[row[name] for name in names] for row in [draw.row() for _ in range(draw.choice([1, 40]))]]
    found = evaluated(lowered, rows, native)
    for row, answer, expected in zip(rows, found, defined(lowered, rows), strict=True):
        # A row that fails is scored alone, so that it may be dropped or even scored.
        assert FAILED in (answer, expected) or answer == expected or list(map(bits, answer)) == expected, row
        assert answer == FAILED or expected != FAILED, row


@pytest.mark.golden
@pytest.mark.parametrize("golden", goldens(GOLDEN), ids=lambda golden: golden.id)
def test_goldens(golden):
    model = loaded(golden)
    if model is None or model.plan.optional:
        return
    lowered = lower(model.plan)
    read = RowReader(model.plan.inputs, model.plan.optional, "error", readers_of(model.plan))
    rows, expected = [], []
    for row, scored in zip(golden.rows, outcomes(model, golden.rows), strict=True):
        with suppress(SparkletError):
            rows.append(read(row))
            expected.append(scored)
    for native in ("1", "0"):
        found = evaluated(lowered, rows, native)
        for row, answer, scored in zip(rows, found, expected, strict=True):
            if isinstance(scored, SparkletError) or scored is None:
                assert answer == FAILED or (scored is None and answer == DROPPED), row
            else:
                assert_same(list(scored.values()), answer, f"{golden.id}, {row}: $")
