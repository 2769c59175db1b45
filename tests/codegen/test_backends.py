"""Every kind of node: each backend gives what the node's own function gives, to the bit."""

from __future__ import annotations

import gc
import math
import weakref
from itertools import product

import pytest

from sparklet._native import kernels
from sparklet.batch import objects_of
from sparklet.codegen.arrays import column_of
from sparklet.codegen.columns import score_columns
from sparklet.codegen.interpreter import interpret
from sparklet.codegen.lower import Lowered, LoweredStep
from sparklet.codegen.plan import Plan, Step
from sparklet.codegen.score import score_rows
from sparklet.columns import Column
from sparklet.errors import InvalidValueError, SparkletError
from sparklet.ir import Graph, OneHot, Part, Scalar, evaluator, prune
from sparklet.linalg import DenseMatrix, DenseVector, SparseVector
from sparklet.profile import Profile
from sparklet.stages.stage import Bound, Dropped
from sparklet.testing import assert_same
from sparklet.types import DOUBLE, STRING, VECTOR
from tests.oracle.checks import generated

NUMBERS = [0.0, -0.0, 1.0, -2.5, 0.1, 1e300, 5e-324, math.nan, math.inf, -math.inf, None]
VECTORS = [
    DenseVector((0.5, -0.0, math.nan)),
    SparseVector(3, (1,), (2.0,)),
    SparseVector(3, (0, 2), (0.0, 3.0)),
]


def refuse(*values):
    raise InvalidValueError("refused", values)


def drop(*values):
    raise Dropped


def scaled(graph, x, shift, factor):
    return graph.affine(x, shift, factor)


def middle(graph, x, low, factor):
    constant = graph.both(graph.compare("==", factor, 0.0), graph.compare("==", x, x))
    return graph.select(constant, 0.5, graph.multiply(graph.minus(x, low), factor))


def doubled(graph, x, factor):
    return graph.multiply(x, factor)


def present(graph, x):
    return graph.select(graph.is_missing(x), 0.25, x, null=False, nan=False)


def segments(graph, x, y, *, part=None):
    x, y = present(graph, x), present(graph, y)
    index = graph.select(graph.compare(">", x, 0.5), 1.0, 0.0, nan=False, categories=2)
    found = [
        Scalar(graph.plus(x, 0.0), graph.plus(x, 0.0)),
        OneHot(index, 2),
        Scalar(y, y),
        OneHot(y, 2, (0.0, 7.0)),
    ]
    return [*found, Part(part)] if part is not None else found


def elementwise(compute, *constants, keeps_zero):
    def build(graph, x, y, v):
        vector = graph.vector(segments(graph, x, y), "3.5")
        return graph.elementwise(vector, compute, *constants, keeps_zero=keeps_zero)

    return build


W = (0.5, -1.0, 2.0, 0.1, 3.0, -0.25)
FACTORS = (2.0, 0.0, -1.0, 0.5, 3.0, 1.0)

