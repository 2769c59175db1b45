"""The names of types and the amounts of intervals, as a statement writes them."""

from __future__ import annotations

from sparklet.sql.cursor import Cursor
from sparklet.sql.nodes import Call, Literal, Node
from sparklet.types import STRING

__all__ = ["UNITS", "TypeReader"]

UNITS = frozenset("nanosecond microsecond millisecond second minute hour day week month year".split())


class TypeReader(Cursor):
    """Read types and intervals."""

    def at_unit(self) -> bool:
        """Tell whether the next token is a unit of time."""
        return self.token.kind == "word" and self.token.text.removesuffix("s") in UNITS

    def at_amount(self, start: int) -> bool:
        """Tell whether an amount and a unit of time stand that many tokens behind the next one."""
        start += self.ahead(start).says("-", "+")
        amount, unit = self.ahead(start), self.ahead(start + 1)
        return amount.kind in ("number", "string") and unit.text.removesuffix("s") in UNITS

    def interval(self, parts: list[Node]) -> Node:
        """Return the interval whose amounts and units come next; `parts` may hold the first amount."""
        while len(parts) < 2 or self.at_amount(0):
            if len(parts) % 2 == 0:
                sign = "-" if self.take("-") else ""
                self.take("+")
                token = self.token
                amount = token.text if token.kind == "number" else token.value.value
                parts.append(Literal(sign + amount, STRING))
                self._index += 1
            parts.append(Literal(self._unit(), STRING))
        return Call("interval", tuple(parts))

    def _unit(self) -> str:
        unit = self.identifier().lower().removesuffix("s")
        return f"{unit} to {self.identifier().lower()}" if self.take("to") else unit

    def type_name(self) -> str:
        """Return the type that comes next, in lower case and without spaces where none are needed."""
        self.enter()
        name = self.identifier().lower()
        if name in ("array", "map") and self.take("<"):
            inner = [self.type_name()]
            if name == "map":
                self.expect(",")
                inner.append(self.type_name())
            self.expect(">")
            name += f"<{','.join(inner)}>"
        elif name == "struct" and not self.take("<>") and self.take("<"):
            name += f"<{','.join(self._fields())}>"
        elif name == "interval" and self.at_unit():
            name += f" {self.identifier().lower()}"
            if self.take("to"):
                name += f" to {self.identifier().lower()}"
        elif self.take("("):
            numbers = [self._length()]
            while self.take(","):
                numbers.append(self._length())
            self.expect(")")
            name += f"({','.join(numbers)})"
        self.leave()
        return name

    def _fields(self) -> list[str]:
        fields: list[str] = []
        while not self.take(">"):
            if fields:
                self.expect(",")
            name = self.identifier()
            self.take(":")
            fields.append(f"{name}:{self.type_name()}")
        return fields

    def _length(self) -> str:
        if self.token.kind != "number" or not self.token.text.isdecimal():
            raise self.unexpected("a number")
        self._index += 1
        return self._tokens[self._index - 1].text
