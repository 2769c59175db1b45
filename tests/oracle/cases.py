"""Parity cases: a recipe that makes a model with Spark, typed columns, and the rows to score.

A family states what the cases of one class share; each case is one line above the recipe:

    strings = Family("org.apache.spark.ml.feature.StringIndexerModel", city=text("SF", "LA"))

    @strings.case("default")
    @strings.case("keep", handleInvalid="keep")
    def indexer(spark, **params):
        return StringIndexer(inputCol="city", outputCol="i", **params).fit(...)

Rows need no writing: a `Field` knows the plain values of its column, the hostile ones (null, NaN,
infinities, -0.0, unseen, empty, unicode, vectors of the wrong size ...) and how to draw random ones. A case's
rows are a few plain rows, then one row for each hostile value of each column, then the family's `extra` rows.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sparklet.linalg import DenseVector, SparseVector
from sparklet.same import Slack

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = [
    "Case",
    "Exactness",
    "Family",
    "Field",
    "array",
    "boolean",
    "cases",
    "dates",
    "decimal",
    "float32",
    "integer",
    "number",
    "text",
    "timestamps",
    "tokens",
    "vector",
]

Exactness = Literal["structural", "dot", "transcendental"]
_INF, _NAN = float("inf"), float("nan")


@dataclass(frozen=True)
class Field:
    """Describe one input column: its Spark type, some plain values, all hostile ones, and a random draw."""

    type: str
    plain: Sequence[Any]
    hostile: Sequence[Any]
    draw: Callable[[Random], Any]

    def but(self, *, hostile: Iterable[Any]) -> Field:
        """Return the field with other hostile values."""
        return Field(self.type, self.plain, tuple(hostile), self.draw)

    def also(self, *hostile: Any) -> Field:
        """Return the field with further hostile values."""
        return self.but(hostile=(*self.hostile, *hostile))


_HOSTILE_DOUBLES = (
    None,
    _NAN,
    _INF,
    -_INF,
    -0.0,
    0.0,
    5e-324,
    1.7976931348623157e308,
    -1e300,
    0.1,
    123456789.125,
)
_HOSTILE_TEXTS: tuple[str | None, ...] = (
    None,
    "",
    " ",
    "unseen",
    "1.0",
    "NaN",
    "null",
    "\u00e9",
    "e\u0301",
    "\u0130I\u0131",
    "\U0001f600",
)
_HOSTILE_TEXTS += ("a\tb\n", "nul\x00", "'\"\\`${}", "x" * 300)


def number(*plain: float, low: float = -10.0, high: float = 10.0) -> Field:
    """Return a double column; its random values lie in [low, high], or are one of `plain`."""

    def draw(rng: Random) -> float:
        return rng.choice(plain) if plain and rng.random() < 0.3 else rng.uniform(low, high)

    return Field("double", plain or (1.5, low, high / 3), _HOSTILE_DOUBLES, draw)


def float32(*plain: float) -> Field:
    """Return a float column; its values are doubles that a float32 holds exactly."""
    hostile = (
        None,
        _NAN,
        _INF,
        -_INF,
        -0.0,
        1.401298464324817e-45,
        3.4028234663852886e38,
        0.10000000149011612,
    )
    return Field("float", plain or (0.5, -3.25, 100.0), hostile, lambda rng: rng.randint(-4000, 4000) / 32)


def integer(*plain: int, type: str = "int", low: int = -100, high: int = 100) -> Field:
    """Return a column of an integer type: tinyint, smallint, int or bigint."""
    bits = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}[type]
    hostile = (None, 0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)))

    def draw(rng: Random) -> int:
        return rng.choice(plain) if plain and rng.random() < 0.5 else rng.randint(low, high)

    return Field(type, plain or (1, 2, 7), hostile, draw)


def boolean() -> Field:
    """Return a boolean column."""
    return Field("boolean", (True, False), (None,), lambda rng: rng.random() < 0.5)


def decimal(*plain: str, type: str = "decimal(10,2)") -> Field:
    """Return a decimal column."""
    values = [Decimal(value) for value in plain or ("1.50", "-20.00", "0.00")]
    return Field(
        type, values, (None, Decimal("99999999.99"), Decimal("-0.01")), lambda rng: rng.choice(values)
    )


def dates() -> Field:
    """Return a date column."""
    values = [date(2024, 2, 29), date(1999, 12, 31), date(1970, 1, 1)]
    return Field("date", values, (None, date(1, 1, 1), date(9999, 12, 31)), lambda rng: rng.choice(values))


def timestamps() -> Field:
    """Return a timestamp column, in UTC."""
    values = [datetime(2024, 2, 29, 12, 30, 15), datetime(1999, 12, 31, 23, 59, 59, 120000)]
    return Field("timestamp", values, (None, datetime(1970, 1, 1)), lambda rng: rng.choice(values))


def text(*plain: str, hostile: Sequence[str | None] = _HOSTILE_TEXTS) -> Field:
    """Return a string column whose plain values are those the model was fitted on."""
    return Field("string", plain, hostile, lambda rng: rng.choice(plain))


def array(element: str, plain: Sequence[Any], hostile: Sequence[Any], draw: Callable[[Random], Any]) -> Field:
    """Return an array column, e.g. `array("int", ([1, 2],), ([], None), lambda rng: [rng.randint(0, 9)])`."""
    return Field(f"array<{element}>", plain, hostile, draw)


def tokens(*words: str) -> Field:
    """Return an array<string> column of the given words: repeated, unknown, null, empty, none at all."""
    cased: list[str | None]
    plain = (list(words), [words[0]] * 3 + list(words[1:2]), list(words[:2]) + ["unseen"] * 2)
    cased = [words[0].upper(), words[-1].title(), "\u0130", "I", "\u0131", "i"]
    hostile: tuple[list[str | None] | None, ...] = (
        None,
        [],
        [None],
        [""],
        [words[0], None, words[-1]],
        ["unseen"],
        ["\u00e9", "e\u0301", "\U0001f600"],
    )
    hostile += (cased, [words[0]] * 50, [" " + words[0]])
    return array("string", plain, hostile, lambda rng: rng.choices([*words, "unseen"], k=rng.randint(0, 12)))


def vector(
    size: int, *plain: Sequence[float], low: float = -5.0, high: float = 5.0, whole: bool = False
) -> Field:
    """Return a vector column, dense and sparse; `whole` draws whole numbers, as of categories."""

    def value(rng: Random) -> float:
        return float(rng.randint(int(low), int(high))) if whole else rng.uniform(low, high)

    def dense(values: Iterable[float]) -> DenseVector:
        return DenseVector(tuple(values))

    def sparse(size: int, indices: Iterable[int], values: Iterable[float]) -> SparseVector:
        return SparseVector(size, tuple(indices), tuple(values))

    def draw(rng: Random) -> DenseVector | SparseVector:
        values = [value(rng) if rng.random() < 0.8 else 0.0 for _ in range(size)]
        if rng.random() < 0.5:
            return dense(values)
        kept = sorted(rng.sample(range(size), rng.randint(0, size)))
        return sparse(size, kept, [values[index] for index in kept])

    rng = Random(size)
    some = [list(map(float, values)) for values in plain] or [
        [value(rng) for _ in range(size)] for _ in range(2)
    ]
    odd = range(0, size, 2)
    usual: list[DenseVector | SparseVector] = [dense(values) for values in some]
    usual += [sparse(size, odd, [values[index] for index in odd]) for values in some]
    first = some[0]

    def with_at(position: int, odd_value: float) -> list[float]:
        return [odd_value if index == position else item for index, item in enumerate(first)]

    hostile: list[DenseVector | SparseVector | None] = [
        None,
        dense([0.0] * size),
        dense([-0.0] * size),
        sparse(size, [], []),
        sparse(size, range(size), first),
        sparse(size, [0], [0.0]),
        sparse(size, [size - 1], [-0.0]),
        *(sparse(size, [size - 1], [odd_value]) for odd_value in (_NAN, _INF, -_INF)),
        *(dense(with_at(0, odd_value)) for odd_value in (_NAN, _INF, -_INF, 1e300, 5e-324)),
        dense(with_at(size - 1, _NAN)),
        dense([_NAN] * size),
        dense([-1e300] * size),
        dense([*first, 1.0]),
        sparse(size + 1, [size], [2.0]),
    ]
    if size > 1:
        hostile += [dense(first[:-1]), dense([_INF, -_INF, *first[2:]]), sparse(size - 1, [0], [1.0])]
    return Field("vector", usual, hostile, draw)


def _definition(function: Callable[..., Any]) -> str:
    """Return the text of a function without its decorators, which are the other cases of a family."""
    lines = textwrap.dedent(inspect.getsource(function)).strip().splitlines()
    start = next((number for number, line in enumerate(lines) if line.startswith("def ")), 0)
    return "\n".join(lines[start:])


@dataclass(frozen=True, eq=False)
class Case:
    """State one golden case: which class, made how, scored on what, and how exactly it must agree.

    `recipe(spark, **params)` returns a fitted model or transformer, or the path of a saved (old, or edited)
    model folder, which is then taken as it is. `replaced` names input columns that the model overwrites,
    from the line `replaced_since` on; `unordered` names array columns whose order Spark leaves to chance.
    `ulps`, `of` and `inexact` (its columns) are the `Slack` of the case, of which `reason` is the cause.
    """

    className: str
    name: str
    recipe: Callable[..., Any]
    params: Mapping[str, Any]
    fields: Mapping[str, Field]
    extra: Sequence[Mapping[str, Any]] = ()
    replaced: tuple[str, ...] = ()
    exactness: Exactness = "structural"
    ulps: int = 0
    of: Literal["value", "one", "vector"] = "value"
    inexact: tuple[str, ...] = ()
    reason: str = ""
    since: tuple[int, int] = (3, 5)
    hostile: bool = True
    replaced_since: tuple[int, int] = (3, 5)
    unordered: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.ulps and not self.reason:
            raise ValueError(f"{self.id}: ulps={self.ulps} needs its reason")

    @property
    def stage(self) -> str:
        """Return the class name without its package."""
        return self.className.rpartition(".")[2]

    @property
    def slack(self) -> Slack:
        """Return how far the floats of which columns may be off."""
        return Slack(self.ulps, self.of, self.inexact)

    @property
    def id(self) -> str:
        """Return `Stage-case`, as test ids show it."""
        return f"{self.stage}-{self.name}"

    @property
    def settings(self) -> dict[str, str]:
        """Return what the recipe is called with, as text: functions by their names."""
        return {name: getattr(value, "__name__", repr(value)) for name, value in self.params.items()}

    @property
    def schema(self) -> dict[str, str]:
        """Return column name -> Spark type of the input rows."""
        return {name: column.type for name, column in self.fields.items()}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the plain rows, one row for each hostile value, and the extra rows."""
        longest = max((len(column.plain) for column in self.fields.values()), default=1)
        plain = [
            {name: column.plain[position % len(column.plain)] for name, column in self.fields.items()}
            for position in range(longest)
        ]
        odd = [
            {**plain[position % longest], name: value}
            for name, column in self.fields.items()
            for position, value in enumerate(column.hostile)
            if self.hostile
        ]
        return plain + odd + [{**plain[0], **row} for row in self.extra]

    def random_row(self, rng: Random, hostility: float = 0.03) -> dict[str, Any]:
        """Draw a row; each value is a hostile one with probability `hostility`."""
        return {
            name: rng.choice(column.hostile)
            if column.hostile and rng.random() < hostility
            else column.draw(rng)
            for name, column in self.fields.items()
        }

    def random_rows(self, count: int, seed: int = 0) -> list[dict[str, Any]]:
        """Draw `count` rows, always the same for a seed; the first is a plain one."""
        return list(islice(self.endless_rows(seed), count))

    def endless_rows(self, seed: int = 0) -> Iterator[dict[str, Any]]:
        """Draw the rows of `random_rows` without end."""
        rng = Random(f"{self.id}-{seed}")
        yield self.random_row(rng, 0.0)
        while True:
            yield self.random_row(rng)

    @cached_property
    def source(self) -> str:
        """Return the recipe as PySpark text, with the helpers that it calls, to be kept beside the golden."""
        recipe = inspect.unwrap(self.recipe)
        package = recipe.__module__.rpartition(".")[0]
        helpers: list[Callable[..., Any]] = []
        for name in recipe.__code__.co_names:
            helper = recipe.__globals__.get(name)
            if inspect.isfunction(helper) and package and helper.__module__.startswith(package):
                helpers.append(helper)
        return "\n\n\n".join(_definition(item) for item in [*helpers, recipe])

    def make(self, spark: SparkSession) -> Any:
        """Run the recipe."""
        return self.recipe(spark, **self.params)