CASES = {
    "plus": lambda g, x, y, v: g.plus(x, y),
    "minus": lambda g, x, y, v: g.minus(x, 0.3),
    "multiply": lambda g, x, y, v: g.multiply(g.multiply(x, y), 3.0),
    "divide": lambda g, x, y, v: g.divide(x, 3.0),
    "affine": lambda g, x, y, v: g.affine(x, 0.3, 1.1),
    "affine of a number": lambda g, x, y, v: g.affine(present(g, x), present(g, y), 1.1),
    "negate": lambda g, x, y, v: g.negate(x),
    "constant": lambda g, x, y, v: g.plus(g.constant(0.1), 0.2),
    "null": lambda g, x, y, v: g.constant(None),
    "exp": lambda g, x, y, v: g.exp(present(g, x)),
    "logistic": lambda g, x, y, v: g.logistic(present(g, x)),
    "bucket": lambda g, x, y, v: g.bucket((-math.inf, -0.0, 0.5, math.inf), x),
    "above": lambda g, x, y, v: g.above(x, 0.05),
    "select": lambda g, x, y, v: g.select(g.compare("<=", x, y), x, g.negate(y)),
    "logic": lambda g, x, y, v: g.select(
        g.both(g.either(g.compare("<", x, y), g.is_null(y)), g.negation(g.is_nan(x))), 1.0, None
    ),
    "missing": lambda g, x, y, v: g.select(g.is_missing(g.negate(x)), y, x),
    "otherwise": lambda g, x, y, v: g.otherwise(
        g.compare("<", x, y),
        x,
        lambda a, b: 4.0 if b == 1.0 else None if a is None else -1.0,
        x,
        y,
        null=True,
    ),
    "otherwise refuses": lambda g, x, y, v: g.otherwise(g.compare("<", x, y), x, refuse, x),
    "call": lambda g, x, y, v: g.call(lambda a, b: f"{a} {b}", x, y, type=STRING),
    "call of a number": lambda g, x, y, v: g.plus(
        g.call(lambda a: None if a is None else a * 2, x, type=DOUBLE), y
    ),
    "strict call": lambda g, x, y, v: g.call(lambda a: a + 1.0, x, type=DOUBLE, strict=True, null=x.null),
    "fields": lambda g, x, y, v: g.fields(g.call(lambda a: (a, 2), x, fields=2), 2)[1],
    "guard": lambda g, x, y, v: (g.guard(g.is_nan(x), refuse, "x", x), g.plus(x, y))[1],
    "drop": lambda g, x, y, v: (g.guard(g.is_null(x), drop, drops=True), g.plus(x, y))[1],
    "refusal before drop": lambda g, x, y, v: (
        g.guard(g.is_nan(y), refuse),
        g.guard(g.is_null(x), drop, drops=True),
        g.plus(x, y),
    )[2],
    "drop before refusal": lambda g, x, y, v: (
        g.guard(g.is_null(x), drop, drops=True),
        g.guard(g.is_nan(y), refuse),
        g.plus(x, y),
    )[2],
    "present": lambda g, x, y, v: g.plus(g.present(x, refuse), y),
    "dense": lambda g, x, y, v: g.dense([present(g, x), g.negate(present(g, y))]),
    "sparse": lambda g, x, y, v: g.one_hot(present(g, x), 3),
    "segments 3.5": lambda g, x, y, v: g.vector(segments(g, x, y), "3.5"),
    "segments 4.1": lambda g, x, y, v: g.vector(segments(g, x, y), "4.1+"),
    "parts": lambda g, x, y, v: g.vector(segments(g, x, y, part=v), "4.1+"),
    "nullable vector": lambda g, x, y, v: g.select(g.is_null(x), None, g.one_hot(present(g, y), 2)),
    "dot": lambda g, x, y, v: g.dot(g.vector(segments(g, x, y), "4.1+"), DenseVector(W), "java11"),
    "dot 3.5": lambda g, x, y, v: g.dot(g.vector(segments(g, x, y), "3.5"), DenseVector(W), "vector4"),
    "dot of scaled": lambda g, x, y, v: g.dot(
        elementwise(doubled, FACTORS, keeps_zero=True)(g, x, y, v), DenseVector(W), "java11"
    ),
    "dot with sparse weights": lambda g, x, y, v: g.dot(
        g.vector(segments(g, x, y), "4.1+"), SparseVector(6, (0, 3), (0.5, -1.0)), "java11"
    ),
    "dot with infinite weights": lambda g, x, y, v: g.dot(
        g.one_hot(present(g, x), 2), DenseVector((math.inf, 1.0)), "java11"
    ),
    "dot of an object": lambda g, x, y, v: g.dot(v, DenseVector(W[:3]), "java11"),
    "dot of dense": lambda g, x, y, v: g.dot(
        g.dense([present(g, x), present(g, y), present(g, x)]), DenseVector(W[:3]), "java11"
    ),
    "wrong size": lambda g, x, y, v: g.dot(v, DenseVector(W[:2]), "java11"),
    "matrix": lambda g, x, y, v: g.matrix_product(
        g.vector(segments(g, x, y), "3.5"), DenseMatrix(2, 6, W + FACTORS, True), (0.5, -0.0), "java11"
    ),
    "matrix by columns": lambda g, x, y, v: g.matrix_product(v, DenseMatrix(2, 3, W), (0.5, -0.0), "java11"),
    "scaled": elementwise(doubled, FACTORS, keeps_zero=True),
    "shifted": elementwise(scaled, W, FACTORS, keeps_zero=False),
    "scaled object": lambda g, x, y, v: g.elementwise(v, doubled, FACTORS[:3], keeps_zero=True),
    "shifted object": lambda g, x, y, v: g.elementwise(v, scaled, W[:3], FACTORS[:3], keeps_zero=False),
    "middle of objects": lambda g, x, y, v: g.elementwise(v, middle, W[:3], FACTORS[:3], keeps_zero=False),
    "object too long": lambda g, x, y, v: g.elementwise(v, doubled, FACTORS[:2], keeps_zero=True),
    "shifted scalars": lambda g, x, y, v: g.compressed(
        g.elementwise(g.dense([present(g, x)] * 4), middle, W[:4], FACTORS[:4], keeps_zero=False), "3.5"
    ),
    "apply": lambda g, x, y, v: g.apply(
        lambda values: tuple([value + 1.0 for value in values]), g.dense([present(g, x), present(g, y)]), 2
    ),
    "apply to a number": lambda g, x, y, v: g.apply(max, g.dense([present(g, x), present(g, y)])),
    "element": lambda g, x, y, v: g.elements(
        g.apply(lambda values: values[::-1], g.dense([present(g, x), present(g, y)]), 2), 2
    )[1],
    "pick": lambda g, x, y, v: g.pick(
        g.dense([present(g, x), present(g, y)]), (1, 0, 1), lambda vector: vector, keeps_zeros=True
    ),
    "is sparse": lambda g, x, y, v: g.select(g.is_sparse(g.vector(segments(g, x, y), "3.5")), 1.0, 0.0),
    "deep": lambda g, x, y, v: _chain(g, x, 60),
}


