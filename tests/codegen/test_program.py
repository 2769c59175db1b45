"""Programs of the C module: random graphs of every kind of node, rows of every kind, calls, memory."""

from __future__ import annotations

import gc
import itertools
import math
import random
import struct
import sys
import threading
import tracemalloc

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparklet._native import kernels
from sparklet.codegen.program import assemble
from sparklet.errors import InvalidValueError, VectorSizeError
from sparklet.ir import Graph, OneHot, Part, Scalar, Vector, prune, wire
from sparklet.java import ORDERS
from sparklet.linalg import DenseMatrix, DenseVector, SparseMatrix, SparseVector
from sparklet.stages.classification.classifier import argmax, normalize, softmax
from sparklet.stages.stage import Dropped
from sparklet.stages.tree.forest import Forest
from sparklet.types import BOOLEAN, DATE, DOUBLE, FLOAT, INTEGER, STRING, VECTOR

NAN, INF = math.nan, math.inf
# The bits that stand for null inside a program: from outside they are a NaN like any other.
NULL_BITS = struct.unpack("<d", struct.pack("<Q", 0x7FF8A5A5A5A5A5A5))[0]
NUMBERS = [0.0, -0.0, 1.0, 2.0, -2.5, 0.1, 1e300, -1e300, 5e-324, NAN, NULL_BITS, INF, -INF]
WORDS = ["a", "b", "c", "", "unseen"]
SIZES = (5, 5, 1)  # of the vectors of a row


@pytest.fixture(autouse=True)
def _compiled():
    if kernels() is None:
        pytest.skip("no C module: it is not built, or SPARKLET_NATIVE=0")


def bits(value):
    """Return what two answers must share: types and bits, with one NaN for all."""
    if isinstance(value, DenseVector):
        return ["dense", *map(bits, value.values)]
    if isinstance(value, SparseVector):
        return ["sparse", value.size, value.indices, *map(bits, value.values)]
    if isinstance(value, tuple | list):
        return [type(value).__name__, *map(bits, value)]
    if isinstance(value, float):
        return struct.pack("<d", value if value == value else NAN)
    return [type(value).__name__, value]


class HandedOverError(Exception):
    """Raised where the program hands a row over."""


def hand_over(row):
    raise HandedOverError


def number_of(value):
    return value if value is None else float(value)


def program_of(graph, outputs, **options):
    """Return the program of a graph and its definition, both as functions from a row."""
    nodes = prune(graph.nodes, [*graph.inputs, *outputs])
    names = tuple(f"x{index}" for index in range(len(graph.inputs)))
    coercers = tuple(number_of if node.type is DOUBLE else lambda value: value for node in graph.inputs)
    named = [(f"y{index}", node) for index, node in enumerate(outputs)]
    options = {"fallback": hand_over, "arrange": lambda row: row} | options
    score = assemble(kernels(), nodes, graph.inputs, named, names, coercers, **options)
    wiring = wire(nodes, graph.inputs, outputs)

    def define(row):
        values = [*wiring.constants, *[row[name] for name in names]]
        for function, operands in wiring.work:
            values.append(function(*[values[slot] for slot in operands]))
        return {name: values[wiring.slots[id(node)]] for name, node in named}

    return score, define


def outcome(function, row):
    try:
        return {name: bits(value) for name, value in function(row).items()}
    except (Dropped, InvalidValueError, VectorSizeError, HandedOverError) as error:
        return type(error)


def agree(score, define, row):
    """Check that a program gives what the definition gives, and hands over just what it refuses."""
    expected = outcome(define, row)
    found = score(row) if expected is Dropped else outcome(score, row)
    if expected is Dropped:
        assert found is None, row
    elif isinstance(expected, type):
        assert found is HandedOverError, (row, expected)
    else:
        assert found == expected, row


# --- random graphs ------------------------------------------------------------------------------


def refuse(*values):
    raise InvalidValueError("refused", values)


def drop(*values):
    raise Dropped


