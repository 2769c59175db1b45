"""The C module and its Python fallback: the same bits, the same errors, whatever comes in."""

from __future__ import annotations

import math
import random
import struct
import threading

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet._native import kernels
from sparklet.errors import SparkletError
from sparklet.java import (
    ORDERS,
    WHOLE,
    bound_dot,
    check_layout,
    dot,
    gemm_column,
    gemv,
    hash_bytes,
)
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from sparklet.stages.feature.hashing_tf import HashingTF
from sparklet.stages.recommendation.als import ALSModel, Factors
from sparklet.stages.tree.forest import Forest
from sparklet.types import STRING

NAN, INF = math.nan, math.inf
SPECIAL = [0.0, -0.0, 0.5, 1.0, 2.0, 3.0, -1.0, NAN, INF, -INF, 1e-310, -5e-324, 1e300, 7.5]
seeds = st.integers(0, 2**32)


@pytest.fixture(autouse=True)
def _compiled():
    if kernels() is None:
        pytest.skip(
            "no C module: it is not built, or SPARKLET_NATIVE=0; the fallback alone cannot be compared"
        )


def fallback_of(make):
    """Return what `make` returns where the C module is turned off."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARKLET_NATIVE", "0")
        return make()


def bits(value):
    """Return what both ways must share: kinds and bits, with one NaN for all."""
    if isinstance(value, tuple | list):
        return [type(value).__name__, *map(bits, value)]
    if isinstance(value, float):
        return struct.pack("<d", value if value == value else NAN)
    return [type(value).__name__, value]


def outcome(function, arguments):
    """Return the answer, or the error as (class, text)."""
    try:
        return bits(function(*arguments))
    except (SparkletError, TypeError, AttributeError, ValueError, IndexError) as error:
        return type(error), str(error)


# --- drawing ------------------------------------------------------------------------------------


class Draw(random.Random):
    """Draw forests, layouts and rows."""

    def number(self):
        return self.choice(SPECIAL) if self.random() < 0.3 else self.gauss(0, 2)

    def tree(self, nodes, features, depth, categorical):
        """Append a random tree, in Spark's order of ids, as (feature, left, right, categories, splits)."""
        place = len(nodes)
        nodes.append(None)
        if depth == 0 or self.random() < 0.2:
            nodes[place] = (-1, -1, -1, -1, [])
            return
        feature, categories, splits = self.choice(features), -1, [self.number()]
        if categorical and self.random() < 0.5:
            categories = self.choice([1, 2, 5, 64, 65, 130])
            splits = [float(c) for c in range(categories) if self.random() < 0.5]
        left = len(nodes)
        self.tree(nodes, features, depth - 1, categorical)
        right = len(nodes)
        self.tree(nodes, features, depth - 1, categorical)
        nodes[place] = (feature, left, right, categories, splits)

    def forest(self, width, *, trees=None, categorical=None):
        features = [self.randrange(width) for _ in range(self.choice([1, 3, 12]))]
        categorical = self.random() < 0.5 if categorical is None else categorical
        starts, nodes = [], []
        for _ in range(trees or self.choice([1, 2, 7, 8, 9, 20])):
            starts.append(len(nodes))
            self.tree(nodes, features, self.choice([0, 1, 3, 10]), categorical)
        feature, left, right, categories, splits = zip(*nodes, strict=True)
        lengths = [len(split) for split in splits]
        odd = self.random() < 0.1
        return Forest(
            starts=numpy.array([*starts, len(nodes)], numpy.int64),
            feature=numpy.array(feature, numpy.int32),
            left=numpy.array(left, numpy.int64),
            right=numpy.array(right, numpy.int64),
            categories=numpy.array(categories, numpy.int32),
            splits=numpy.array([value for split in splits for value in split], numpy.float64),
            bounds=numpy.concatenate(([0], numpy.add.accumulate(lengths))).astype(numpy.int64),
            prediction=numpy.array([self.number() if odd else self.gauss(0, 1) for _ in nodes]),
            weights=numpy.array([self.gauss(0, 1) for _ in starts]),
            stats=numpy.array([[self.gauss(0, 1) for _ in range(3)] for _ in nodes]),
        )

    def layout(self):
        """Return segments, at times with gaps between them."""
        if self.random() < 0.2:
            return WHOLE
        segments, start = [], 0
        for _ in range(self.randrange(1, 6)):
            start += self.random() < 0.1
            kind = self.choice(["scalar", "onehot", "vector"])
            size = 1 if kind == "scalar" else self.choice([1, 2, 5, 2000 if self.random() < 0.1 else 40])
            segments.append((kind, start) if kind == "scalar" else (kind, start, size))
            start += size
        if segments[-1][0] == "vector" and self.random() < 0.3:
            segments[-1] = (*segments[-1][:2], None)
        return tuple(segments)

    def vector(self, size):
        if self.random() < 0.5:
            return DenseVector(tuple(self.number() for _ in range(size)))
        indices = tuple(i for i in range(size) if self.random() < 0.3)
        return SparseVector(size, indices, tuple(self.number() for _ in indices))

    def row(self, layout, size=None):
        """Return arguments; `size` is that of a vector whose segment leaves it open."""
        row = []
        for segment in layout:
            if segment[0] == "scalar":
                row.append(self.number())
            elif segment[0] == "onehot":
                index = self.randrange(-1, segment[2] + 1)
                row.append(self.choice([index, float(index), index + 0.5, NAN, INF, -INF, 2**70, -0.5]))
            else:
                row.append(self.vector(size or 30 if segment[2] is None else segment[2]))
        return row

    def oddly(self, row):
        """Return the row with one argument that is not what it should be."""
        vectors = [DenseVector((1.0,)), SparseVector(3, (1,), (2.0,)), DenseVector((1, 2.5) * 20)]
        broken = [
            SparseVector(40, (1, 2), (2.0,)),
            SparseVector(5, (0,), (1,)),
            SparseVector(2, (7,), (1.0,)),
        ]
        return [
            self.choice([None, 1, True, "text", 2.0, [1.0], *vectors, *broken]) if k == odd else value
            for odd in [self.randrange(len(row))]
            for k, value in enumerate(row)
        ]


