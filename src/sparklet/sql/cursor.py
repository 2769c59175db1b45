"""A cursor over the tokens of a statement, and which words are names where it stands."""

from __future__ import annotations

from sparklet.sql.nodes import Refused
from sparklet.sql.tokens import TABLE, Token, tokenize

__all__ = ["NEVER_VALUES", "Cursor"]

# Spark lets almost every keyword name a column. These words are read as keywords only, so that a statement
# that Spark might read in another way is refused; in backticks each of them is a name.
NEVER_VALUES = frozenset(
    """
    select from where case when then else as and or not in is between like ilike rlike regexp null true false
    div
    """.split()
)
_NEVER_ALIASES = NEVER_VALUES | frozenset(
    """
    group by having order sort cluster distribute limit offset union except intersect minus join inner outer
    cross full on over left right lateral natural semi anti using qualify window end distinct escape with
    pivot unpivot tablesample
    """.split()
)
_MOST_NESTED = 100


class Cursor:
    """Read the tokens of one statement from left to right."""

    def __init__(self, statement: str, release: str) -> None:
        self._tokens = tokenize(statement, release=release)
        self._index = 0
        self._nested = 0
        self.before_4 = release == "3.5"

    @property
    def token(self) -> Token:
        """Return the token that is read next."""
        return self._tokens[self._index]

    def ahead(self, count: int = 1) -> Token:
        """Return a token behind the next one."""
        return self._tokens[min(self._index + count, len(self._tokens) - 1)]

    def at(self, *texts: str) -> bool:
        """Tell whether the next token is one of these words or operators."""
        return self.token.says(*texts)

    def take(self, *texts: str) -> bool:
        """Go on behind the next token and return True, if it is one of these words or operators."""
        found = self.at(*texts)
        self._index += found
        return found

    def expect(self, text: str) -> None:
        """Go on behind the next token, which must be this word or operator."""
        if not self.take(text):
            raise self.unexpected(text.upper())

    def identifier(self, *, alias: bool = False) -> str:
        """Return a name, quoted or not; an alias without AS is none of the words that may follow it."""
        if not self._at_name(_NEVER_ALIASES if alias else frozenset()):
            raise self.unexpected("a name")
        token = self.token
        self._index += 1
        return str(token.value)

    def at_alias(self) -> bool:
        """Tell whether the next token may be an alias without AS."""
        return self._at_name(_NEVER_ALIASES)

    def _at_name(self, keywords: frozenset[str]) -> bool:
        return self.token.kind == "quoted" or (self.token.kind == "word" and self.token.text not in keywords)

    def unexpected(self, wanted: str) -> Refused:
        """Return the refusal of the next token."""
        token = self.token
        written = {"end": "its end", "string": "a string"}.get(
            token.kind, f"{token.value or token.text!s:.40}"
        )
        return Refused(
            f"a statement that is not one SELECT over {TABLE}: it has {written} where {wanted} is expected"
        )

    def enter(self) -> None:
        """Go one level further in: into brackets, CASE, or a lambda function."""
        self._nested += 1
        if self._nested > _MOST_NESTED:
            raise Refused(f"an expression that nests deeper than {_MOST_NESTED} levels")

    def leave(self) -> None:
        """Go one level back."""
        self._nested -= 1