class Draw(random.Random):
    """Draw graphs: each method adds a random node of what the graph has so far."""

    def start(self):
        self.graph = graph = Graph()
        self.doubles = [graph.input(DOUBLE) for _ in range(4)]
        self.words = [graph.input(STRING) for _ in range(2)]
        self.wholes = [graph.input(INTEGER), graph.input(BOOLEAN)]
        self.vectors = [graph.input(VECTOR, null=False) for _ in SIZES]
        self.sizes = {id(vector): size for vector, size in zip(self.vectors, SIZES, strict=True)}
        self.tests = [graph.is_null(self.doubles[0])]
        self.objects = []
        return graph

    def row(self):
        values = [self.choice([*NUMBERS, None, self.gauss(0, 2)]) for _ in range(4)]
        values += [self.choice([*WORDS, None]) for _ in range(2)]
        values += [self.choice([None, 0, 1, -7, 2**31 - 1]), self.choice([None, True, False])]
        values += [self.vector(size) for size in SIZES]
        keys = [f"x{index}" for index in range(len(values))]
        pairs = list(zip(keys, values, strict=True))
        if self.random() < 0.3:
            self.shuffle(pairs)
        return dict(pairs)

    def number(self):
        return self.choice(NUMBERS[:9] + NUMBERS[11:]) if self.random() < 0.4 else self.gauss(0, 2)

    def vector(self, size):
        if self.random() < 0.5:
            return DenseVector(tuple([self.number() for _ in range(size)]))
        indices = tuple([index for index in range(size) if self.random() < 0.5])
        return SparseVector(size, indices, tuple([self.number() for _ in indices]))

    def double(self):
        return self.choice(self.doubles)

    def present(self):
        x = self.double()
        return self.graph.select(self.graph.is_null(x), self.number(), x, null=False) if x.null else x

    def test(self):
        return self.choice(self.tests)

    def add_arithmetic(self):
        graph, kind = self.graph, self.randrange(8)
        if kind < 3:
            operator = [graph.plus, graph.minus, graph.multiply][kind]
            self.doubles.append(operator(self.double(), self.choice([self.double(), self.number()])))
        elif kind == 3:
            self.doubles.append(graph.divide(self.double(), self.choice([0.5, -3.0, INF, 5e-324])))
        elif kind == 4:
            self.doubles.append(graph.negate(self.double()))
        elif kind == 5:
            self.doubles.append(graph.exp(self.present()))
        elif kind == 6:
            splits = sorted([self.choice([-INF, -1.0, -0.0, 0.0, 0.1, 2.0, INF]) for _ in range(4)])
            self.doubles.append(graph.bucket(tuple(splits), self.double()))
        else:
            self.doubles.append(graph.to_double(self.choice([*self.wholes, self.test()])))

    def add_test(self):
        graph, kind = self.graph, self.randrange(7)
        if kind < 2:
            operator = self.choice(["<", "<=", ">", ">=", "==", "!="])
            self.tests.append(
                graph.compare(operator, self.double(), self.choice([self.double(), self.number()]))
            )
        elif kind == 2:
            anything = [self.double(), *self.words, *self.wholes, *self.objects]
            self.tests.append(graph.is_null(self.choice(anything)))
        elif kind == 3:
            self.tests.append(graph.negation(self.choice([self.test(), self.wholes[1]])))
        elif kind == 4:
            self.tests.append(graph.is_missing(self.double()))
        elif kind == 5:
            self.tests.append(graph.both(self.test(), self.test()))
        else:
            self.tests.append(graph.either(self.test(), self.test()))

    def add_select(self):
        graph, test = self.graph, self.choice([self.test(), self.wholes[1]])
        if self.random() < 0.6:
            self.doubles.append(
                graph.select(test, self.double(), self.choice([self.double(), self.number(), None]))
            )
        elif self.random() < 0.5:
            self.tests.append(graph.select(test, self.test(), self.test()))
        else:
            anything = [*self.words, *self.objects, *self.vectors, graph.constant("text")]
            self.objects.append(graph.select(test, self.choice(anything), self.choice(anything)))

    def add_lookup(self):
        table = {word: float(index) for index, word in enumerate(WORDS[:3])}
        missing = self.choice([lambda value: 7.0, lambda value: -0.0 if value is None else 9.0])
        if self.random() < 0.2:
            missing = self.choice([drop, refuse])
            self.dropping |= missing is drop
        self.doubles.append(self.graph.lookup(table, self.choice(self.words), missing, nan=False))

    def add_call(self):
        graph, kind = self.graph, self.randrange(5)
        arguments = self.sample([*self.doubles, *self.tests, *self.words, *self.objects, *self.vectors], 2)
        if kind == 0:
            self.objects.append(graph.call(lambda a, b: (str(a), str(b)), *arguments))
        elif kind == 1:
            self.doubles.append(graph.call(lambda a: a if a is None else a * 2, self.double(), type=DOUBLE))
        elif kind == 2:
            self.objects.append(graph.call(lambda a, b: str(a), *arguments, strict=True))
        elif kind == 3:
            first, second = graph.fields(graph.call(lambda a, b: (b, len(str(a))), *arguments, fields=2), 2)
            self.objects += (first, second)
        else:
            many = [self.double() for _ in range(12)]
            self.objects.append(graph.call(lambda *values: len([v for v in values if v is None]), *many))

    def add_effect(self):
        graph, kind = self.graph, self.randrange(4)
        rare = graph.both(self.test(), graph.compare("==", self.double(), 0.1))
        if kind == 0:
            graph.guard(rare, refuse, self.double())
        elif kind == 1:
            graph.guard(
                rare, self.choice([drop, drop, refuse, lambda *values: None]), self.double(), drops=True
            )
        elif kind == 2:
            x, y = self.double(), self.double()
            function = self.choice([lambda a, b: a, lambda a, b: None, lambda a, b: 4.0])
            self.doubles.append(graph.otherwise(self.test(), x, function, x, y, null=True))
        else:
            self.doubles.append(graph.present(self.double(), refuse))

    def segments(self, part):
        segments = []
        for _ in range(self.randrange(1, 7)):
            kind = self.random()
            if kind < 0.5:
                x = self.present()
                segments.append(Scalar(x, self.choice([x, self.present()])))
            elif kind < 0.7 or not part:
                size = self.choice([1, 3, 6])
                ones = tuple([self.number() for _ in range(size)])
                segments.append(OneHot(self.present(), size, self.choice([None, ones])))
            else:
                segments.append(Part(self.choice([v for v in self.vectors if id(v) in self.sizes])))
        return segments

    def add_vector(self):
        graph, kind = self.graph, self.randrange(6)
        release = self.choice(["3.5", "4.1+"])
        if kind < 2:
            self.vectors.append(graph.vector(self.segments(part=False), release))
        elif kind == 2:
            self.vectors.append(graph.vector(self.segments(part=True), release))
        elif kind == 3:
            self.vectors.append(graph.dense([self.present() for _ in range(self.choice([1, 2, 5, 9]))]))
        elif kind == 4:
            self.vectors.append(graph.one_hot(self.present(), self.choice([1, 4])))
        else:
            size = self.choice([3, 5, 30])
            constants = [tuple([self.gauss(0, 1) for _ in range(size)]) for _ in range(2)]
            compute = self.choice(
                [
                    lambda g, x, a, b: g.multiply(g.minus(x, a), b),
                    lambda g, x, a, b: g.select(
                        g.compare("!=", a, 0.0), g.divide(g.negate(x), 3.0), g.plus(x, b)
                    ),
                    lambda g, x, a, b: g.above(x, 0.5),
                ]
            )
            keeps_zero = self.random() < 0.5
            if keeps_zero:
                compute = self.choice([lambda g, x, a, b: g.multiply(x, a)])
            vector = self.choice(self.vectors)
            made = graph.elementwise(vector, compute, *constants, keeps_zero=keeps_zero)
            self.vectors.append(made)

    def size(self, vector):
        return vector.size if isinstance(vector, Vector) else self.sizes.get(id(vector))

    def sized(self):
        return self.choice([v for v in self.vectors if self.size(v) is not None])

    def weights(self, size):
        weights = self.vector(size)
        if self.random() < 0.8:
            return weights
        indices = tuple([index for index in range(size) if self.random() < 0.5])[::-1]
        return SparseVector(size, indices, tuple([self.number() for _ in indices]))

    def matrix(self, rows, size):
        values = tuple([self.number() for _ in range(rows * size)])
        transposed = self.random() < 0.5
        if self.random() < 0.6:
            return DenseMatrix(rows, size, values, transposed)
        lines, length = (rows, size) if transposed else (size, rows)
        chosen = [[k for k in range(length) if self.random() < 0.5] for _ in range(lines)]
        bounds = (0, *numpy.add.accumulate([len(line) for line in chosen]).tolist())
        indices = tuple([k for line in chosen for k in line])
        return SparseMatrix(rows, size, bounds, indices, values[: len(indices)], transposed)

    def add_product(self):
        graph, vector, order, kind = self.graph, self.sized(), self.choice([*ORDERS]), self.randrange(3)
        size = self.size(vector)
        if kind == 0:
            self.doubles.append(graph.dot(vector, self.weights(size), order))
            return
        if kind == 1:
            rows = self.choice([1, 2, 3, 9])
            start = tuple([self.number() for _ in range(rows)])
            made = graph.matrix_product(vector, self.matrix(rows, size), start, order)
        else:
            made = self.dense_made()
        if kind == 2 or self.random() < 0.5:
            self.doubles += graph.elements(made, made.size)
        name = self.choice(["softmax", "normalize", "argmax", None])
        function = {"softmax": softmax, "argmax": argmax, "normalize": self.normal}.get(name)
        if name == "argmax":
            self.doubles.append(graph.apply(argmax, made, name="argmax"))
        elif name == "softmax":
            made = graph.apply(function, made, made.size, "softmax")
            self.doubles += graph.elements(made, made.size)
        elif name is None:
            made = graph.apply(lambda values: values[::-1], made, made.size)
            self.doubles.append(graph.apply(lambda values: values[0], made))
        self.sizes[id(made)] = made.size
        self.vectors.append(made)

    def normal(self, values):
        return normalize(values)

    def dense_made(self):
        return self.graph.dense([self.present() for _ in range(self.choice([1, 2, 5]))])

    def forest(self, width):
        nodes, starts = [], []

        def tree(depth):
            place = len(nodes)
            nodes.append(None)
            if depth == 0 or self.random() < 0.2:
                nodes[place] = (-1, -1, -1, -1, [])
                return
            categories, splits = -1, [self.number()]
            if self.random() < 0.3:
                categories = self.choice([2, 5, 70])
                splits = [float(k) for k in range(categories) if self.random() < 0.5]
            left = len(nodes)
            tree(depth - 1)
            right = len(nodes)
            tree(depth - 1)
            nodes[place] = (self.randrange(width), left, right, categories, splits)

        for _ in range(self.choice([1, 3, 20])):
            starts.append(len(nodes))
            tree(self.choice([0, 1, 4]))
        feature, left, right, categories, splits = zip(*nodes, strict=True)
        lengths = [len(split) for split in splits]
        return Forest(
            starts=numpy.array([*starts, len(nodes)], numpy.int64),
            feature=numpy.array(feature, numpy.int32),
            left=numpy.array(left, numpy.int64),
            right=numpy.array(right, numpy.int64),
            categories=numpy.array(categories, numpy.int32),
            splits=numpy.array([value for split in splits for value in split], numpy.float64),
            bounds=numpy.concatenate(([0], numpy.add.accumulate(lengths))).astype(numpy.int64),
            prediction=numpy.array([self.number() for _ in nodes]),
            weights=numpy.array([self.gauss(0, 1) for _ in starts]),
            stats=numpy.array([[self.gauss(0, 1) for _ in range(3)] for _ in nodes]),
        )

    def add_forest(self):
        graph, vector = self.graph, self.sized()
        forest, order = self.forest(self.size(vector)), self.choice([*ORDERS])
        makes = [
            (lambda layout: forest.sum_of(layout, None, order), None),
            (lambda layout: forest.mean_of(layout, None, -0.0), None),
            (lambda layout: forest.value_of(layout, None, forest.prediction), None),
            (lambda layout: forest.votes_of(layout, None, forest.stats), 3),
            (lambda layout: forest.row_of(layout, None, forest.stats), 3),
            (lambda layout: forest.values_of(layout, None, forest.prediction), forest.size),
            (lambda layout: lambda vector: float(vector.size), None),
        ]
        make, size = self.choice(makes)
        made = graph.kernel(make, vector, size)
        if size is None:
            self.doubles.append(made)
        else:
            self.vectors.append(made)
            self.sizes[id(made)] = size
            self.doubles += graph.elements(made, size)

    def draw(self, count):
        graph = self.start()
        self.dropping = False
        kinds = [self.add_arithmetic] * 3 + [self.add_test, self.add_select, self.add_lookup, self.add_call]
        kinds += [self.add_effect, self.add_vector, self.add_vector, self.add_product, self.add_forest]
        for _ in range(count):
            self.choice(kinds)()
        anything = [*self.doubles, *self.tests, *self.objects, *self.vectors, *self.words, *self.wholes]
        return graph, self.sample(anything, min(len(anything), self.choice([1, 4, 30])))