# --- forests ------------------------------------------------------------------------------------

OUTPUTS = {
    "leaves": lambda forest, layout, _: forest.leaves_of(layout, 30),
    "values": lambda forest, layout, _: forest.values_of(layout, 30, forest.prediction),
    "value": lambda forest, layout, _: forest.value_of(layout, None, forest.prediction),
    "row": lambda forest, layout, _: forest.row_of(layout, 30, forest.stats),
    "sum": lambda forest, layout, order: forest.sum_of(layout, 30, order),
    "mean": lambda forest, layout, _: forest.mean_of(layout, 30, -0.0),
    "votes": lambda forest, layout, _: forest.votes_of(layout, 30, forest.stats),
}


@pytest.mark.parametrize("output", OUTPUTS)
@given(seed=seeds)
def test_forests(output, seed):
    draw = Draw(seed)
    layout = draw.layout()
    width = check_layout(layout) or layout[-1][1] + 30
    forest = draw.forest(width + (draw.random() < 0.1), categorical=None)
    order = draw.choice([*ORDERS])
    make = OUTPUTS[output]
    compiled, fallback = make(forest, layout, order), fallback_of(lambda: make(forest, layout, order))
    for _ in range(20):
        row = draw.row(layout, draw.choice([30, 29, 31, 0]))
        assert outcome(compiled, row) == outcome(fallback, row), (layout, row)
        row = draw.oddly(row)
        found, expected = outcome(compiled, row), outcome(fallback, row)
        # The C module never looks at an argument whose features no split tests.
        assert found == expected or (isinstance(expected, tuple) and isinstance(found, list | bytes)), row


@pytest.mark.parametrize(
    "layout", [(("scalar", 0),), (("onehot", 0, 2),), (("vector", 2, 3),), (("vector", 0, 3),), WHOLE]
)
def test_layouts_that_do_not_reach_what_splits_test(layout):
    forest = Draw(8).forest(9, trees=9, categorical=True)
    make = lambda: forest.leaves_of(layout, 9)  # noqa: E731
    for argument in (1.0, DenseVector((1.0,) * 3), DenseVector((1.0,) * 4), SparseVector(3, (), ())):
        if isinstance(argument, float) == (layout[0][0] != "vector"):
            assert outcome(make(), [argument]) == outcome(fallback_of(make), [argument])


