"""Ask a live Spark what every expression of the tables gives, and keep the answers.

    PYTHONPATH=src python tests/sql/generate.py [table ...]

Expressions that have an answer already are not asked again: delete the file of a table whose rows changed.
Each expression is compiled by Spark's own code generation and called row by row, so that an error concerns
one row and no job is started. Run it once with each Spark line that is kept.
"""

from __future__ import annotations

import json
import logging
import struct
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Context, Decimal
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

from sparklet.testing.spark import SparkFailure, spark_session, to_frame  # noqa: E402
from sparklet.types import BINARY, ArrayType, DataType, DecimalType, MapType, StructType, parse_json  # noqa: E402
from tests.oracle.encoding import encode  # noqa: E402 - the path above is what makes tests importable
from tests.sql.asked import TABLES  # noqa: E402
from tests.sql.tables import Table  # noqa: E402
from tests.sql.trees import random_expressions  # noqa: E402
from tests.sql.zones import ZONES  # noqa: E402

CHUNK = 12


class Oracle:
    """A live Spark that evaluates expressions on the rows of a table."""

    def __init__(self, spark: Any, table: Table) -> None:
        self._spark = spark
        spark.conf.set("spark.sql.session.timeZone", table.timezone)
        # PySpark 4 would log each error, of which there are thousands, with its stack.
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        jvm = spark.sparkContext._jvm
        self._catalyst = jvm.org.apache.spark.sql.catalyst
        self._identity = getattr(getattr(jvm.scala, "Predef$"), "MODULE$").__getattr__("$conforms")()
        self._seq = jvm.PythonUtils.toSeq
        self.frame = to_frame(spark, table.rows, table.schema)
        self.frame.createOrReplaceTempView("rows")
        convert = self._catalyst.CatalystTypeConverters.createToCatalystConverter(self.frame._jdf.schema())
        self._rows = [convert.apply(row) for row in self.frame._jdf.collectAsList()]

    def ask(self, expressions: Sequence[str]) -> list[dict[str, Any]]:
        """Return for each expression type, name and values.

        Or the error with which Spark refuses it (`refused`), or fails on any rows (`fails`).
        """
        if len(expressions) > CHUNK:
            chunks = [expressions[at : at + CHUNK] for at in range(0, len(expressions), CHUNK)]
            return [answer for chunk in chunks for answer in self.ask(chunk)]
        try:
            selected = self._spark.sql(f"SELECT {', '.join(expressions)} FROM rows")
        except Exception as exception:
            return self._halves(expressions, "refused", exception)
        try:
            *before, (found, output) = self._projects(selected._jdf.queryExecution().optimizedPlan())
            if before and len(expressions) > 1:
                # What is needed more than once is computed first: an error there concerns them all.
                return self._halves(expressions, "fails", ValueError())
            every = self._projection([*before, (found, output)])
        except Exception as exception:
            return self._halves(expressions, "fails", exception)
        kinds = [parse_json(field.dataType.json()) for field in selected.schema.fields]
        single: dict[int, Any] = {}
        values: list[list[Any]] = [[] for _ in kinds]
        for row in self._rows:
            try:
                answers = [_encoded(value) for value in decode_row(bytes(every.apply(row).getBytes()), kinds)]
            except Exception:
                answers = []
                for at, kind in enumerate(kinds):
                    if at not in single:
                        single[at] = self._projection([*before, (self._seq([found.apply(at)]), output)])
                    answers.append(self._value(single[at], row, kind))
            for each, value in zip(values, answers, strict=True):
                each.append(value)
        return [
            {"type": field.dataType.simpleString(), "name": field.name, "values": each}
            for field, each in zip(selected.schema.fields, values, strict=True)
        ]

    def _halves(self, expressions: Sequence[str], what: str, exception: Exception) -> list[dict[str, Any]]:
        """Say that the one expression is refused, or ask each half of several."""
        if len(expressions) == 1:
            return [{what: SparkFailure.of(exception).error[:120]}]
        middle = len(expressions) // 2
        return self.ask(expressions[:middle]) + self.ask(expressions[middle:])

    def _projects(self, plan: Any) -> list[tuple[Any, Any]]:
        """Return for each projection of a plan, from the rows up, its expressions and what they read."""
        if plan.getClass().getSimpleName() == "LogicalRDD":
            return [(plan.output(), plan.output())]
        below = self._projects(plan.child()) if plan.child().getClass().getSimpleName() == "Project" else []
        return [*below, (plan.projectList(), plan.child().output())]

    def _projection(self, projects: Sequence[tuple[Any, Any]]) -> Any:
        # Generated classes share one name, for which py4j keeps the method of the first: so call a lambda.
        composed = self._identity
        for expressions, output in reversed(projects):
            composed = self._catalyst.expressions.UnsafeProjection.create(expressions, output).andThen(
                composed
            )
        return composed

    def _value(self, projection: Any, row: Any, kind: DataType) -> Any:
        try:
            result = bytes(projection.apply(row).getBytes())
        except Exception as exception:
            return {"error": SparkFailure.of(exception).error[:60]}
        return _encoded(decode_row(result, [kind])[0])