@given(seed=st.integers(0, 2**32), count=st.integers(1, 40))
def test_random_graphs(seed, count):
    draw = Draw(seed)
    graph, outputs = draw.draw(count)
    # What may drop is known from the plan's steps.
    dropping = frozenset([node for node in graph.nodes if getattr(node, "missing", None) is drop])
    score, define = program_of(graph, outputs, dropping=dropping)
    for _ in range(12):
        agree(score, define, draw.row())


@pytest.mark.parametrize("size", [0, 1, 3])
def test_parts_that_store_nothing(size):
    """A segment that stores no element is zero, whatever the row before left in its place."""
    graph = Graph()
    numbers = [graph.to_double(graph.input(INTEGER)) for _ in range(4)]
    vectors = [graph.input(VECTOR, null=False) for _ in range(3)]
    present = [graph.select(graph.is_null(x), 0.0, x, null=False) for x in numbers]
    segments = [*[Scalar(x, x) for x in present], *map(Part, vectors), OneHot(present[0], size, None)]
    vector = graph.vector(segments, "3.5")
    weights = DenseVector(tuple([2.0**k for k in range(4 + 4 * size)]))
    score, define = program_of(graph, [graph.dot(vector, weights, order) for order in ORDERS])
    full, empty = DenseVector((1.0,) * size), SparseVector(size, (), ())
    for chosen in itertools.product([full, empty], repeat=3):
        row = {f"x{index}": index + 1 for index in range(4)} | {
            f"x{index + 4}": vector for index, vector in enumerate(chosen)
        }
        agree(score, define, {name: full if name in ("x4", "x5", "x6") else 0 for name in row})
        agree(score, define, row)


