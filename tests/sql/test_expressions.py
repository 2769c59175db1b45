"""Every listed expression on hostile rows: Spark's type, Spark's value, Spark's error, under both lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sparklet.columns import Column, fold, holds_instants, inward
from sparklet.errors import SparkletError
from sparklet.profile import Profile
from sparklet.sql import Compiled, Refused, compile_node, listed, parse
from sparklet.sql.moments import MOMENTS
from sparklet.sql.nodes import Call, walk
from sparklet.sql.parser import Parser
from sparklet.testing import differences
from sparklet.types import parse_type
from tests.oracle.encoding import decode
from tests.sql.asked import TABLES
from tests.sql.tables import REFUSED, Table
from tests.sql.zones import ZONES

ANSWERS = Path(__file__).with_name("answers")
LINES = ("3.5", "4.3")
# Rows that sparklet refuses by design: years that Python does not have, maps with a key twice, and malformed
# JSON of which Spark reads more or less by the fields that a query uses.
LIMITS = ("that Python holds", "malformed JSON inside an object", "of which no map is made")


def load(table: Table, line: str) -> dict[str, Any]:
    answers: dict[str, Any] = json.loads((ANSWERS / line / f"{table.name}.json").read_text(encoding="utf-8"))
    return answers


def problems(table: Table, line: str, expression: str, answer: dict[str, Any]) -> list[str]:
    """Return what differs from Spark's answer for one expression, or that a refused one is compiled."""
    found = differing(table, line, expression, answer)
    if (table.name, expression) not in REFUSED or "refused" in answer:
        return found
    return [] if found and found[0].startswith("refused") else ["compiled, though listed as refused"]


def differing(table: Table, line: str, expression: str, answer: dict[str, Any]) -> list[str]:
    """Return what differs from Spark's answer for one expression."""
    columns = {name: Column(name, parse_type(type), origin="schema") for name, type in table.schema.items()}
    profile = Profile.of(line).with_(timezone=table.timezone)
    try:
        (item,) = parse(f"SELECT {expression} FROM __THIS__", release=profile.release).items
        name = item.name
    except Refused as error:
        if "without a name" not in str(error):
            return [] if "refused" in answer else [f"refused: {error}"]
        (item,) = parse(f"SELECT {expression} AS x FROM __THIS__", release=profile.release).items
        name = None
    try:
        compiled = compile_node(item.node, lambda name: _column(columns, name), profile)
    except Refused as error:
        return [] if "refused" in answer else [f"refused: {error}"]
    # What Spark refuses to plan may also fail on every row here: no row has an answer either way.
    if "refused" in answer and not all(_fails(compiled, row) for row in table.rows):
        return [f"Spark refuses it ({answer['refused']}), compiled as {compiled.type}"]
    if "fails" in answer and not all(_fails(compiled, row) for row in table.rows):
        return [f"Spark: {answer['fails']}"]
    if "values" not in answer:
        return []
    found = []
    if str(compiled.type) != answer["type"]:
        found.append(f"Spark gives {answer['type']}, compiled as {compiled.type}")
    if name is not None and name != answer["name"] and not (item.unnamed and compiled.retold):
        found.append(f"Spark calls it {answer['name']}, not {name}")
    for row, value in zip(table.rows, answer["values"], strict=True):
        inputs = [row[column.name] for column in compiled.inputs]
        failed = isinstance(value, dict) and list(value) == ["error"]
        expected = value if failed else decode(value)
        try:
            actual: Any = compiled.function(*inputs)
            if holds_instants(compiled.type):
                actual = inward(compiled.type, profile.zone)(actual)
        except SparkletError as error:
            actual = error
        except Exception as error:
            found.append(f"{inputs}: {error!r}")
            continue
        if failed or isinstance(actual, SparkletError):
            if any(limit in str(actual) for limit in LIMITS):
                continue
            if failed != isinstance(actual, SparkletError):
                found.append(f"{inputs}: Spark {expected!r}, sparklet {actual!r}")
        else:
            found += [f"{inputs}: {what}" for _, what in differences(expected, actual, ulps=table.ulps)]
    return found


def _column(columns: dict[str, Column], name: str) -> Column:
    folded = {fold(each): column for each, column in columns.items()}
    if fold(name) not in folded:
        raise Refused(f"the column {name}")
    return folded[fold(name)]


def _fails(compiled: Compiled, row: dict[str, Any]) -> bool:
    try:
        compiled.function(*[row[column.name] for column in compiled.inputs])
    except SparkletError:
        return True
    return False


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("table", [*TABLES, *ZONES], ids=lambda table: table.name)
def test_as_spark_answers(table: Table, line: str) -> None:
    answers = load(table, line)
    assert list(answers) == list(table.expressions), "the answers are of other expressions: run generate.py"
    found = {
        expression: problem
        for expression, answer in answers.items()
        if (problem := problems(table, line, expression, answer))
    }
    shown = [f"{expression}: {problem[0]} ({len(problem)})" for expression, problem in found.items()]
    assert not found, f"{len(found)} of {len(answers)} differ\n" + "\n".join(shown)


def test_every_listed_function_is_asked() -> None:
    asked: set[str] = set()
    for table in [*TABLES, *ZONES]:
        for expression in table.expressions:
            asked |= {
                node.name for node in walk(Parser(expression, "4.1+").expression()) if isinstance(node, Call)
            }
    # What has no answer to keep is in test_moments.py.
    assert set(listed()) - MOMENTS <= asked
