"""The names of types and the amounts of intervals, as a statement writes them."""

from __future__ import annotations

from sparklet.sql.cursor import Cursor
from sparklet.sql.nodes import Call, Literal, Node, Refused
from sparklet.types import STRING

__all__ = ["UNITS", "TypeReader"]

UNITS = frozenset("nanosecond microsecond millisecond second minute hour day week month year".split())


def _unit_of(word: str) -> str:
    return word.lower().removesuffix("s")


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

    def written_interval(self, text: Literal) -> Node:
        """Return the interval that a text alone stands for: INTERVAL '1 day 2 hours'."""
        words = text.value.lower().split()
        words = words[1:] if words[:1] == ["interval"] else words
        if len(words) < 2 or len(words) % 2 or any(_unit_of(word) not in UNITS for word in words[1::2]):
            raise Refused(f"INTERVAL '{text.value[:40]}'")
        parts = [word if place % 2 == 0 else _unit_of(word) for place, word in enumerate(words)]
        return Call("interval", tuple(Literal(part, STRING) for part in parts))

    def _unit(self) -> str:
        unit = _unit_of(self.identifier())
        return f"{unit} to {_unit_of(self.identifier())}" if self.take("to") else unit

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