# --- rows ---------------------------------------------------------------------------------------


def plain(*types, **options):
    """Return the program that gives its inputs, under the names x0, x1 and so on."""
    graph = Graph()
    inputs = [graph.input(type_) for type_ in types]
    doubles = [graph.to_double(node) for node in inputs if node.type in (INTEGER, BOOLEAN)]
    return program_of(graph, [*inputs, *doubles], **options)[0]


def test_values_that_need_no_coercion():
    score = plain(DOUBLE, STRING, INTEGER, BOOLEAN)
    expected = {"y0": 1.5, "y1": "a", "y2": 3, "y3": True, "y4": 3.0, "y5": 1.0}
    assert score({"x0": 1.5, "x1": "a", "x2": 3, "x3": True}) == expected
    assert score({"x3": True, "x1": "a", "x0": 1.5, "x2": 3}) == expected
    nothing = dict.fromkeys(("x0", "x1", "x2", "x3"))
    assert score(nothing) == dict.fromkeys([f"y{index}" for index in range(6)])


def test_whole_numbers_become_doubles_once():
    score = plain(DOUBLE)
    assert outcome(score, {"x0": 3}) == {"y0": bits(3.0)}
    assert outcome(score, {"x0": 2**1023}) == {"y0": bits(2.0**1023)}
    with pytest.raises(HandedOverError):
        score({"x0": 2**1024})