def test_forest_arrays_are_checked():
    good = Draw(5).forest(4, trees=3, categorical=True)
    names = ["starts", "feature", "left", "right", "categories", "splits", "bounds", "prediction"]
    arrays = [getattr(good, name) for name in names]
    inner = int(numpy.flatnonzero(good.feature >= 0)[0])
    module = kernels()
    assert module.forest(*arrays) is not None
    for name, place, value in [
        ("starts", 0, -1),
        ("starts", 0, 10**6),
        ("left", inner, inner),
        ("left", inner, 10**6),
        ("right", inner, -5),
        ("bounds", inner + 1, -1),
        ("bounds", inner, 10**9),
    ]:
        changed = [array.copy() for array in arrays]
        changed[names.index(name)][place] = value
        with pytest.raises(ValueError, match="not a forest"):
            module.forest(*changed)
    for k, array in enumerate(arrays):
        with pytest.raises((TypeError, ValueError)):
            # Without its last number `starts` has one tree less.
            module.forest(*arrays[:k], array[:-1] if k else array[:1], *arrays[k + 1 :])
        with pytest.raises((TypeError, BufferError)):
            module.forest(*arrays[:k], array.astype(numpy.float32), *arrays[k + 1 :])
    # Two nodes with the same children are no tree, and would grow without end.
    shared = numpy.array([0, 1, 2, -1], numpy.int32), numpy.array([1, 2, 3, -1])
    chain = [numpy.array([0, 4]), shared[0], shared[1], shared[1], numpy.full(4, -1, numpy.int32)]
    assert module.forest(*chain, numpy.zeros(3), numpy.array([0, 1, 2, 3, 3]), numpy.zeros(4)) is None


def test_sets_far_larger_than_what_they_hold_are_left_to_python():
    forest = Draw(5).forest(4, trees=1, categorical=False)
    arrays = [numpy.array([0, 3]), numpy.array([0, -1, -1], numpy.int32), numpy.array([1, -1, -1])]
    arrays += [numpy.array([2, -1, -1]), numpy.array([2**31 - 1, -1, -1], numpy.int32)]
    forest = Forest(*arrays, numpy.array([2.0**31 - 2]), numpy.array([0, 1, 1, 1]), *[numpy.arange(3.0)] * 3)
    assert kernels().forest(*arrays, forest.splits, forest.bounds, forest.prediction) is None
    found = forest.leaves_of((("scalar", 0),), 1)
    assert [found(x) for x in (2.0**31 - 2, 0.0)] == [(1,), (2,)]


# --- dots ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@given(seed=seeds)
def test_dots_by_kind(order, seed):
    draw = Draw(seed)
    size = draw.choice([0, 1, 3, 8, 50, 2000])
    weights = draw.vector(size)
    compiled, fallback = dot(weights, order), fallback_of(lambda: dot(weights, order))
    for _ in range(5):
        row = [draw.vector(size)]
        assert outcome(compiled, row) == outcome(fallback, row)
        row = draw.oddly(row)
        assert outcome(compiled, row) == outcome(fallback, row)


@pytest.mark.parametrize("order", ORDERS)
@given(seed=seeds)
def test_products_of_sequences(order, seed):
    draw = Draw(seed)
    rows, columns = draw.randrange(4), draw.choice([0, 1, 3, 5, 9, 1100])
    values = tuple(draw.number() for _ in range(rows * columns))
    x = [draw.number() for _ in range(columns)]
    y = [draw.number() for _ in range(rows)]
    for transposed in (False, True):
        matrix = DenseMatrix(rows, columns, values, transposed)
        for make, arguments in [
            (lambda matrix=matrix: gemv(matrix, order), (DenseVector(tuple(x)), draw.number(), y)),
            (lambda matrix=matrix: gemv(matrix, order, 2.0), (draw.vector(columns), draw.number(), y)),
            (lambda matrix=matrix: gemm_column(matrix, order), (x, y)),
            (lambda: bound_dot(values, order), (values,)),
            (lambda: bound_dot(values, order), (list(values[::-1]),)),
        ]:
            assert outcome(make(), arguments) == outcome(fallback_of(make), arguments)


@given(seed=seeds)
def test_sparse_matrices_by_rows(seed):
    draw = Draw(seed)
    rows, columns = draw.randrange(4), draw.choice([1, 3, 9, 50])
    lines = [SparseVector(columns, (), ()) for _ in range(rows)]
    for k in range(rows):
        places = tuple(i for i in range(columns) if draw.random() < 0.4)
        lines[k] = SparseVector(columns, places, tuple(draw.number() for _ in places))
    starts = tuple(numpy.add.accumulate([0] + [len(line.indices) for line in lines]).tolist())
    indices = tuple(i for line in lines for i in line.indices)
    values = tuple(x for line in lines for x in line.values)
    matrix = SparseMatrix(rows, columns, starts, indices, values, True)
    make = lambda: gemv(matrix, "java11", 0.5)  # noqa: E731
    for _ in range(5):
        row = [draw.vector(columns), draw.number(), [draw.number() for _ in range(rows)]]
        assert outcome(make(), row) == outcome(fallback_of(make), row)