_CASES: dict[str, Case] = {}


def cases() -> list[Case]:
    """Return every case registered so far, in order."""
    return list(_CASES.values())


@dataclass(frozen=True)
class Family:
    """Hold what the cases of one class share; keyword arguments that are `Field`s are the input columns."""

    className: str
    fields: Mapping[str, Field]
    shared: Mapping[str, Any] = field(default_factory=dict)
    _FACTS: ClassVar = (
        "extra",
        "replaced",
        "exactness",
        "ulps",
        "of",
        "inexact",
        "reason",
        "since",
        "hostile",
        "replaced_since",
        "unordered",
    )

    def __init__(
        self, className: str, /, *, columns: Mapping[str, Field] | None = None, **shared: Any
    ) -> None:
        fields = {name: value for name, value in shared.items() if isinstance(value, Field)}
        object.__setattr__(self, "className", className)
        object.__setattr__(self, "fields", {**(columns or {}), **fields})
        object.__setattr__(
            self, "shared", {name: value for name, value in shared.items() if name not in fields}
        )

    def case(
        self, name: str, /, *, columns: Mapping[str, Field] | None = None, **params: Any
    ) -> Callable[..., Any]:
        """Register the decorated recipe as a case.

        Keyword arguments named as a fact of `Case` (ulps, since, extra ...) set it, `Field`s add or replace
        input columns, and the rest is passed to the recipe.
        """
        facts = {**self.shared, **{key: value for key, value in params.items() if key in self._FACTS}}
        fields = {
            **self.fields,
            **(columns or {}),
            **{k: v for k, v in params.items() if isinstance(v, Field)},
        }
        given = {k: v for k, v in params.items() if k not in self._FACTS and not isinstance(v, Field)}

        def register(recipe: Callable[..., Any]) -> Callable[..., Any]:
            made = Case(
                className=self.className, name=name, recipe=recipe, params=given, fields=fields, **facts
            )
            if made.id in _CASES:
                raise ValueError(f"two cases are called {made.id}")
            _CASES[made.id] = made
            return recipe

        return register