@pytest.mark.parametrize(
    ("type_", "value", "coerced"),
    [
        (DOUBLE, "1.5", 1.5),
        (INTEGER, 2**31, 2**31),
        (INTEGER, True, 1),
        (STRING, 5, "5"),
        (BOOLEAN, 1, True),
        (VECTOR, [1.0], DenseVector((1.0,))),
        (FLOAT, 0.1, struct.unpack("f", struct.pack("f", 0.1))[0]),
        (DATE, "today", "tomorrow"),
    ],
)
def test_other_values_are_coerced(type_, value, coerced):
    asked = []

    def coerce(given):
        asked.append(given)
        return coerced

    graph = Graph()
    column = graph.input(type_)
    score = assemble(
        kernels(), graph.nodes, graph.inputs, [("y", column)], ("x",), (coerce,), hand_over, hand_over
    )
    assert score({"x": value}) == {"y": coerced}
    assert asked == [value]


def test_a_float32_is_rounded_where_it_is_read():
    graph = Graph()
    output = graph.plus(graph.input(FLOAT), 0.0)
    score = assemble(
        kernels(), graph.nodes, graph.inputs, [("y", output)], ("x",), (hand_over,), hand_over, hand_over
    )
    for value in (0.1, 1e39, -1e39, 1e-46, -0.0, NAN):
        expected = numpy.float64(numpy.float32(value)) if abs(value) < 1e38 else math.copysign(INF, value)
        assert bits(score({"x": value})["y"]) == bits(float(expected) + 0.0 if value == value else NAN)