def _chain(graph, x, length):
    for _ in range(length):
        x = graph.multiply(graph.minus(x, 0.1), 1.01)
    return x


def lowered_of(build):
    """Return the graph of a case, as that of a plan with one step."""
    graph = Graph()
    x, y = graph.input(DOUBLE), graph.input(DOUBLE)
    v = graph.input(VECTOR, null=False)
    output = build(graph, x, y, v)
    columns = (Column("x", DOUBLE), Column("y", DOUBLE), Column("v", VECTOR))
    made = Column("out", output.type)
    step = Step("a stage", Bound(columns, (made,)))
    plan = Plan((), columns, frozenset(), (step,), (made,), Profile.of("4.3"))
    nodes = tuple(prune(graph.nodes, [*graph.inputs, output]))
    steps = (LoweredStep(step, (x, y, v), len(nodes)),)
    return Lowered(plan, nodes, tuple(graph.inputs), (("out", output),), steps), evaluator(graph, output)


ROWS = [
    {"x": x, "y": y, "v": VECTORS[number % len(VECTORS)]}
    for number, (x, y) in enumerate(product(NUMBERS, NUMBERS))
]


def expected_of(function, row):
    try:
        return function(*row.values())
    except Dropped:
        return "dropped"
    except SparkletError:
        return "refused"


def found_of(score, row):
    try:
        scored = score(row)
    except SparkletError:
        return "refused"
    return "dropped" if scored is None else scored["out"]


@pytest.mark.parametrize("native", ["1", "0"], ids=["native", "python"])
@pytest.mark.parametrize("name", CASES)
def test_backends_agree(name, native, monkeypatch):
    monkeypatch.setenv("SPARKLET_NATIVE", native)
    lowered, function = lowered_of(CASES[name])
    interpreted = interpret(lowered, "error")
    backends = {
        "interpreter": interpreted,
        "rows": generated(lowered, interpreted),
        "score_rows": score_rows(lowered, "error"),
    }
    answers = []
    for row in ROWS:
        answer = expected_of(function, row)
        answers.append(answer)
        for backend, score in backends.items():
            assert_same(answer, found_of(score, row), f"{backend}, {row}: $")
    # As a table, without the rows that are refused.
    kept = [(row, answer) for row, answer in zip(ROWS, answers, strict=True) if str(answer) != "refused"]
    columns = [column_of([row[c.name] for row, _ in kept], c.type) for c in lowered.plan.inputs]
    done = score_columns(lowered, score_rows(lowered, "error"), "error", fewest=0)(columns, len(kept))
    found = objects_of(done.columns[0], done.widths[0])
    assert_same([answer for _, answer in kept if str(answer) != "dropped"], found, "columns: $")


@pytest.mark.skipif(kernels() is None, reason="a generated function refers to itself through its globals")
def test_a_program_is_freed_when_its_last_reference_goes():
    lowered, _ = lowered_of(CASES["plus"])
    score = score_rows(lowered, "error")
    assert found_of(score, ROWS[0]) == 0.0
    with pytest.raises(SparkletError):
        score({"x": "text", "y": 1.0, "v": VECTORS[0]})  # by the fallback
    dead = weakref.ref(lowered)
    gc.collect()
    gc.disable()
    try:
        del lowered, score
        assert dead() is None
    finally:
        gc.enable()