def _encoded(value: Any) -> Any:
    return value if value is BEYOND else encode(value)


BEYOND = {"error": "a date that Python does not hold"}
WIDTHS = {"double": "<d", "float": "<f", "int": "<i", "date": "<i", "bigint": "<q", "timestamp": "<q",
          "timestamp_ntz": "<q",
          "smallint": "<h", "tinyint": "<b", "boolean": "<?", "void": "<b"}  # fmt: skip


def decode_row(data: bytes, kinds: Sequence[DataType]) -> list[Any]:
    """Return the values of an UnsafeRow: null bits, eight bytes a field, then what did not fit in these."""
    start = (len(kinds) + 63) // 64 * 8
    return [
        None if data[at >> 3] >> (at & 7) & 1 else _field(data, start + at * 8, kind)
        for at, kind in enumerate(kinds)
    ]


def _field(data: bytes, at: int, kind: DataType) -> Any:
    name = str(kind)
    if name in WIDTHS:
        return _converted(struct.unpack_from(WIDTHS[name], data, at)[0], name)
    word = struct.unpack_from("<q", data, at)[0]
    if isinstance(kind, DecimalType):
        if kind.precision > 18:
            word = int.from_bytes(_part(data, word), "big", signed=True)
        return Decimal(word).scaleb(-kind.scale, Context(prec=40))
    part = _part(data, word)
    match kind:
        case ArrayType(element):
            return _array(part, element)
        case StructType(fields):
            values = decode_row(part, [field.dataType for field in fields])
            return Row(zip([field.name for field in fields], values, strict=True))
        case MapType(key, value):
            (size,) = struct.unpack_from("<q", part, 0)
            keys, values = _array(part[8 : 8 + size], key), _array(part[8 + size :], value)
            # A key that is an array is no key of a dict.
            return dict(zip([tuple(k) if isinstance(k, list) else k for k in keys], values, strict=True))
    return part if kind == BINARY else part.decode()


class Row(dict[str, Any]):
    """The fields of a struct, which `encode` tells from a map by the name of the class."""

    asDict = dict.copy


def _part(data: bytes, word: int) -> bytes:
    return data[word >> 32 : (word >> 32) + (word & 0xFFFFFFFF)]


def _array(data: bytes, kind: DataType) -> list[Any]:
    (count,) = struct.unpack_from("<q", data, 0)
    start = 8 + (count + 63) // 64 * 8
    width = struct.calcsize(WIDTHS.get(str(kind), "<q"))
    return [
        None if data[8 + (at >> 3)] >> (at & 7) & 1 else _field(data, start + at * width, kind)
        for at in range(count)
    ]


def _converted(value: Any, kind: str) -> Any:
    try:
        if kind == "date":
            return date(1970, 1, 1) + timedelta(days=value)
        if kind.startswith("timestamp"):
            return datetime(1970, 1, 1) + timedelta(microseconds=value)
    except OverflowError:
        return BEYOND
    return value


def write_trees(spark: Any, path: Path) -> None:
    """Write how Spark's parser reads each random expression, null where it refuses it."""
    parser = spark._jsparkSession.sessionState().sqlParser()
    trees: dict[str, str | None] = {}
    for expression in random_expressions(700):
        try:
            trees[expression] = parser.parseExpression(expression).toString()
        except Exception:
            trees[expression] = None
    path.write_text(json.dumps(trees, indent=0) + "\n", encoding="utf-8")


def write_functions(spark: Any, path: Path) -> None:
    """Write the group of every function in Spark's registry, by name."""
    registry = spark._jvm.org.apache.spark.sql.catalyst.analysis
    builtin = getattr(getattr(registry, "FunctionRegistry$"), "MODULE$").builtin()
    names = builtin.listFunction().iterator()
    groups: dict[str, str] = {}
    while names.hasNext():
        name = names.next()
        groups[name.funcName()] = builtin.lookupFunction(name).get().getGroup()
    path.write_text(json.dumps(dict(sorted(groups.items())), indent=0) + "\n", encoding="utf-8")


def main() -> None:
    """Write answers/<line>/<table>.json for the tables named, or for all, and what the parser reads."""
    spark = spark_session()
    line = ".".join(spark.version.split(".")[:2])
    if not sys.argv[1:] or "trees" in sys.argv[1:]:
        logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
        write_trees(spark, HERE / "answers" / line / "trees.json")
    if not sys.argv[1:] or "functions" in sys.argv[1:]:
        write_functions(spark, HERE / "answers" / line / "functions.json")
    for table in [*TABLES, *ZONES]:
        if sys.argv[1:] and table.name not in sys.argv[1:]:
            continue
        path = HERE / "answers" / line / f"{table.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        asked = [expression for expression in table.expressions if expression not in known]
        if asked:
            known |= zip(asked, Oracle(spark, table).ask(asked), strict=True)
        answers = {expression: known[expression] for expression in table.expressions}
        lines = [f"{json.dumps(expression)}: {json.dumps(answer)}" for expression, answer in answers.items()]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        print(line, table.name, len(answers), f"({len(asked)} asked)", flush=True)
    spark.stop()


if __name__ == "__main__":
    main()