def test_rows_are_arranged_where_they_are_no_dict_of_the_inputs():
    asked = []

    def arrange(row):
        asked.append(row)
        return {"x0": 1.0, "x1": 2.0}

    score = plain(DOUBLE, DOUBLE, arrange=arrange)
    assert score({"x0": 3.0, "x1": 4.0}) == {"y0": 3.0, "y1": 4.0}
    assert asked == []
    for row in (
        {"x0": 1.0},
        {"x0": 1.0, "X1": 2.0},
        {"x0": 1.0, "x1": 2.0, "z": 0.0},
        [],
        None,
        {1: 2.0, 3: 4.0},
    ):
        assert score(row) == {"y0": 1.0, "y1": 2.0}
        assert asked.pop() is row


def test_a_value_that_waits_for_its_coercion_is_forgotten_where_another_row_is_read():
    score = plain(DOUBLE, DOUBLE, arrange=lambda row: {"x0": 1.0, "x1": 2.0})
    assert score({"x0": "not a number", "other": 2.0}) == {"y0": 1.0, "y1": 2.0}


def test_orders_of_keys_are_learnt():
    draw = random.Random(0)
    names = [f"x{index}" for index in range(20)]
    score = plain(*[DOUBLE] * 20)
    for _ in range(100):
        draw.shuffle(names)
        row = {name: float(name[1:]) for name in names}
        # Keys that are other objects than the names of the columns.
        row = {"".join(list(name)): value for name, value in row.items()}
        assert score(row) == {f"y{index}": float(index) for index in range(20)}


def test_keys_may_be_anything():
    class Key:
        def __hash__(self):
            raise RuntimeError

        def __eq__(self, other):
            raise RuntimeError

    class Same:
        def __hash__(self):
            return hash("x0")

        def __eq__(self, other):
            raise RuntimeError

    score = plain(DOUBLE, DOUBLE)
    with pytest.raises(HandedOverError):
        score({Same(): 1.0, 2: 3.0})
    with pytest.raises(HandedOverError):
        score({("x0",): 1.0, None: 3.0})