def test_rows_out_of_order_are_left_to_python():
    weights = SparseVector(3, (2, 0), (2.0, 1.0))
    assert dot(weights, "java11")(DenseVector((1.0, 1.0, 10.0))) == 21.0


def test_layouts_that_no_code_should_make():
    forest = Draw(5).forest(4, trees=3)
    for layout in [
        (("scalar", 1), ("scalar", 0)),
        (("vector", 0, None), ("scalar", 1)),
        (("onehot", 0, None),),
        (("what", 0),),
    ]:
        with pytest.raises(ValueError, match="segment"):
            forest.sum_of(layout, 4, "java11")


# --- the rest -----------------------------------------------------------------------------------


@given(st.text() | st.text(st.characters(codec="utf-16", exclude_categories=[])), st.booleans())
def test_hashes(text, legacy):
    expected = hash_bytes(text.encode("utf-8", "replace"), legacy=legacy)
    assert kernels().murmur3(text, legacy, 42) == expected


@given(seed=seeds)
def test_factors(seed):
    draw = Draw(seed)
    rank, sides = draw.choice([1, 3, 10]), []
    for _ in range(2):
        ids = sorted(
            {draw.choice([draw.randrange(20), -(2**31), 2**31 - 1]) for _ in range(draw.randrange(9))}
        )
        values = [draw.choice([draw.gauss(0, 1), 1e30, -1e30, NAN, INF, 0.0, -0.0]) for _ in ids * rank]
        with numpy.errstate(over="ignore"):
            sides.append(Factors(numpy.array(ids, numpy.int32), numpy.array(values, numpy.float32), rank))
    model = ALSModel(uid="a", userFactors=sides[0], itemFactors=sides[1])
    compiled, fallback = model._rating(), fallback_of(model._rating)
    for _ in range(30):
        row = [draw.choice([draw.randrange(-1, 21), -(2**31), 2**31 - 1]) for _ in range(2)]
        assert outcome(compiled, row) == outcome(fallback, row)


def test_factors_are_checked():
    ids, values = numpy.arange(3, dtype=numpy.int32), numpy.zeros(6, numpy.float32)
    make = kernels().factors
    assert make(ids, values, ids, values, 2)(1, 2) == 0.0
    for arguments in [
        (ids, values, ids, values, 0),
        (ids, values, ids, values, 3),
        (ids, values, ids, values[:5], 2),
        (ids, values.astype(float), ids, values, 2),
        (ids.astype(numpy.int64), values, ids, values, 2),
        (None, values, ids, values, 2),
    ]:
        with pytest.raises((ValueError, TypeError)):
            make(*arguments)
    for odd in [(1,), (1, 2, 3), (1.0, 2), ("1", 2), (2**70, 1)]:
        with pytest.raises((TypeError, OverflowError)):
            make(ids, values, ids, values, 2)(*odd)


terms = st.lists(
    st.text(max_size=9)
    | st.text("ab", max_size=2)
    | st.none()
    | st.text(st.characters(codec="utf-16", exclude_categories=[]), min_size=250, max_size=300)
)


@given(
    terms | st.lists(st.integers()), st.sampled_from([1, 7, 1 << 18, 2**31 - 1]), st.booleans(), st.booleans()
)
def test_counted_terms(words, size, legacy, binary):
    stage = HashingTF(uid="h", inputCol="x", numFeatures=size, binary=binary, hashFuncVersion=2 - legacy)
    compiled, fallback = stage._counter(STRING), stage._python_counter(STRING)
    assert outcome(lambda x: (*compiled(x).__reduce__()[1],), [words]) == outcome(
        lambda x: (*fallback(x).__reduce__()[1],), [words]
    )
    assert compiled(tuple(words)) == compiled(words) if all(isinstance(w, str) for w in words) else True


def test_many_terms():
    words = [f"word{k % 700}é" for k in range(5000)]
    stage = HashingTF(uid="h", inputCol="x", numFeatures=1000)
    assert stage._counter(STRING)(words) == stage._python_counter(STRING)(words)


def test_threads_share_functions():
    draw = Draw(11)
    layout = (("scalar", 0), ("onehot", 1, 8), ("vector", 9, 5))
    forest = draw.forest(14, trees=30)
    sums, votes = forest.sum_of(layout, 14, "java11"), forest.votes_of(layout, 14, forest.stats)
    margin = dot(draw.vector(5), "java11")
    rows = [draw.row(layout) for _ in range(200)]
    expected = [bits((sums(*row), votes(*row), margin(row[2]))) for row in rows]
    wrong = []

    def work():
        for _ in range(20):
            found = [bits((sums(*row), votes(*row), margin(row[2]))) for row in rows]
            if found != expected:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
