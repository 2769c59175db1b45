"""Random expressions from the listed ones: in place of a column stands another expression of its type."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.sql.asked import TABLES
from tests.sql.tables import REFUSED, Table

ANSWERS = Path(__file__).with_name("answers")
# Compared alone: the last bit of the first may differ, which what is computed from them would magnify; the
# parameters of lambda functions are no columns, in whose place another expression may stand.
LEFT_OUT = ("transcendental", "areas", "lambdas")
TOKEN = re.compile(
    r"'(?:[^'\\]|\\.)*'|\"[^\"]*\"|`[^`]*`|[0-9][0-9A-Za-z.]*|[A-Za-z_]\w*(?=\s*\()|[A-Za-z_]\w*|."
)


class Grammar:
    """What expressions there are of each type, on one Spark line, and columns that hold all values asked."""

    def __init__(self, line: str) -> None:
        self._templates: list[tuple[Table, str]] = []
        self._by_type: dict[str, list[tuple[Table, str]]] = defaultdict(list)
        for table in TABLES:
            answers = json.loads((ANSWERS / line / f"{table.name}.json").read_text(encoding="utf-8"))
            for expression, answer in answers.items():
                refused = "values" not in answer or (table.name, expression) in REFUSED
                if not refused and table.name not in LEFT_OUT:
                    self._templates.append((table, expression))
                    self._by_type[answer["type"]].append((table, expression))

    @cached_property
    def columns(self) -> dict[str, tuple[str, list[Any]]]:
        """Return one column for each list of values in the tables, called `c0`, `c1` ..."""
        found: list[tuple[str, list[Any]]] = []
        for table in TABLES:
            for column in table.columns.values():
                if not any(column[0] == type and repr(column[1]) == repr(values) for type, values in found):
                    found.append(column)
        return {f"c{place}": column for place, column in enumerate(found)}

    def table(self, count: int, seed: int = 0, depth: int = 2) -> Table:
        """Return a table of `count` random expressions."""
        rng = random.Random(f"compositions-{seed}")
        made: dict[str, None] = {}
        while len(made) < count:
            made.setdefault(self._filled(rng, *rng.choice(self._templates), depth))
        return Table("compositions", self.columns, tuple(made))

    def _filled(self, rng: random.Random, table: Table, expression: str, depth: int) -> str:
        parts = []
        for match in TOKEN.finditer(expression):
            token = match.group()
            called = expression[match.end() :].lstrip().startswith("(")
            column = None if called else table.columns.get(token)
            parts.append(token if column is None else self._operand(rng, column, depth))
        return "".join(parts)

    def _operand(self, rng: random.Random, column: tuple[str, list[Any]], depth: int) -> str:
        type, values = column
        templates = self._by_type[type]
        if depth > 1 and templates and rng.random() < 0.6:
            return f"({self._filled(rng, *rng.choice(templates), depth - 1)})"
        alike = [name for name, other in self.columns.items() if other[0] == type]
        same = [name for name in alike if repr(self.columns[name][1]) == repr(values)]
        return rng.choice(same if rng.random() < 0.7 else alike)
