"""The statements, the columns that they read, and rows.

`statements.txt` has one a line, collected from public repositories: what they pass to `SQLTransformer` (S),
and the expressions (E, and N with their own names) and conditions (F) of row-wise `expr`, `selectExpr`,
`filter` and `where`. Only the shapes are kept: names, texts and numbers of somebody's data are replaced.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.oracle.encoding import decode

__all__ = ["COLUMNS", "ROWS", "adds_columns", "statements"]

HERE = Path(__file__).parent

# Column by column: its type and its values.
_TABLE: dict[str, tuple[str, list[Any]]] = json.loads((HERE / "rows.json").read_text(encoding="utf-8"))

_FORMS = {
    "S": "{}",
    "E": "SELECT *, {} AS y FROM __THIS__",
    "N": "SELECT *, {} FROM __THIS__",
    "F": "SELECT * FROM __THIS__ WHERE {}",
}

COLUMNS = {name: type for name, (type, _) in _TABLE.items()}
ROWS = [
    dict(zip(COLUMNS, map(decode, values), strict=True))
    for values in zip(*(values for _, values in _TABLE.values()), strict=True)
]


def statements() -> list[str]:
    """Return every statement over `__THIS__`."""
    found = []
    for line in (HERE / "statements.txt").read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition(" ")
        found.append(_FORMS[kind].format(text))
    return found


def adds_columns(statement: str) -> bool:
    """Tell whether a statement keeps all columns and adds others behind them."""
    return statement[7:].lstrip().startswith("*")
