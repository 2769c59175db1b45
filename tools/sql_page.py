"""Write docs/sql.md from the table of functions: every expression of SQLTransformer that is compiled.

    PYTHONPATH=src:. python tools/sql_page.py

Nobody edits that page: register a function and run this again.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from sparklet.sql import listed  # noqa: E402 - the path above makes the checkout importable
from sparklet.sql.functions import functions  # noqa: E402
from sparklet.sql.unlisted import reason_of  # noqa: E402

PAGE = ROOT / "docs" / "sql.md"
KINDS = {
    "n": "number",
    "s": "string",
    "b": "boolean",
    "d": "date",
    "t": "timestamp",
    "a": "array",
    "f": "function",
    "=": "same",
    ".": "any",
}
# How Spark writes those that are no calls.
WRITTEN = {
    "[]": "array[number]",
    "between": "same BETWEEN same AND same",
    "btrim_of": "TRIM(BOTH string FROM string)",
    "case": "CASE [same] WHEN ... THEN same [ELSE same] END",
    "cast": "CAST(any AS type), any::type",
    "extract": "EXTRACT(field FROM date)",
    "ilike": "string [NOT] ILIKE string [ESCAPE string]",
    "in": "same [NOT] IN (same, ...)",
    "interval": "INTERVAL number unit ..., INTERVAL 'text' [unit TO unit], beside + - * / < =, in EXTRACT",
    "isnotnull": "any IS NOT NULL, isnotnull(any)",
    "isnull": "any IS NULL, isnull(any)",
    "timestampadd": "TIMESTAMPADD(unit, number, time)",
    "timestampdiff": "TIMESTAMPDIFF(unit, time, time)",
    "like": "string [NOT] LIKE string [ESCAPE string]",
    "ltrim_of": "TRIM(LEADING string FROM string)",
    "not": "NOT boolean, ! boolean",
    "position": "POSITION(string IN string), position(string, string)",
    "regexp": "string REGEXP string, regexp(string, string)",
    "~": "~ number",
    **{
        f"{negation}{word}_{quantifier}": (
            f"string {negation.replace('_', ' ').upper()}{word.upper()} {quantifier.upper()} (string, ...)"
        )
        for negation in ("", "not_")
        for word in ("like", "ilike")
        for quantifier in ("any", "all")
    },
    "rlike": "string RLIKE string, rlike(string, string)",
    "rtrim_of": "TRIM(TRAILING string FROM string)",
    "struct": "struct(any, ...), (any, any, ...)",
    "arrays_zip": "arrays_zip(array, ...)",
    "try_cast": "TRY_CAST(any AS type)",
    "typed_date": "DATE 'text'",
    "typed_timestamp": "TIMESTAMP 'text'",
    "typed_x": "X'hexadecimal'",
    "unary -": "- number",
}
# What those give that are not in the table of functions.
BUILT_IN = {"cast": "type", "struct": "any", "try_cast": "type"}
HEAD = """# What SQLTransformer may say

Written by `tools/sql_page.py` from the table of functions; never edited by hand.

A statement is one `SELECT ... FROM __THIS__ [WHERE ...]`, or a subselect or query of `WITH` of the same form
in place of `__THIS__`, over the expressions below: columns (also `` `quoted` `` and qualified by an alias),
literals (numbers with Spark's suffixes, strings, `TRUE`, `FALSE`, `NULL`), `*`, and aliases. Anything else
(joins, aggregates, windows, `explode`, user-defined functions ...) is refused at load by an error that names
it.

Each is computed by the rules of the profile: since Spark 4, ANSI mode raises for overflow, division by
zero and bad casts, where Spark 3.5 gives null. A combination of types whose rules are not compiled is refused
at load too. Dates and times follow the session's
time zone (`docs/session.md`). `same` stands for arguments of one type; `[ ]` may be left out; `...`
repeats.

Every expression is compared with what both Sparks answer on hostile rows (`tests/sql`), and compositions of
them at random with live Spark (`make parity`). All agree in every bit but these, of which HotSpot and the C
library differ by one unit in the last place: {inexact}.

"""
ANSWERS = ROOT / "tests" / "sql" / "answers"
MISSING = """
## What Spark has besides

The functions of Spark's registry (3.5 and 4.3) that are refused, with the reason.

"""
INEXACT = """
    acos acosh asin asinh atan atan2 atanh cbrt cos cosh cot csc expm1 hypot pow power sec sin sinh tan tanh
""".split()


def signature(name: str) -> str:
    """Return how an expression is written, with the kinds of its arguments.

    >>> signature("substring"), signature("+")
    ('substring(string, number[, number])', 'number + number')
    """
    if name in WRITTEN:
        return WRITTEN[name]
    takes = functions[name].takes
    if not name[0].isalpha() or name in ("and", "or", "div"):
        left, right = (KINDS[letter] for letter in takes)
        return f"{left} {name.upper()} {right}"
    text = ""
    for opening, letter, star in re.findall(r"(\[?)([a-z.=])(\*?)", takes):
        argument = KINDS[letter] + (", ..." if star else "")
        comma = ", " if text else ""
        text += f"[{comma}{argument}" if opening else f"{comma}{argument}"
    return f"{name}({text}{']' * takes.count('[')})"


# Operators that the registry has by another name.
OPERATORS = {"==", "!"}


def registry() -> set[str]:
    """Return the names of the functions in the registries of both Sparks."""
    found: set[str] = set()
    for path in sorted(ANSWERS.glob("*/functions.json")):
        found |= json.loads(path.read_text(encoding="utf-8")).keys()
    return found


def page() -> str:
    """Return the whole page."""
    lines = ["| name | written | gives |", "| --- | --- | --- |"]
    for name in listed():
        gives = KINDS[functions[name].gives] if name in functions else BUILT_IN[name]
        cells = (f"`{name}`", f"`{signature(name)}`", gives)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    missing: dict[str, list[str]] = defaultdict(list)
    for name in sorted(registry()):
        if name not in listed() and name not in OPERATORS:
            missing[reason_of(name) or "not written yet"].append(f"`{name}`")
    refused = ["| reason | functions |", "| --- | --- |"]
    refused += [f"| {reason} | {' '.join(names)} |" for reason, names in sorted(missing.items())]
    inexact = ", ".join(f"`{name}`" for name in INEXACT)
    return HEAD.format(inexact=inexact) + "\n".join(lines) + "\n" + MISSING + "\n".join(refused) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE}: {len(listed())} expressions")