# --- calls --------------------------------------------------------------------------------------


def calling(function, **facts):
    graph = Graph()
    output = graph.call(function, graph.input(DOUBLE), **facts)
    return program_of(graph, [output, graph.plus(output, 1.0)] if facts.get("type") is DOUBLE else [output])[
        0
    ]


def test_programs_are_called_from_their_own_calls():
    def nested(x):
        return x if x < 1.0 else score({"x0": x - 1.0})["y0"] + score({"x0": x / 2.0})["y0"]

    score = calling(nested, type=DOUBLE)

    def plainly(x):
        return x if x < 1.0 else plainly(x - 1.0) + plainly(x / 2.0)

    assert score({"x0": 9.0})["y0"] == plainly(9.0)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_what_is_no_error_passes(error):
    def interrupted(x):
        raise error

    with pytest.raises(error):
        calling(interrupted)({"x0": 1.0})


def test_results_of_another_type_are_handed_over():
    for value in (1, True, "text", (1.0,), numpy.float64(1.0)):
        with pytest.raises(HandedOverError):
            calling(lambda x, value=value: value, type=DOUBLE)({"x0": 1.0})


def test_programs_take_one_row():
    score = plain(DOUBLE)
    for arguments, keywords in (((), {}), (({}, {}), {}), (({},), {"row": {}})):
        with pytest.raises(TypeError, match="expected a row"):
            score(*arguments, **keywords)


def test_threads_share_a_program():
    graph = Graph()
    x, word = graph.input(DOUBLE), graph.input(STRING)
    index = graph.lookup({"a": 0.0, "b": 1.0}, word, lambda value: 2.0)
    vector = graph.vector([Scalar(graph.known(x), x), OneHot(index, 3)], "4.1+")
    called = graph.call(lambda vector, index: (vector, index), vector, index)
    score, define = program_of(graph, [vector, called])
    rows = [{"x0": float(k % 7), "x1": "abc"[k % 3]} for k in range(50)]
    expected = [outcome(define, row) for row in rows]
    failures = []

    def work():
        for _ in range(40):
            failures.extend(
                row for row, one in zip(rows, expected, strict=True) if outcome(score, row) != one
            )

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# --- memory -------------------------------------------------------------------------------------


def test_nothing_leaks():
    draw = Draw(11)
    graphs = [Draw(seed).draw(25) for seed in range(12)]
    programs = [program_of(graph, outputs, fallback=lambda row: None)[0] for graph, outputs in graphs]
    draw.start()
    rows = [draw.row() for _ in range(40)]

    def work():
        for score in programs:
            for row in rows:
                score(row)

    work()
    gc.collect()
    # Vectors, which nobody else holds; None, which only a leak moves by much.
    values = [
        value for row in rows for value in row.values() if isinstance(value, DenseVector | SparseVector)
    ]
    nones = sys.getrefcount(None)
    before = [sys.getrefcount(value) for value in values]
    tracemalloc.start()
    work()
    gc.collect()
    first = tracemalloc.get_traced_memory()[0]
    for _ in range(5):
        work()
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - first
    tracemalloc.stop()
    assert grown < 4096
    assert [sys.getrefcount(value) for value in values] == before
    assert abs(sys.getrefcount(None) - nones) < 200


def test_cycles_are_collected():
    class Marked:
        pass

    def make():
        marked = Marked()
        holder = []
        graph = Graph()
        output = graph.call(lambda x: (marked, holder), graph.input(DOUBLE))
        score, _ = program_of(graph, [output], fallback=lambda row: holder)
        holder.append(score)
        return marked

    gc.collect()
    count = sum(isinstance(item, Marked) for item in gc.get_objects())
    for _ in range(10):
        make()
    gc.collect()
    assert sum(isinstance(item, Marked) for item in gc.get_objects()) == count
