"""References to columns in the params of stages, as Spark 4 resolves them.

Follows Spark's `sql/api/src/main/scala/org/apache/spark/sql/catalyst/util/AttributeNameParser.scala` and
`mllib/src/main/scala/org/apache/spark/ml/util/SchemaUtils.scala` (4.3).
"""

from __future__ import annotations

from functools import lru_cache

from sparklet.errors import SchemaError

__all__ = ["parse_name", "quoted"]


@lru_cache(maxsize=4096)
def parse_name(text: str) -> tuple[str, ...]:
    """Return the column and the fields of nested structs that a param refers to.

    A dot selects a field of a struct, backticks surround a name that contains dots, and two backticks inside
    them stand for one. Raises `SchemaError` for a text that Spark cannot parse.

    >>> parse_name("user.city"), parse_name("`sepal.length`"), parse_name("`a``b`.c")
    (('user', 'city'), ('sepal.length',), ('a`b', 'c'))
    """
    if "." not in text and "`" not in text:
        return (text,)
    parts: list[str] = []
    index = 0
    while True:
        part, index = _quoted_part(text, index) if text[index : index + 1] == "`" else _part(text, index)
        parts.append(part)
        if index == len(text):
            return tuple(parts)
        index += 1  # the dot


def _quoted_part(text: str, start: int) -> tuple[str, int]:
    """Return a name in backticks and the index behind the closing one."""
    letters: list[str] = []
    index = start + 1
    while index < len(text):
        if text[index] != "`":
            letters.append(text[index])
        elif text[index + 1 : index + 2] == "`":
            letters.append("`")
            index += 1
        elif index + 1 < len(text) and text[index + 1] != ".":
            break
        else:
            if text[index + 1 :] == ".":
                break
            return "".join(letters), index + 1
        index += 1
    raise _malformed(text)


def _part(text: str, start: int) -> tuple[str, int]:
    """Return a name without backticks and the index of the dot behind it, or of the end."""
    end = text.find(".", start)
    end = len(text) if end < 0 else end
    part = text[start:end]
    if not part or "`" in part or end == len(text) - 1:
        raise _malformed(text)
    return part, end


def _malformed(text: str) -> SchemaError:
    return SchemaError(
        text,
        "is no name that Spark can parse: dots stand between names, and backticks surround a whole name",
    )


def quoted(*parts: str) -> str:
    """Return the reference that `parse_name` parses into these names.

    >>> quoted("sepal.length"), quoted("user", "city")
    ('`sepal.length`', 'user.city')
    """
    return ".".join(
        ["`" + part.replace("`", "``") + "`" if "." in part or "`" in part else part for part in parts]
    )
