"""The parser: the trees in which both Sparks read random expressions, statements, and hostile input."""

from __future__ import annotations

import json
import time

import pytest

from sparklet.profile import Profile
from sparklet.sql import Name, Refused, parse, parse_expression
from sparklet.sql.nodes import Call, Lambda, Literal, Path
from sparklet.sql.parser import Parser
from sparklet.sql.tokens import tokenize
from sparklet.types import DOUBLE, INTEGER, STRING
from tests.sql.test_expressions import ANSWERS, LINES
from tests.sql.trees import spark_text

# Spark takes NOT and ! for columns or functions of that name where no operator may stand.
AS_NAMES = ("NOT where a value is expected", "! where a value is expected", "not where a value is expected")


def read(text, release="4.1+"):
    parser = Parser(text, release)
    node = parser.expression()
    if parser.token.kind != "end":
        raise parser.unexpected("its end")
    return node


@pytest.mark.parametrize("line", LINES)
def test_as_spark_reads(line):
    release = Profile.of(line).release
    trees = json.loads((ANSWERS / line / "trees.json").read_text(encoding="utf-8"))
    wrong, read_count = [], 0
    for text, tree in trees.items():
        try:
            ours = spark_text(read(text, release), release)
        except Refused as error:
            ours = tree if str(error).endswith(AS_NAMES) else None
        else:
            read_count += tree is not None
        if ours != tree:
            wrong.append(f"{text}\n  Spark {tree}\n  here  {ours}")
    assert not wrong, "\n".join(wrong)
    assert read_count > 250


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("t.`a.b`.c", Path(("t", "a.b", "c"))),
        ("f(x => 1)", Call("f", (Call("=>", (Literal("x", STRING), Literal(1, INTEGER))),))),
        ("(x, y) -> y", Lambda(("x", "y"), Path(("y",)))),
        ("INTERVAL -1 DAY 2 HOURS",
         Call("interval", tuple(Literal(text, STRING) for text in ("-1", "day", "2", "hour")))),
        ("INTERVAL '1-2' YEAR TO MONTH",
         Call("interval", (Literal("1-2", STRING), Literal("year to month", STRING)))),
        ("interval + 1", Call("+", (Path(("interval",)), Literal(1, INTEGER)))),
        ("TRIM(BOTH FROM a)", Call("trim", (Path(("a",)),))),
        ("a LIKE ANY ('x', b)", Call("like_any", (Path(("a",)), Literal("x", STRING), Path(("b",))))),
        ("CAST(a AS STRUCT<b: INT, c ARRAY<DECIMAL(3, 1)>>)",
         Call("cast", (Path(("a",)),), "struct<b:int,c:array<decimal(3,1)>>")),
        ("DATEADD(DAY, 1, a)",
         Call("timestampadd", (Literal("DAY", STRING), Literal(1, INTEGER), Path(("a",))))),
        ("1.5D", Literal(1.5, DOUBLE)),
        ("2ndFloor", Path(("2ndFloor",))),
        ("a -- b\n/* c /* d */ e */ . b", Path(("a", "b"))),
    ],
)  # fmt: skip
def test_reads(text, node):
    assert read(text) == node


@pytest.mark.parametrize("name", ["order", "end", "limit", "left", "group", "table", "with", "filter", "row"])
def test_keywords_name_columns(name):
    assert parse(f"SELECT {name}, {name} AS {name}2 FROM __THIS__ WHERE {name} > 1").items[0].node == Name(
        name
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("\u00e9 + 1", "without backticks"),
        ("a IN (SELECT 1)", "IN with a subselect"),
        ("EXISTS (SELECT 1)", "EXISTS with a subselect"),
        ("a COLLATE x", "COLLATE"),
        ("f(DISTINCT a)", "DISTINCT in the function f"),
        ("sum(a) FILTER (WHERE b)", "FILTER"),
        ("a + ?", "a parameter"),
        ("a:b", "a path into a VARIANT"),
        ("a IS b", "NULL, TRUE"),
        ("128Y", "tinyint"),
        ("1e400BD", "the number"),
        ("'\\ud83d'", "the character"),
        ("`a", "the character '`'"),
        ("/* a", "a comment without end"),
        ("9" * 5000, "a number of more than 38 digits"),
    ],
)
def test_refused(text, named):
    with pytest.raises(Refused, match=named):
        read(text)


def test_a_statement_of_named_queries():
    plan = parse(
        "WITH t AS (SELECT a, b + 1 AS c FROM __THIS__), u AS (SELECT c FROM t WHERE a > 1) "
        "SELECT u.c AS d FROM u"
    )
    assert [item.name for item in plan.items] == ["d"]
    assert plan.items[0].node == parse_expression("b + 1")
    assert plan.where == (parse_expression("a > 1"),)
    with pytest.raises(Refused, match="the table u"):
        parse(
            "SELECT * FROM (WITH t AS (WITH u AS (SELECT a FROM __THIS__) SELECT a FROM u) SELECT a FROM u)"
        )
    with pytest.raises(Refused, match="the table t"):
        parse("WITH u AS (SELECT a FROM t), t AS (SELECT a FROM __THIS__) SELECT a FROM u")


HOSTILE = {
    "parentheses": "(" * 50_000,
    "unclosed calls": "f(" * 50_000,
    "minus": "- " * 50_000 + "a",
    "not": "NOT " * 50_000 + "a",
    "sums": "a" + " + a" * 50_000,
    "or": "a" + " OR a" * 50_000,
    "case": "CASE WHEN " * 50_000,
    "lambda": "x -> " * 50_000 + "x",
    "index": "a" + "[0]" * 50_000,
    "cast": "a" + "::int" * 50_000,
    "types": "CAST(a AS " + "array<" * 50_000,
    "comments": "/*" * 50_000,
    "quotes": "'" * 99_999,
    "shifts": "a" + " >> 1" * 50_000,
    "names": "a." * 50_000 + "a",
    "operators": "a " + "= b | c ^ d & e << f + g * h " * 10_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_statements_are_refused_in_linear_time(kind):
    started = time.perf_counter()
    with pytest.raises(Refused):
        parse(f"SELECT {HOSTILE[kind]} AS x FROM __THIS__ WHERE")
    assert time.perf_counter() - started < 10


def test_tokens_take_linear_time():
    times = []
    for count in (1_000, 10_000):
        statement = "SELECT a, 'b', 1.5, `c d`, /* e */ f(g) AS h -- i\n, " * count
        started = time.perf_counter()
        tokenize(statement, release="4.1+")
        times.append(time.perf_counter() - started)
    assert times[1] < 40 * times[0]
