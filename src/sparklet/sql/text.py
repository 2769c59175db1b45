"""The text of a statement, made plain for the parser: what Spark reads its own way is read here.

Spark's literals, comments and words are not those of any parser at hand: a column may be called `date` or
`2ndFloor`, `1.0BD` is a number, and a string knows backslashes. So every literal becomes a numbered string,
every word that is no keyword an identifier in backticks, and what SQL spells with keywords inside a call
(`CAST(a AS INT)`, `TRIM(BOTH 'x' FROM s)`) an ordinary call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sparklet.sql.nodes import Literal, Refused
from sparklet.types import BYTE, DOUBLE, FLOAT, INTEGER, LONG, SHORT, STRING, DecimalType, IntegralType

__all__ = ["FUNCTION", "TABLE", "Plain", "fit", "make_plain"]

TABLE = "__THIS__"

# What stands for structure; every other word is a name, as in Spark's default, where none is reserved.
_KEYWORDS = frozenset(
    """
    select from where as and or not in between like ilike rlike regexp is null true false unknown case when
    then else end div distinct escape group by having order limit union except join inner outer cross full on
    over left right
    """.split()
)
# These are functions where a parenthesis follows, and columns where they stand alone.
_ALSO_NAMES = frozenset({"left", "right"})
_TYPED = {"date": "date", "timestamp": "timestamp"}
_REFUSED_TYPED = frozenset({"interval", "timestamp_ntz", "timestamp_ltz", "x"})
_REFUSED_OPERATORS = frozenset({"::", "->", "=>", "^", "~", ";"})
# All functions bear this prefix, so that none is a word with a grammar of its own.
FUNCTION = "fn_"

_SPACE = re.compile(r"\s+")
_LINE_COMMENT = re.compile(r"--[^\n]*")
_NUMBER = re.compile(
    r"(?P<digits>(?:\d+\.\d*|\.\d+|\d+)(?P<exponent>[eE][+-]?\d+)?)(?P<suffix>bd|[lsydf])?(?!\w)",
    re.IGNORECASE | re.ASCII,
)
_WORD = re.compile(r"\w+")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_RAW_STRING = re.compile(r"[rR](?:'[^']*'|\"[^\"]*\")")
_QUOTED = re.compile(r"`(?:[^`]|``)*`")
_OPERATOR = re.compile(r"<=>|<>|!=|==|<=|>=|\|\||::|->|=>|[-+*/%<>=!(),.\[\]&|^~;]")
_LONGEST_STATEMENT = 1_000_000


@dataclass
class Plain:
    """A statement with its literals taken out; `literals[i]` stands where the text has the string 'i'."""

    text: str = ""
    words: tuple[str, ...] = ()
    literals: list[Literal] = field(default_factory=list)


@dataclass
class _Token:
    kind: str  # word, quoted, literal, operator
    text: str


def make_plain(statement: str, *, quotes_double: bool) -> Plain:
    """Return the statement in plain form.

    `quotes_double` tells that a quote is written by doubling it, as Spark reads since 4.0; before, two
    strings side by side are one. Raises `Refused` for a character or literal that is not read.
    """
    if len(statement) > _LONGEST_STATEMENT:
        raise Refused(f"a statement of {len(statement)} characters")
    plain = Plain()
    tokens = _merged(list(_scan(statement.rstrip(" \t\r\n;"), plain, quotes_double)), plain)
    if not tokens or tokens[0].text.lower() not in ("select", "("):
        raise Refused(f"a statement that starts with {tokens[0].text.upper() if tokens else 'nothing'}")
    plain.words = tuple(token.text.lower() for token in tokens if token.kind == "word")
    plain.text = " ".join(_spell(tokens, plain))
    return plain


# --- tokens ---------------------------------------------------------------------------------------


def _scan(text: str, plain: Plain, quotes_double: bool) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        token, place = _next(text, place, plain, quotes_double)
        if token is not None:
            yield token


def _next(text: str, place: int, plain: Plain, quotes_double: bool) -> tuple[_Token | None, int]:
    if match := _SPACE.match(text, place) or _LINE_COMMENT.match(text, place):
        return None, match.end()
    if text.startswith("/*", place):
        return None, _end_of_comment(text, place)
    if match := _RAW_STRING.match(text, place):
        return _literal(plain, Literal(match[0][2:-1], STRING)), match.end()
    if text[place] in "'\"":
        return _string(text, place, plain, quotes_double)
    if match := _QUOTED.match(text, place):
        return _Token("quoted", match[0][1:-1].replace("``", "`")), match.end()
    if match := _NUMBER.match(text, place):
        return _literal(plain, _number(match)), match.end()
    if match := _WORD.match(text, place):
        return _Token("word", match[0]), match.end()
    if match := _OPERATOR.match(text, place):
        if match[0] in _REFUSED_OPERATORS:
            raise Refused(f"the operator {match[0]}")
        return _Token("operator", match[0]), match.end()
    raise Refused(f"the character {text[place]!r}")


def _end_of_comment(text: str, place: int) -> int:
    depth, at = 1, place + 2
    while depth:
        opening, closing = text.find("/*", at), text.find("*/", at)
        if closing < 0:
            raise Refused("a comment without end")
        if 0 <= opening < closing:
            depth, at = depth + 1, opening + 2
        else:
            depth, at = depth - 1, closing + 2
    return at


def _literal(plain: Plain, literal: Literal) -> _Token:
    plain.literals.append(literal)
    return _Token("literal", str(len(plain.literals) - 1))


def _string(text: str, place: int, plain: Plain, quotes_double: bool) -> tuple[_Token, int]:
    quote, parts = text[place], []
    while True:
        match = _STRING.match(text, place)
        if match is None:
            raise Refused("a string without end")
        if TABLE in match[0]:
            raise Refused(f"{TABLE} inside a string, where Spark puts a random name")
        parts.append(_unescape(match[0][1:-1]))
        place = match.end()
        if not quotes_double or not text.startswith(quote, place):
            break
    return _literal(plain, Literal((quote if quotes_double else "").join(parts), STRING)), place


_ESCAPE = re.compile(
    r"\\(?:u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8})|(?P<octal>[01][0-7]{2})|(?P<one>.))",
    re.DOTALL,
)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}


def _unescape(text: str) -> str:
    def replaced(match: re.Match[str]) -> str:
        if match["four"] or match["eight"]:
            code = int(match["four"] or match["eight"], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                raise Refused(f"the character {match[0]}")
            return chr(code)
        if match["octal"]:
            return chr(int(match["octal"], 8))
        one = match["one"]
        # A backslash before % and _ stays, for LIKE.
        return _ESCAPED.get(one, f"\\{one}" if one in "%_" else one)

    return _ESCAPE.sub(replaced, text) if "\\" in text else text


_INTEGRAL_SUFFIXES = {"": INTEGER, "l": LONG, "s": SHORT, "y": BYTE}
_MOST_DIGITS = 38


def _number(match: re.Match[str]) -> Literal:
    """Return the literal; a whole number too large for its type is kept for `fit`, which knows its sign."""
    digits, suffix = match["digits"], (match["suffix"] or "").lower()
    if suffix == "d" or (match["exponent"] and not suffix):
        return Literal(float(digits), DOUBLE)
    if suffix == "f":
        return Literal(digits, FLOAT)
    if suffix in _INTEGRAL_SUFFIXES and digits.isdecimal():
        return Literal(int(digits), _INTEGRAL_SUFFIXES[suffix])
    if suffix in ("", "bd"):
        return _decimal(Decimal(digits))
    raise Refused(f"the number {match[0]}")


def _decimal(value: Decimal) -> Literal:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _MOST_DIGITS:
        raise Refused(f"the number {value}")
    value = value.quantize(Decimal(1)) if exponent > 0 else value
    scale = max(0, -exponent)
    precision = max(len(value.as_tuple().digits), scale, 1)
    if precision > _MOST_DIGITS:
        raise Refused(f"the number {value}: it has more than {_MOST_DIGITS} digits")
    return Literal(value, DecimalType(precision, scale))


def fit(literal: Literal, sign: int) -> Literal:
    """Return a number with its sign, in the type in which Spark reads it: int, else bigint, else decimal."""
    if not isinstance(literal.type, IntegralType):
        return literal if sign > 0 else Literal(-literal.value, literal.type)
    value, bound = sign * literal.value, 1 << (literal.type.bits - 1)
    if -bound <= value < bound:
        return Literal(value, literal.type)
    if literal.type != INTEGER:
        raise Refused(f"the number {value}: it is no {literal.type}")
    return Literal(value, LONG) if -(1 << 63) <= value < 1 << 63 else _decimal(Decimal(value))


def _merged(tokens: list[_Token], plain: Plain) -> list[_Token]:
    """Return the tokens with strings that stand side by side made one."""
    merged: list[_Token] = []
    for token in tokens:
        if token.kind == "literal" and merged and merged[-1].kind == "literal":
            one, other = (plain.literals[int(item.text)] for item in (merged[-1], token))
            if one.type == other.type == STRING:
                plain.literals[int(merged[-1].text)] = Literal(one.value + other.value, STRING)
                continue
        merged.append(token)
    return merged


# --- spelling -------------------------------------------------------------------------------------

# In these calls a keyword separates arguments.
_SEPARATORS = {
    "extract": {"from"}, "substring": {"from", "for"}, "substr": {"from", "for"}, "trim": {"from"},
    "position": {"in"}, "overlay": {"placing", "from", "for"},
}  # fmt: skip
_SIDES = {"both": "btrim_of", "leading": "ltrim_of", "trailing": "rtrim_of"}


def _spell(tokens: list[_Token], plain: Plain) -> list[str]:
    words: list[str] = []
    opened: list[str] = []  # for each open parenthesis the function it belongs to, or ""
    place = 0
    while place < len(tokens):
        token = tokens[place]
        following = tokens[place + 1] if place + 1 < len(tokens) else _Token("end", "")
        place += 1
        if token.kind == "literal":
            words.append(f"'{token.text}'")
        elif token.kind == "quoted":
            words.append(_quote(token.text))
        elif token.kind == "operator":
            if token.text == "+" and _starts_operand(tokens, place - 1):
                raise Refused("+ before a single value")
            if token.text == "(":
                opened.append("")
            elif token.text == ")" and opened:
                opened.pop()
            words.append(_SPELT.get(token.text, token.text))
        else:
            place = _spell_word(tokens, place, following, words, opened, plain)
    return words


def _starts_operand(tokens: list[_Token], place: int) -> bool:
    """Tell whether a value is expected at a place: at the start, behind an operator or a keyword."""
    if place == 0:
        return True
    before = tokens[place - 1]
    if before.kind == "word":
        return before.text.lower() in _KEYWORDS - _ALSO_NAMES - {"end", "null", "true", "false"}
    return before.kind == "operator" and before.text not in (")", "]")


_SPELT = {"!": "NOT", "==": "="}


def _spell_word(
    tokens: list[_Token],
    place: int,
    following: _Token,
    words: list[str],
    opened: list[str],
    plain: Plain,
) -> int:
    """Spell the word before `place`, and what it takes with it; return where to go on."""
    text = tokens[place - 1].text
    lower, inside = text.lower(), opened[-1] if opened else ""
    alone = lower not in _KEYWORDS or lower in _ALSO_NAMES
    if lower in _SEPARATORS.get(inside, ()):
        words.append(",")
    elif inside in ("cast", "try_cast") and lower == "as":
        name, place = _type_name(tokens, place, plain)
        words += [",", f"'{_literal(plain, Literal(name, STRING)).text}'"]
    elif following.kind == "literal" and lower in _TYPED and _is_string(plain, following):
        words += [f"{FUNCTION}typed_{lower}(", f"'{following.text}'", ")"]
        place += 1
    elif following.kind == "literal" and lower in _REFUSED_TYPED:
        raise Refused(f"a literal of {lower.upper()}")
    elif alone and following.text == "(" and following.kind == "operator":
        place = _open_call(tokens, place + 1, lower, words, opened)
    elif alone and (lower not in _ALSO_NAMES or following.kind in ("end", "operator")):
        words.append(_quote(text))
    else:
        words.append("RLIKE" if lower == "regexp" else lower.upper())
    return place


def _open_call(tokens: list[_Token], place: int, name: str, words: list[str], opened: list[str]) -> int:
    opened.append(name)
    if name == "trim" and _has_from(tokens, place):
        side = tokens[place].text.lower() if tokens[place].kind == "word" else ""
        if side in _SIDES:
            place += 1
            if tokens[place].kind == "word" and tokens[place].text.lower() == "from":
                raise Refused("TRIM without the characters to trim")
        name = _SIDES.get(side, "btrim_of")
    words += [FUNCTION + name, "("]
    return place


def _has_from(tokens: list[_Token], place: int) -> bool:
    depth = 1
    for token in tokens[place:]:
        if token.kind == "operator":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth:
            return False
        if depth == 1 and token.kind == "word" and token.text.lower() == "from":
            return True
    return False


def _type_name(tokens: list[_Token], place: int, plain: Plain) -> tuple[str, int]:
    """Return the words up to the parenthesis that closes the cast, and where it stands."""
    depth, parts = 0, []
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "operator":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
            if depth < 0:
                break
        parts.append(str(plain.literals[int(token.text)].value) if token.kind == "literal" else token.text)
        place += 1
    return "".join(parts), place


def _is_string(plain: Plain, token: _Token) -> bool:
    return plain.literals[int(token.text)].type == STRING


def _quote(name: str) -> str:
    if TABLE in name and name != TABLE:
        raise Refused(f"{TABLE} inside the name {name!r}, where Spark puts a random name")
    return "`" + name.replace("`", "``") + "`"
